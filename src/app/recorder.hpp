// Owns the memory of the last steps of this process: what happened and what was asked for, from a
// known state on, so that a run can be understood, and replayed, after the fact.
// Must never grow without bound. Thread rule: the io_context's thread.
#pragma once

#include <deque>
#include <string>
#include <variant>
#include <vector>

#include "core/effect.hpp"
#include "core/event.hpp"
#include "core/policy.hpp"
#include "core/state.hpp"

namespace elector::app {

/// One line of JSON: kind and all fields of the event.
std::string describe(const core::Event& event);
std::string describe(const core::Effect& effect);

class Recorder {
  public:
    static constexpr std::size_t kKept = 2048;  ///< entries at least, and twice as many at most

    /// Before each step. Keeps a copy of the state now and then: what follows can be replayed.
    void step(const core::Policy& policy, const core::State& state, core::Instant now,
              const core::Event& event);
    void effect(const core::Effect& effect) { keep({core::Instant{}, effect}); }
    void policy(const core::Policy& policy) { keep({core::Instant{}, policy}); }

    /// Everything kept, oldest first, one JSON object per line. The first line has the state and
    /// the policy from which the rest follows.
    std::string dump() const;

  private:
    struct Entry {
        core::Instant now;
        std::variant<core::Event, core::Effect, core::Policy> what;
    };
    struct Part {
        core::Policy policy;
        core::State state;
        std::vector<Entry> entries;
    };
    void keep(Entry entry) {
        if (!parts_.empty()) parts_.back().entries.push_back(std::move(entry));
    }

    std::deque<Part> parts_;  ///< two at most
};

}  // namespace elector::app
