// The only file that includes OpenSSL. Its queue of errors is left empty, as gRPC's own use of the
// library reads it too.
#include "config/certificates.hpp"

#include <array>
#include <ctime>
#include <memory>
#include <vector>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace elector::config {
namespace {

template <class T, void (*free)(T*)>
struct Freeing {
    void operator()(T* object) const { free(object); }
};
void free_bio(BIO* bio) { BIO_free(bio); }
using Bio = std::unique_ptr<BIO, Freeing<BIO, free_bio>>;
using Certificate = std::unique_ptr<X509, Freeing<X509, X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freeing<EVP_PKEY, EVP_PKEY_free>>;

Bio bio_of(const std::string& text) {
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// Instead of asking the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

std::vector<Certificate> certificates_of(const std::string& pem) {
    const Bio bio = bio_of(pem);
    std::vector<Certificate> all;
    for (;;) {
        Certificate next(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
        if (!next) break;
        all.push_back(std::move(next));
    }
    ERR_clear_error();
    return all;
}

Key key_of(const std::string& pem) {
    const Bio bio = bio_of(pem);
    Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
    ERR_clear_error();
    return key;
}

std::string day_and_time(const ASN1_TIME* time) {
    std::tm parts{};
    std::array<char, 32> text{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unknown time";
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

std::string validity_fault(const X509& certificate, std::int64_t now_seconds) {
    const ASN1_TIME* const begin = X509_get0_notBefore(&certificate);
    const ASN1_TIME* const end = X509_get0_notAfter(&certificate);
    if (ASN1_TIME_cmp_time_t(begin, now_seconds) > 0)
        return "holds a certificate that is not valid before " + day_and_time(begin);
    if (ASN1_TIME_cmp_time_t(end, now_seconds) < 0)
        return "holds a certificate that expired at " + day_and_time(end);
    return "";
}

std::string ending(const X509& certificate, std::int64_t at_seconds) {
    const ASN1_TIME* const end = X509_get0_notAfter(&certificate);
    if (ASN1_TIME_cmp_time_t(end, at_seconds) >= 0) return "";
    return "holds a certificate that expires at " + day_and_time(end);
}

constexpr const char* kNoCertificate = "holds no certificate in PEM form";

}  // namespace

std::string authorities_fault(const std::string& pem, std::int64_t now_seconds) {
    std::string fault = kNoCertificate;
    for (const auto& certificate : certificates_of(pem)) {
        fault = validity_fault(*certificate, now_seconds);
        if (fault.empty()) break;
    }
    return fault;
}

std::string certificate_fault(const std::string& pem, std::int64_t now_seconds) {
    const auto all = certificates_of(pem);
    return all.empty() ? kNoCertificate : validity_fault(*all.front(), now_seconds);
}

std::string authorities_ending(const std::string& pem, std::int64_t at_seconds) {
    std::string last;
    for (const auto& certificate : certificates_of(pem)) {
        last = ending(*certificate, at_seconds);
        if (last.empty()) break;
    }
    return last;
}

std::string certificate_ending(const std::string& pem, std::int64_t at_seconds) {
    const auto all = certificates_of(pem);
    return all.empty() ? "" : ending(*all.front(), at_seconds);
}

std::string key_fault(const std::string& pem) {
    return key_of(pem) ? "" : "holds no private key in PEM form, or one with a passphrase";
}

bool belong_together(const std::string& certificate_pem, const std::string& key_pem) {
    const auto all = certificates_of(certificate_pem);
    const Key key = key_of(key_pem);
    if (all.empty() || !key) return false;
    const bool same = X509_check_private_key(all.front().get(), key.get()) == 1;
    ERR_clear_error();
    return same;
}

}  // namespace elector::config
