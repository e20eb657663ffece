// Thread rule: one thread.
#include "support/authority.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

#include <stdlib.h>

#include "support/etcd_process.hpp"

namespace elector::test {
namespace {

std::string text_of(const std::filesystem::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

void make(const std::filesystem::path& folder, const std::string& name, const std::string& file,
          const std::vector<std::string>& more) {
    std::vector<std::string> command{find_program("openssl", "openssl"),
                                     "req",
                                     "-x509",
                                     "-newkey",
                                     "ec",
                                     "-pkeyopt",
                                     "ec_paramgen_curve:prime256v1",
                                     "-nodes",
                                     "-days",
                                     "30",
                                     "-subj",
                                     "/CN=" + name,
                                     "-keyout",
                                     folder / (file + ".key"),
                                     "-out",
                                     folder / (file + ".pem")};
    command.insert(command.end(), more.begin(), more.end());
    output_of(command);
}

}  // namespace

Authority::Authority(const std::string& name) {
    std::string pattern = (std::filesystem::temp_directory_path() / "elector-ca-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
        throw std::runtime_error("cannot make a folder " + pattern);
    folder_ = pattern;
    make(folder_, name, "ca", {});
}

Authority::~Authority() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

etcd::Tls Authority::issue(const std::string& name, const std::string& alternative) {
    make(folder_, name, "issued",
         {"-CA", folder_ / "ca.pem", "-CAkey", folder_ / "ca.key", "-addext",
          "subjectAltName=" + alternative, "-addext", "basicConstraints=critical,CA:false"});
    return issued();
}

etcd::Tls Authority::issued() const {
    etcd::Tls tls = trusting();
    tls.cert_pem = text_of(folder_ / "issued.pem");
    tls.key_pem = text_of(folder_ / "issued.key");
    return tls;
}

etcd::Tls Authority::trusting() const {
    etcd::Tls tls;
    tls.ca_pem = text_of(folder_ / "ca.pem");
    return tls;
}

}  // namespace elector::test
