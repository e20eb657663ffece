// Owns the memory of the last steps of this process: what happened and what was asked for, so that
// a run can be understood, and replayed, after the fact. Must never grow without bound. Thread
// rule: the io_context's thread.
#pragma once

#include <deque>
#include <string>
#include <variant>

#include "core/effect.hpp"
#include "core/event.hpp"
#include "core/policy.hpp"

namespace elector::app {

/// One line of JSON: kind and all fields of the event.
std::string describe(const core::Event& event);
std::string describe(const core::Effect& effect);

class Recorder {
  public:
    static constexpr std::size_t kKept = 4096;  ///< entries

    Recorder(std::uint64_t seed, core::Instant started) : seed_(seed), started_(started) {}

    void event(core::Instant now, const core::Event& event) { keep({now, event}); }
    void effect(const core::Effect& effect) { keep({core::Instant{}, effect}); }
    void policy(const core::Policy& policy) { keep({core::Instant{}, policy}); }

    /// Everything kept, oldest first, one JSON object per line; the first line is a header that
    /// says whether the record is whole (nothing dropped since the start).
    std::string dump() const;

  private:
    struct Entry {
        core::Instant now;
        std::variant<core::Event, core::Effect, core::Policy> what;
    };
    void keep(Entry entry) {
        entries_.push_back(std::move(entry));
        if (entries_.size() <= kKept) return;
        entries_.pop_front();
        ++dropped_;
    }

    std::uint64_t seed_;
    core::Instant started_;
    std::deque<Entry> entries_;
    std::uint64_t dropped_ = 0;
};

}  // namespace elector::app
