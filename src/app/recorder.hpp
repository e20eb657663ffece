// Owns the memory of the last steps of this process: what happened and what was asked for, from a
// known state on, so that a run can be understood, and replayed, after the fact.
// Must never grow without bound. Thread rule: the io_context's thread.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/fwd.hpp>

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
    static constexpr std::size_t kKept = 2048;
    static constexpr std::size_t kLeast = 16;

    /// Keeps so many entries at least, and twice as many at most.
    explicit Recorder(std::size_t kept = kKept) : kept_(std::max(kept, kLeast)) {}

    /// Before each step. Keeps one copy of the state, from which all that is kept can be replayed:
    /// it follows what is forgotten, by the same pure function.
    void step(const model::Policy& policy, const core::State& state, model::Instant now,
              const model::Event& event);
    void effect(const model::Effect& effect);
    void policy(const model::Policy& policy);

    /// Everything kept, oldest first, one JSON object per line. The first line has the state and
    /// the policy from which the rest follows.
    std::string dump() const;

  private:
    /// One event, effect or policy, in no more memory than its own kind needs.
    struct Kept {
        virtual ~Kept() = default;
        virtual void write(boost::json::object& line) const = 0;
        virtual bool begins_step() const = 0;
        /// Makes of the state before it the state after it.
        virtual void redo(model::Policy& policy, core::State& state) const = 0;
    };
    template <class T>
    struct KeptOf;
    template <class T>
    static std::unique_ptr<const Kept> kept(model::Instant now, const T& value);

    struct Base {
        model::Policy policy;
        core::State state;
    };
    void forget_older_half();
    void keep(std::unique_ptr<const Kept> entry) {
        if (base_) entries_.push_back(std::move(entry));
    }

    std::size_t kept_;
    std::optional<Base> base_;  ///< what the first entry came upon; none: nothing was recorded
    std::vector<std::unique_ptr<const Kept>> entries_;
};

}  // namespace elector::app
