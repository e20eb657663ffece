// Owns the text form of a signing log: one JSON object a line.
//   {"time_ns":1700000000000000000,"node":"a","kind":"proposal","height":12,"round":0}
// Height and round belong to signatures only; further members are allowed and ignored.
// Thread rule: values only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "simnode/checker/checker.hpp"

namespace elector::checker {

/// "proposal", "proposal_endorsement", …: the words used in a log.
std::string_view word(Kind kind);

struct Line {
    std::string node;
    Entry entry;  ///< `entry.node` is not set
    bool operator==(const Line&) const = default;
};

/// The line, or why it is not one. Strict: a missing or wrong member is an error.
std::variant<Line, std::string> parse_line(std::string_view text);

/// Without the newline.
std::string format_line(std::string_view node, const Entry& e);

/// Collects lines of several files, numbers the nodes by first appearance, sorts by time.
class Log {
  public:
    /// An error text without position, or an empty one.
    std::string add(std::string_view text);
    const std::vector<std::string>& names() const { return names_; }
    /// Judged in order of time; lines of the same time keep their order.
    Report check() const;

  private:
    std::vector<std::string> names_;
    std::vector<Entry> entries_;
};

}  // namespace elector::checker
