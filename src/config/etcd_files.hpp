// Owns a second look at the files that [etcd] names, while the elector runs: certificates are
// renewed and passwords changed under the same names. Must never write, nor show a secret. Thread
// rule: on the reactor's thread; it reads a few kilobytes.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/environment.hpp"

namespace elector::config {

struct EtcdFiles {
    Etcd etcd;                        ///< unchanged when there is a fault
    std::vector<std::string> faults;  ///< each names its key and file
};

/// ca_pem, cert_pem and key_pem as they are now.
EtcdFiles read_certificates_again(const Etcd& etcd, const Environment& environment);

/// What will have expired at `at_seconds` since 1970; each names its key and file.
std::vector<std::string> expiring(const Etcd& etcd, std::int64_t at_seconds);

/// The password as it is now.
EtcdFiles read_password_again(const Etcd& etcd, const Environment& environment);

}  // namespace elector::config
