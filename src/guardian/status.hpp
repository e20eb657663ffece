// Owns the guardian's words for people: one line as the service manager shows it, why it acts.
// Must never do I/O, read a clock or allocate. Thread rule: values only.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "guardian/machine.hpp"

namespace elector::guardian {

/// What the guardian is doing; while its elector does the work, what that says of itself.
StatusText status_of(const Machine& machine, const StatusText& elector_says);

/// How one of many nodes is counted.
enum class Shown : std::uint8_t { kLeading, kWaiting, kTrouble };
Shown shown(const Machine& machine);

/// How many of the nodes are how.
struct Counts {
    std::array<std::size_t, 3> of{};
    std::size_t operator[](Shown how) const { return of[static_cast<std::size_t>(how)]; }
    void change(Shown from, Shown to) {
        --of[static_cast<std::size_t>(from)];
        ++of[static_cast<std::size_t>(to)];
    }
};

/// "3 leading, 97 waiting, 1 in trouble: west"; as many of the names as there is room for.
class Summary {
  public:
    explicit Summary(const Counts& counts, std::string_view doing);
    void trouble(std::string_view group);
    StatusText text() const;

  private:
    void put(std::string_view text);
    std::array<char, kMaxStatus> text_{};
    std::size_t size_ = 0;
    std::size_t named_ = 0, unnamed_ = 0;
};

/// Why the guardian acts: a word, and a sentence.
std::string_view word(Reason reason);
std::string_view sentence(Reason reason);

}  // namespace elector::guardian
