// Owns the order of one target's messages: which is sent next and when, how often it is tried, what
// is lost when too many wait, and the counts of all that. Must never read a clock nor send.
// Thread rule: values only.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

#include "notify/message.hpp"

namespace elector::notify {

using Instant = std::chrono::steady_clock::time_point;

/// How a target is pressed.
struct Pace {
    std::size_t most_waiting = 64;
    int attempts = 5;                       ///< for one message
    std::chrono::milliseconds first{1000};  ///< pause after a failure; it doubles
    std::chrono::milliseconds longest{60'000};
};

struct Counters {
    std::uint64_t sent = 0;     ///< messages that arrived
    std::uint64_t failed = 0;   ///< attempts without success
    std::uint64_t dropped = 0;  ///< messages given up, or pushed out by newer ones
    bool operator==(const Counters&) const = default;
};

class Queue {
  public:
    explicit Queue(const Pace& pace) : pace_(pace) {}

    /// When too many wait the oldest goes, but for one that is on its way.
    void add(Message message);
    /// When begin() is worth a call; Instant::max(): not before something changes.
    Instant due() const;
    /// The next message, which is on its way from now on; null: none, or not yet. It stays where it
    /// is until told how that went.
    const Message* begin(Instant now);
    void delivered();
    /// False: the message is given up.
    bool failed(Instant now, bool worth_repeating);

    bool on_its_way() const { return on_its_way_; }
    std::size_t waiting() const { return messages_.size(); }
    /// In a row, since the last success.
    int failures() const { return failures_; }
    const Counters& counters() const { return counters_; }

  private:
    Pace pace_;
    std::deque<Message> messages_;
    bool on_its_way_ = false;
    int attempts_ = 0;  ///< of the first
    int failures_ = 0;
    Instant not_before_{};
    std::uint64_t lost_before_ = 0;  ///< the first
    std::uint64_t lost_behind_ = 0;  ///< one that is on its way
    Counters counters_;
};

}  // namespace elector::notify
