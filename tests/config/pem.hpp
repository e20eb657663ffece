// Owns a certificate and private keys that protect nothing: made for these tests. Thread rule:
// values only.
#pragma once

#include <cstdint>

namespace elector::config::testing {

/// Valid from 2026-11-22T21:38:11Z to 2027-11-22T21:38:11Z.
inline constexpr const char* kCertificate = R"(-----BEGIN CERTIFICATE-----
MIIBczCCARmgAwIBAgIUPC0U3pPl5ECZzCqYqD83/mlngawwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEbGVhZjAeFw0yNjExMjIyMTM4MTFaFw0yNzExMjIyMTM4MTFa
MA8xDTALBgNVBAMMBGxlYWYwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATpKZdV
V0JV1PQar0Lc6sFjMIpq5SNZs0vxTLotnkDa8LwtA46FEMi4OHiZqOp0n1d+UAn0
mkcwPeCjz7M4v0Ygo1MwUTAdBgNVHQ4EFgQU0B9LJw6ruUl2rBnTgT14L+lsAuow
HwYDVR0jBBgwFoAU0B9LJw6ruUl2rBnTgT14L+lsAuowDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNIADBFAiAfkb+ePl5NfK819NTKFk38K1IsAdBNc8Ya1jSJ
KAn2sgIhAM+7vHy1glrJOZ2Wb2oDpEhZ1W5WE+hqYqK3HcJicKr4
-----END CERTIFICATE-----
)";

/// Of that certificate.
inline constexpr const char* kKey = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdF/8ZlW5wpJbFpVM
Y/mr4NxX9Q1iClYuHxgAKh/uQHqhRANCAATpKZdVV0JV1PQar0Lc6sFjMIpq5SNZ
s0vxTLotnkDa8LwtA46FEMi4OHiZqOp0n1d+UAn0mkcwPeCjz7M4v0Yg
-----END PRIVATE KEY-----
)";

/// Of another one.
inline constexpr const char* kOtherKey = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgoGruzLTmj+u12glL
pQ/emMkkcyDGpt4XTwpu1xiJCHChRANCAAQGrFNBX7gW6L7mOwikoaN7H4skkEVD
W1J9WoGlV9Yg1UesFjie/Gk7r3KRWo2TxxOiS/ZN8CnYUGBR0KpZJCbm
-----END PRIVATE KEY-----
)";

/// With a passphrase.
inline constexpr const char* kLockedKey = R"(-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,313BE82629BA9E5B8E1AE52E2973E360

zufQ91TuVmsanL1sVHBMhpGuqw3PP4hOopk0Q1DcskXw4m+U0Nq0/lAGhXh2RmcI
j7YfllTUiIe7WunuFDz2Qg3bPR9kmmSvLjSODzHRHvFMbRrlI4fzm2hEOyPgClD2
E84WtqCu6YWgt1bJAd18xUWu/xH7YLzm0HxRd2F1XZI=
-----END EC PRIVATE KEY-----
)";

/// A time, in seconds since 1970, at which the certificate is valid; and others.
inline constexpr std::int64_t kValidAt = 1'800'000'000;
inline constexpr std::int64_t kTooEarly = 1'795'000'000;
inline constexpr std::int64_t kTooLate = 1'900'000'000;

}  // namespace elector::config::testing
