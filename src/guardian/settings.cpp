#include "guardian/settings.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <type_traits>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace elector::guardian {
namespace {

/// Of the settings below: another number with every change of what is written there.
constexpr int kForm = 2;
constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

/// Both programs are of one build: numbers travel as they lie in memory.
class Writer {
  public:
    template <class T>
    void value(const T& value) {
        static_assert(std::has_unique_object_representations_v<T>, "what lies between is not told");
        bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void value(const std::string& text) {
        value(text.size());
        bytes += text;
    }
    template <class T>
    void all(const std::vector<T>& values, auto each) {
        value(values.size());
        for (const auto& one : values) each(one);
    }
    std::string bytes;
};

/// What lies beyond the end reads as zeros, and is noticed at the end.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}

    template <class T>
    void value(T& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        value = T{};
        const auto from = take(sizeof value);
        if (from.size() == sizeof value) std::memcpy(&value, from.data(), sizeof value);
    }
    void value(std::string& text) {
        std::size_t size = 0;
        value(size);
        text = take(size);
    }
    template <class T>
    void all(std::vector<T>& values, auto each) {
        std::size_t count = 0;
        value(count);
        for (std::size_t i = 0; i < count && !short_; ++i) each(values.emplace_back());
    }
    bool whole() const { return !short_ && bytes_.empty(); }

  private:
    std::string_view take(std::size_t size) {
        short_ = short_ || size > bytes_.size();
        const auto taken = bytes_.substr(0, short_ ? 0 : size);
        bytes_.remove_prefix(taken.size());
        return taken;
    }
    std::string_view bytes_;
    bool short_ = false;
};

/// Both ways the same: what is written here is read here.
template <class Archive, class Ward>
void take_ward(Archive& a, Ward& ward) {
    a.value(ward.group);
    for (auto* address : {&ward.admin, &ward.probe}) {
        a.value(address->v6);
        a.value(address->v4);
        a.value(address->port);
    }
    a.value(ward.bounds);
    a.value(ward.set_timeout);
    a.value(ward.fence_identity.member);
    a.value(ward.fence_identity.instance);
    a.value(ward.fence_identity.admin_url);
    ward.fence.pass([&a](auto& part) { a.value(part); });
}

template <class Archive, class Any>
void take_all(Archive& a, Any& settings) {
    auto& options = settings.options;
    const auto word = [&a](auto& text) { a.value(text); };
    a.value(settings.json);
    a.value(settings.least);
    a.value(options.version);
    a.all(options.wards, [&a](auto& ward) { take_ward(a, ward); });
    a.all(options.elector, word);
    a.all(options.closer_tail, word);
}

}  // namespace

std::string stamp() {
    return "iotex-elector-guardian " ELECTOR_VERSION " link " + std::to_string(kLinkVersion) +
           " settings " + std::to_string(kForm) + "\n";
}

std::string encode(const Settings& settings) {
    Writer writer;
    writer.value(stamp());
    take_all(writer, settings);
    return writer.bytes;
}

std::optional<Settings> decode_settings(std::string_view bytes) {
    Reader reader(bytes);
    std::string from;
    reader.value(from);
    if (from != stamp()) return std::nullopt;
    Settings settings;
    take_all(reader, settings);
    const auto nodes = settings.options.wards.size();
    const bool good = reader.whole() && nodes > 0 && nodes <= kMaxWards;
    return good ? std::optional(std::move(settings)) : std::nullopt;
}

int seal(const Settings& settings) {
    const auto bytes = encode(settings);
    const int fd = ::memfd_create("guardian settings", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return -1;
    std::size_t written = 0;
    while (written < bytes.size()) {
        const auto n = ::write(fd, bytes.data() + written, bytes.size() - written);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        written += static_cast<std::size_t>(n);
    }
    if (written == bytes.size() && ::fcntl(fd, F_ADD_SEALS, kSeals) == 0) return fd;
    const int error = errno;
    ::close(fd);
    errno = error;
    return -1;
}

std::optional<Settings> unseal(int fd) {
    struct stat found {};
    const int seals = ::fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & kSeals) != kSeals || ::fstat(fd, &found) != 0) return std::nullopt;
    const auto size = static_cast<std::size_t>(found.st_size);
    void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    ::close(fd);
    if (bytes == MAP_FAILED) return std::nullopt;
    auto settings = decode_settings({static_cast<const char*>(bytes), size});
    ::munmap(bytes, size);
    return settings;
}

int serve(const Settings& settings) {
    const auto& options = settings.options;
    const Log log(open_stderr(), settings.json, settings.least);
    auto manager = ServiceManager::from_environment();
    NodeLocks locks;
    std::vector<std::string> nodes;
    for (const auto& ward : options.wards) nodes.push_back(ward.fence_identity.admin_url);
    const auto refused = locks.acquire(nodes, true);
    if (!refused) return guard(options, locks, manager, log);
    if (refused->no_room) {
        tell_too_few_descriptors(log, options);
    } else {
        log(Level::kError, "node_locked",
            {{"node", nodes[refused->node]}, {"error", cannot_take(refused->why)}});
    }
    return 1;
}

}  // namespace elector::guardian
