// Owns the look, every two seconds, at the certificates that [etcd] names: renewed ones are taken
// as soon as they are whole. It compares what the files hold, so that it does not matter how they
// were replaced: in place, by a rename, or by another target of a symbolic link. Must never hand on
// what does not fit together. Thread rule: the io_context's thread.
#pragma once

#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "app/log.hpp"
#include "config/config.hpp"
#include "config/environment.hpp"

namespace elector::app {

class CertificateWatch {
  public:
    /// Hears of other certificates, which are sound.
    using OnChange = std::function<void(const config::Etcd&)>;

    CertificateWatch(boost::asio::io_context& io, config::Environment environment, Log& log,
                     OnChange on_change);

    /// From now on `in_use` is what there is to compare with.
    void watch(const config::Etcd& in_use);
    void close();

  private:
    void arm();
    void look();
    void warn_of_expiry();
    void unusable(const std::string& faults);

    config::Environment environment_;
    Log& log_;
    OnChange on_change_;
    config::Etcd in_use_;
    int unusable_looks_ = 0;  ///< in a row: the files of a pair are never written at one instant
    std::string told_;
    std::int64_t warned_on_ = 0;  ///< day since 1970
    boost::asio::steady_timer timer_;
};

}  // namespace elector::app
