#include "config/environment.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

namespace elector::config {
namespace {

constexpr std::size_t kMaxFileBytes = 512 * 1024;

std::string own_host_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : "";
}

std::optional<std::string> own_variable(const std::string& name) {
    const char* const value = std::getenv(name.c_str());  // read before any thread could set one
    if (value == nullptr) return std::nullopt;
    return std::string(value);
}

FileFacts inspect_file(const std::string& path) {
    FileFacts facts;
    struct stat found {};
    if (stat(path.c_str(), &found) != 0) {
        facts.error = std::generic_category().message(errno);
        return facts;
    }
    facts.regular = S_ISREG(found.st_mode);
    facts.readable = access(path.c_str(), R_OK) == 0;
    facts.executable = access(path.c_str(), X_OK) == 0;
    facts.mode = found.st_mode & 07777U;
    return facts;
}

std::optional<std::string> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text(kMaxFileBytes + 1, '\0');
    if (!in) return std::nullopt;
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad()) return std::nullopt;
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > kMaxFileBytes) return std::nullopt;
    return text;
}

}  // namespace

Environment system_environment() {
    return Environment{own_host_name(), own_variable, inspect_file, read_file,
                       [] { return static_cast<std::int64_t>(std::time(nullptr)); }};
}

Environment empty_environment() {
    return Environment{
        "",
        [](const std::string&) { return std::optional<std::string>{}; },
        [](const std::string&) {
            FileFacts facts;
            facts.error = "No such file or directory";
            return facts;
        },
        [](const std::string&) { return std::optional<std::string>{}; },
        [] { return std::int64_t{0}; },
    };
}

}  // namespace elector::config
