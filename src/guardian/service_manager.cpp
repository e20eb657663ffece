#include "guardian/service_manager.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include <unistd.h>

namespace elector::guardian {
namespace {

using namespace std::chrono_literals;

/// People read the status; nobody reads faster.
constexpr Duration kStatusEvery = 1s;
constexpr Duration kSendAgain = 250ms;
/// A start that waits asks for so much time, each time when a third of it is over.
constexpr Duration kExtension = 30s;

/// Longer than the longest that is put together here.
class Datagram {
  public:
    void put(std::string_view text) {
        const auto n = std::min(text.size(), text_.size() - size_);
        std::copy_n(text.begin(), n, text_.begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += n;
    }
    void put(std::int64_t number) {
        std::array<char, 24> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        put({digits.data(), static_cast<std::size_t>(end - digits.data())});
    }
    std::string_view view() const { return {text_.data(), size_}; }

  private:
    std::array<char, kMaxStatus + 160> text_{};
    std::size_t size_ = 0;
};

std::int64_t monotonic_usec() {
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return std::int64_t{t.tv_sec} * 1'000'000 + t.tv_nsec / 1000;
}

std::int64_t usec(Duration d) {
    return std::chrono::duration_cast<std::chrono::microseconds>(d).count();
}

std::string take(const char* name) {
    const char* value = std::getenv(name);
    std::string text = value ? value : "";
    ::unsetenv(name);
    return text;
}

/// -1: no number.
std::int64_t number(const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole && value >= 0 ? value : -1;
}

}  // namespace

ServiceManager::ServiceManager(std::string_view address, Duration watchdog) {
    if (address.empty()) return;
    const bool abstract = address.front() == '@';
    // Virtual machines are told by "vsock:…": not a service's business.
    if ((address.front() != '/' && !abstract) || address.size() >= sizeof address_.sun_path) {
        fault_ = EAFNOSUPPORT;
        return;
    }
    address_.sun_family = AF_UNIX;
    std::copy(address.begin(), address.end(), address_.sun_path);
    if (abstract) address_.sun_path[0] = '\0';
    // An abstract name ends with its last byte, a path with the NUL behind it.
    const auto used = offsetof(sockaddr_un, sun_path) + address.size() + (abstract ? 0 : 1);
    address_size_ = static_cast<socklen_t>(used);
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ < 0) fault_ = errno;
    feed_every_ = watchdog / 2;
}

ServiceManager::~ServiceManager() {
    if (fd_ >= 0) ::close(fd_);
}

ServiceManager ServiceManager::from_environment() {
    const auto address = take("NOTIFY_SOCKET");
    const auto watchdog_usec = number(take("WATCHDOG_USEC"));
    const auto pid = take("WATCHDOG_PID");
    const bool wanted = watchdog_usec > 0 && (pid.empty() || number(pid) == ::getpid());
    const auto longest = std::chrono::microseconds(std::chrono::hours(24)).count();
    const std::chrono::microseconds watchdog(wanted ? std::min(watchdog_usec, longest) : 0);
    return ServiceManager(address, watchdog);
}

void ServiceManager::ready() {
    // It waits to hear of the reload that it has asked for.
    reloaded_ = phase_ == Phase::kReloading && told_phase_ != Phase::kReloading;
    if (phase_ != Phase::kStopping && !reloaded_) phase_ = Phase::kReady;
}

void ServiceManager::reloading() {
    if (phase_ != Phase::kReady) return;
    phase_ = Phase::kReloading;
    reload_usec_ = monotonic_usec();
}

void ServiceManager::stopping(Duration takes) {
    phase_ = Phase::kStopping;
    stop_usec_ = usec(takes);
}

void ServiceManager::proceed(Instant now, bool well) {
    well_ = well;
    if (fd_ < 0 || (retry_at_ != model::kNever && now < retry_at_)) return;
    const bool phase = phase_ != told_phase_;
    const bool status = status_due(now);
    const bool feed = feed_every_ > Duration{} && well && now >= next_feed_;
    const bool extend = waits_ && phase_ == Phase::kStarting && well && now >= next_extension_;
    if (!phase && !status && !feed && !extend) return;
    Datagram out;
    if (phase && phase_ == Phase::kReady) out.put("READY=1\n");
    if (phase && phase_ == Phase::kReloading) {
        out.put("RELOADING=1\nMONOTONIC_USEC=");
        out.put(reload_usec_);
        out.put("\n");
    }
    if (phase && phase_ == Phase::kStopping) {
        out.put("STOPPING=1\nEXTEND_TIMEOUT_USEC=");
        out.put(stop_usec_);
        out.put("\n");
    }
    if (extend) {
        out.put("EXTEND_TIMEOUT_USEC=");
        out.put(usec(kExtension));
        out.put("\n");
    }
    if (status) {
        out.put("STATUS=");
        out.put(status_.view());
        out.put("\n");
    }
    if (feed) out.put("WATCHDOG=1\n");
    if (!send(out.view())) {
        retry_at_ = now + kSendAgain;
        return;
    }
    retry_at_ = model::kNever;
    told_phase_ = phase_;
    if (status) {
        told_status_ = status_;
        next_status_ = now + kStatusEvery;
    }
    if (feed) next_feed_ = now + feed_every_;
    if (extend) next_extension_ = now + kExtension / 3;
    if (!reloaded_ || phase_ != Phase::kReloading) return;
    ready();
    proceed(now, well);
}

Instant ServiceManager::wake() const {
    if (fd_ < 0) return model::kNever;
    if (retry_at_ != model::kNever) return retry_at_;
    auto at = status_ != told_status_ ? next_status_ : model::kNever;
    if (feed_every_ > Duration{} && well_) at = std::min(at, next_feed_);
    if (waits_ && phase_ == Phase::kStarting && well_) at = std::min(at, next_extension_);
    return at;
}

int ServiceManager::fault() {
    if (fault_ == 0 || fault_told_) return 0;
    fault_told_ = true;
    return fault_;
}

bool ServiceManager::send(std::string_view datagram) {
    const auto n = ::sendto(fd_, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                            reinterpret_cast<const sockaddr*>(&address_), address_size_);
    if (n == static_cast<ssize_t>(datagram.size())) return true;
    if (n < 0 && errno != EAGAIN && errno != EINTR) fault_ = errno;  // full: it will be emptied
    return false;
}

}  // namespace elector::guardian
