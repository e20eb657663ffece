// Owns the judgement of certificates and private keys in PEM form: whether they are any, whether
// they belong together, whether today is among their days. Must never read a file nor show any of a
// key. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <string>

namespace elector::config {

// Each answers "", or what is wrong, worded to follow the name of the file. `now` is in seconds
// since 1970.

/// At least one certificate, and at least one of them valid now.
std::string authorities_fault(const std::string& pem, std::int64_t now_seconds);

/// A certificate, which is valid now; those after it are its chain.
std::string certificate_fault(const std::string& pem, std::int64_t now_seconds);

// Each answers "", or that `pem` will serve no longer at `at_seconds`, worded as above.
std::string authorities_ending(const std::string& pem, std::int64_t at_seconds);
std::string certificate_ending(const std::string& pem, std::int64_t at_seconds);

/// A private key without a passphrase.
std::string key_fault(const std::string& pem);

/// Both must be sound by themselves.
bool belong_together(const std::string& certificate_pem, const std::string& key_pem);

}  // namespace elector::config
