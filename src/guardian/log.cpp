#include "guardian/log.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <ctime>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

namespace elector::guardian {
namespace {

/// Long lines are cut: a pipe takes this much from two writers without mixing them.
class Line {
  public:
    void put(char c) {
        if (size_ < text_.size() - 1) text_[size_++] = c;
    }
    void put(std::string_view text) {
        for (const char c : text) put(c);
    }
    void quoted(std::string_view text) {
        put('"');
        for (const char c : text) {
            if (c == '"' || c == '\\') put('\\');
            put(static_cast<unsigned char>(c) < ' ' ? ' ' : c);
        }
        put('"');
    }
    std::string_view end() {
        text_[size_++] = '\n';
        return {text_.data(), size_};
    }

  private:
    std::array<char, 2048> text_{};
    std::size_t size_ = 0;
};

bool bare(std::string_view text) {
    const auto plain = [](char c) {
        return c > ' ' && c != '"' && c != '=' && c != '\\' && c != 0x7f;
    };
    return !text.empty() && std::all_of(text.begin(), text.end(), plain);
}

std::string_view word(Level level) {
    static constexpr std::array<std::string_view, 4> kWords{"debug", "info", "warn", "error"};
    return kWords[static_cast<std::size_t>(level)];
}

std::string_view utc_now(std::array<char, 48>& text) {
    timeval t{};
    ::gettimeofday(&t, nullptr);
    tm parts{};
    ::gmtime_r(&t.tv_sec, &parts);
    const auto n = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    const int more = std::snprintf(text.data() + n, text.size() - n, ".%03dZ",
                                   static_cast<int>(t.tv_usec / 1000));
    return {text.data(), n + static_cast<std::size_t>(more)};
}

}  // namespace

Number::Number(std::int64_t value) {
    const auto end = std::to_chars(text_.data(), text_.data() + text_.size(), value).ptr;
    size_ = static_cast<std::size_t>(end - text_.data());
}

int open_stderr() {
    struct stat found {};
    const bool known = ::fstat(STDERR_FILENO, &found) == 0;
    const bool shared = known && (S_ISFIFO(found.st_mode) || ::isatty(STDERR_FILENO) == 1);
    const int flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    const int fd = shared ? ::open("/proc/self/fd/2", flags) : -1;
    return fd >= 0 ? fd : STDERR_FILENO;
}

void Log::operator()(Level level, std::string_view event,
                     std::initializer_list<Field> fields) const {
    if (level < least_) return;
    Line line;
    bool first = true;
    const auto field = [&](std::string_view key, std::string_view value) {
        if (!first) line.put(json_ ? ',' : ' ');
        first = false;
        if (json_) {
            line.quoted(key);
            line.put(':');
            return line.quoted(value);
        }
        line.put(key);
        line.put('=');
        bare(value) ? line.put(value) : line.quoted(value);
    };
    std::array<char, 48> time{};
    if (json_) line.put('{');
    field("time", utc_now(time));
    field("level", word(level));
    field("event", event);
    field("process", process_);
    if (!group_.empty()) field("group", group_);
    for (const auto& f : fields) field(f.key, f.value);
    if (json_) line.put('}');
    const auto text = line.end();
    pollfd reader{fd_, POLLOUT, 0};
    if (::poll(&reader, 1, 0) != 1) return;  // better a line less than a guardian that waits
    const auto sent = ::send(fd_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0 || errno != ENOTSOCK) return;
    static_cast<void>(!::write(fd_, text.data(), text.size()));
}

}  // namespace elector::guardian
