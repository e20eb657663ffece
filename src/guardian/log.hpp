// Owns the guardian's log lines: in the form of the elector's, from a fixed buffer, in one write.
// Must never allocate or throw. Thread rule: the guardian's one thread.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace elector::guardian {

enum class Level : std::uint8_t { kDebug, kInfo, kWarn, kError };

/// A number as text, kept in place.
class Number {
  public:
    explicit Number(std::int64_t value);
    operator std::string_view() const { return {text_.data(), size_}; }

  private:
    std::array<char, 24> text_{};
    std::size_t size_ = 0;
};

struct Field {
    std::string_view key;
    std::string_view value;
};

/// stderr for a Log. Other processes write there too, so that room that was seen may be gone at
/// once: a description of our own, which does not block, where there can be one.
int open_stderr();

class Log {
  public:
    /// Lines below `least` are left out. `fd` stays the caller's. `process` is a constant.
    Log(int fd, bool json, Level least, std::string_view process = "guardian")
        : fd_(fd), json_(json), least_(least), process_(process) {}

    /// The same, each line about that group, whose name is a constant; empty: about none.
    Log about(std::string_view group) const {
        Log log = *this;
        log.group_ = group;
        return log;
    }

    void operator()(Level level, std::string_view event,
                    std::initializer_list<Field> fields = {}) const;

  private:
    int fd_;
    bool json_;
    Level least_;
    std::string_view process_;
    std::string_view group_;
};

}  // namespace elector::guardian
