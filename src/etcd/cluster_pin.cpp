#include "etcd/cluster_pin.hpp"

#include <cctype>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include <boost/json.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace elector::etcd {
namespace json = boost::json;

namespace {

constexpr std::size_t kMostBytes = 4096;  // a pin has about a hundred
constexpr std::size_t kLongestName = 200;

std::string error_text() { return std::strerror(errno); }

/// 0: not a pin of this election key.
std::uint64_t parse(const std::string& bytes, const std::string& key) {
    boost::system::error_code ec;
    const auto value = json::parse(bytes, ec);
    if (ec || !value.is_object()) return 0;
    const auto& o = value.as_object();
    const auto* of = o.if_contains("key");
    const auto* cluster = o.if_contains("cluster");
    if (!of || !of->is_string() || of->as_string() != key) return 0;
    if (!cluster || !cluster->is_string()) return 0;
    const std::string text(cluster->as_string());
    std::uint64_t id = 0;
    const auto* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, id, 16);
    return error == std::errc{} && stopped == end ? id : 0;
}

/// Flushed, so that a power cut leaves the old file or the new one. What root writes belongs to
/// the owner of the folder: the service has to read it.
bool write_durably(const std::string& folder, const std::string& path, const std::string& bytes) {
    struct stat owner {};
    if (::stat(folder.c_str(), &owner) != 0) return false;
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    const bool given = ::geteuid() != 0 || ::fchown(fd, owner.st_uid, owner.st_gid) == 0;
    const bool ok = given && ::fchmod(fd, 0600) == 0 &&
                    ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
                    ::fsync(fd) == 0;
    const int error = errno;
    ::close(fd);
    errno = error;
    return ok;
}

void flush_folder(const std::string& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    ::fsync(fd);
    ::close(fd);
}

}  // namespace

std::string file_name_of(const std::string& key) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string text;
    for (const char c : key) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) || c == '-' || c == '_') {
            text += c;
        } else {
            text += {'%', kHex[byte >> 4], kHex[byte & 15]};
        }
    }
    if (text.size() <= kLongestName) return text;
    std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a; the file itself names the whole key
    for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return text.substr(0, kLongestName) + "-" + cluster_text(hash);
}

ClusterPin::ClusterPin(const std::string& folder, std::string election_key)
    : folder_(folder),
      key_(std::move(election_key)),
      path_(folder + "/cluster-" + file_name_of(key_) + ".json") {}

ClusterPin::Reading ClusterPin::read() const {
    struct stat found {};
    if (::stat(path_.c_str(), &found) != 0) {
        if (errno == ENOENT) return {};
        return {0, "cannot read the cluster pin " + path_ + ": " + error_text()};
    }
    std::ifstream file(path_, std::ios::binary);
    std::string bytes(kMostBytes, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    if (bytes.empty() && !file.eof())
        return {0, "cannot read the cluster pin " + path_ + ": not readable for this user"};
    const auto cluster = parse(bytes, key_);
    if (cluster == 0) return {0, "cannot understand the cluster pin " + path_ + ": it is damaged"};
    return {cluster, {}};
}

std::string ClusterPin::write(std::uint64_t cluster) const {
    const auto cannot = "cannot write the cluster pin " + path_ + ": ";
    std::error_code ec;
    if (std::filesystem::create_directories(folder_, ec)) ::chmod(folder_.c_str(), 0700);
    if (ec) return cannot + ec.message();
    const json::object o{{"v", 1}, {"key", key_}, {"cluster", cluster_text(cluster)}};
    const auto beside = path_ + ".new";
    if (!write_durably(folder_, beside, json::serialize(o) + "\n")) return cannot + error_text();
    if (::rename(beside.c_str(), path_.c_str()) != 0) return cannot + error_text();
    flush_folder(folder_);
    return {};
}

std::string cluster_text(std::uint64_t cluster) {
    char text[17] = {};
    *std::to_chars(text, text + 16, cluster, 16).ptr = '\0';
    return text;
}

}  // namespace elector::etcd
