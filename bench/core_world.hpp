// Owns a world in which all goes well: a group of three, whose store and node answer within a
// millisecond. The rough one is that of the property tests. Thread rule: one thread.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "core/step.hpp"
#include "core/weather.hpp"

namespace elector::bench {

/// Of the profile `standard`, with names as long as real ones.
core::Policy calm_policy();

class CalmWorld {
  public:
    enum class Lead { kOurs, kTheirs };
    explicit CalmWorld(Lead lead);

    /// As core::Weather has them.
    std::pair<core::Instant, core::Event> next(core::Instant now, core::Instant wake);
    void perform(core::Instant now, const core::Effect& effect);

  private:
    void tell(core::Instant now, std::vector<core::Change> changes);
    void answer(core::Instant now, core::Event event);
    void others_publish(core::Instant now);
    void put(const core::MemberRecord& record);
    bool perform_member(core::Instant now, const core::Effect& effect);
    bool perform_node(core::Instant now, const core::Effect& effect);

    core::ElectionView store_;
    std::multimap<core::Instant, core::Event> coming_;
    core::Instant next_block_;
    std::uint64_t height_ = 30'000'000;
    bool active_ = false;
};

}  // namespace elector::bench
