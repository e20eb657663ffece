// Owns an authority of a test's own and the certificates it issues, made with openssl in a folder
// that is gone afterwards. Thread rule: one thread.
#pragma once

#include <filesystem>
#include <string>

#include "etcd/client.hpp"

namespace elector::test {

class Authority {
  public:
    /// Throws std::runtime_error: no openssl program.
    explicit Authority(const std::string& name = "authority");
    ~Authority();
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;

    /// Vouched for by this authority, which is also the one that is trusted; `alternative` is what
    /// the certificate names, as openssl writes it.
    etcd::Tls issue(const std::string& name, const std::string& alternative = "IP:127.0.0.1");
    /// What was issued last, as issue() gave it.
    etcd::Tls issued() const;
    /// Whoever trusts this authority, and shows nothing.
    etcd::Tls trusting() const;
    /// The files of what was issued last: "issued.pem", "issued.key"; and "ca.pem".
    const std::filesystem::path& folder() const { return folder_; }

  private:
    std::filesystem::path folder_;
};

}  // namespace elector::test
