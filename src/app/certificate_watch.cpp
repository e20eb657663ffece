#include "app/certificate_watch.hpp"

#include <utility>

#include "config/etcd_files.hpp"

namespace elector::app {
namespace {

constexpr std::chrono::seconds kEvery{2};
constexpr int kLooksUntilTold = 5;
constexpr std::int64_t kDay = 86'400;  // seconds
constexpr std::int64_t kDaysAhead = 14;

}  // namespace

CertificateWatch::CertificateWatch(boost::asio::io_context& io, config::Environment environment,
                                   Log& log, OnChange on_change)
    : environment_(std::move(environment)),
      log_(log),
      on_change_(std::move(on_change)),
      timer_(io) {}

void CertificateWatch::watch(const config::Etcd& in_use) {
    in_use_ = in_use;
    unusable_looks_ = 0;
    told_.clear();
    arm();
}

void CertificateWatch::close() { timer_.cancel(); }

void CertificateWatch::arm() {
    timer_.cancel();
    if (in_use_.ca_file.empty() && in_use_.cert_file.empty()) return;
    timer_.expires_after(kEvery);
    timer_.async_wait([this](boost::system::error_code aborted) {
        if (!aborted) look();
    });
}

void CertificateWatch::look() {
    const auto found = config::read_certificates_again(in_use_, environment_);
    if (!found.faults.empty()) {
        std::string faults;
        for (const auto& fault : found.faults) faults += (faults.empty() ? "" : "; ") + fault;
        unusable(faults);
    } else {
        if (!told_.empty()) log_(Level::kInfo, "etcd_files_usable");
        told_.clear();
        unusable_looks_ = 0;
    }
    arm();
    const bool same = found.etcd == in_use_;
    in_use_ = found.etcd;
    warn_of_expiry();
    if (same) return;
    on_change_(in_use_);
}

void CertificateWatch::warn_of_expiry() {
    const auto now = environment_.unix_seconds();
    if (now / kDay == warned_on_) return;
    const auto ends = config::expiring(in_use_, now + kDaysAhead * kDay);
    for (const auto& end : ends)
        log_(Level::kWarn, "etcd_certificate_expires",
             {{"error", end}, {"next", "put a renewed one in place; it is taken within 2 s"}});
    if (!ends.empty()) warned_on_ = now / kDay;
}

void CertificateWatch::unusable(const std::string& faults) {
    if (++unusable_looks_ < kLooksUntilTold || faults == told_) return;
    told_ = faults;
    log_(Level::kWarn, "etcd_files_unusable",
         {{"error", faults},
          {"next", "the ones read before stay in use; they are looked at again every 2 s"}});
}

}  // namespace elector::app
