// Owns the memory of the last steps of this process: what happened and what was asked for, from a
// known state on, so that a run can be understood, and replayed, after the fact.
// Must never grow without bound. Thread rule: the io_context's thread.
#pragma once

#include <deque>
#include <string>
#include <variant>
#include <vector>

#include "core/state.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"

namespace elector::app {

/// One line of JSON: kind and all fields of the event.
std::string describe(const model::Event& event);
std::string describe(const model::Effect& effect);

class Recorder {
  public:
    static constexpr std::size_t kKept = 2048;  ///< entries at least, and twice as many at most

    /// Before each step. Keeps a copy of the state now and then: what follows can be replayed.
    void step(const model::Policy& policy, const core::State& state, model::Instant now,
              const model::Event& event);
    void effect(const model::Effect& effect) { keep({model::Instant{}, effect}); }
    void policy(const model::Policy& policy) { keep({model::Instant{}, policy}); }

    /// Everything kept, oldest first, one JSON object per line. The first line has the state and
    /// the policy from which the rest follows.
    std::string dump() const;

  private:
    struct Entry {
        model::Instant now;
        std::variant<model::Event, model::Effect, model::Policy> what;
    };
    struct Part {
        model::Policy policy;
        core::State state;
        std::vector<Entry> entries;
    };
    void keep(Entry entry) {
        if (!parts_.empty()) parts_.back().entries.push_back(std::move(entry));
    }

    std::deque<Part> parts_;  ///< two at most
};

}  // namespace elector::app
