#include "app/resignation.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "etcd/cluster_pin.hpp"

namespace elector::app {
namespace {

std::string fault(const std::string& path) {
    return path + ": " + std::strerror(errno) + " [errno:" + std::to_string(errno) + "]";
}

/// So that a power cut does not bring back what was there before.
void flush(const std::string& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    ::fsync(fd);
    ::close(fd);
}

/// Whole or not at all, as it is renamed into its place.
bool write_file(const std::string& path, const std::string& text) {
    const auto fresh = path + ".new";
    const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    const auto size = static_cast<ssize_t>(text.size());
    const bool written = ::write(fd, text.data(), text.size()) == size && ::fsync(fd) == 0;
    ::close(fd);
    return written && ::rename(fresh.c_str(), path.c_str()) == 0;
}

}  // namespace

Resignation::Resignation(std::string folder, const std::string& election_key)
    : folder_(std::move(folder)), path_(folder_ + "/resigned") {
    if (!election_key.empty()) path_ += "-" + etcd::file_name_of(election_key);
    if (::access(path_.c_str(), F_OK) != 0) return;
    std::ifstream file(path_);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::int64_t at = 0;
    std::from_chars(text.data(), text.data() + text.size(), at);
    unix_ms_ = at;
}

std::string Resignation::set(std::int64_t unix_ms) {
    if (unix_ms_) return {};
    std::error_code made;
    if (std::filesystem::create_directories(folder_, made)) ::chmod(folder_.c_str(), 0700);
    if (!write_file(path_, std::to_string(unix_ms) + "\n")) return fault(path_);
    flush(folder_);
    unix_ms_ = unix_ms;
    return {};
}

std::string Resignation::clear() {
    if (::unlink(path_.c_str()) != 0 && errno != ENOENT) return fault(path_);
    flush(folder_);
    unix_ms_.reset();
    return {};
}

}  // namespace elector::app
