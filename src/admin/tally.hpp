// Owns what has occurred in one group, as plain numbers: counted when it happens, in constant time.
// Histograms take room from their first value on, for most of many groups never lead.
// Must never be read by anything that decides. Thread rule: the io_context's thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/effect.hpp"
#include "model/event.hpp"

namespace elector::admin {

/// A histogram. The last count is of what is beyond all bounds.
struct Spread {
    std::vector<std::uint64_t> counts;  ///< empty: nothing was observed
    double sum = 0;

    void observe(std::span<const double> bounds, double value);
};

class Tally {
  public:
    static constexpr std::array<double, 11> kConfirmBounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                           0.1,   0.25,   0.5,   1,    2.5};
    static constexpr std::array<double, 11> kPhaseBounds{0.05, 0.1, 0.25, 0.5, 1, 2.5,
                                                         5,    10,  15,   25,  60};

    struct RoleChange {
        const model::Transition* row;
        std::uint64_t count;
    };

    /// Before it runs.
    void on_effect(const model::Effect& effect, model::Instant now);
    /// Before the core hears of it.
    void on_event(const model::Event& event, model::Instant now);

    std::uint64_t confirmed = 0;
    std::uint64_t refused = 0;
    std::uint64_t unknown = 0;
    std::uint64_t arm = 0;
    std::uint64_t draining = 0;
    std::uint64_t disarm = 0;
    std::uint64_t fence = 0;
    std::vector<RoleChange> role_changes;
    Spread confirm;
    Spread standby_phase;
    Spread marker_phase;
    Spread activation_phase;

  private:
    void on_role(const model::Transition& row, model::Instant now);
    void on_notice(model::Notice notice, model::Instant now);

    // what is under way
    model::OpId confirming_;
    model::Instant confirm_sent_{};
    std::optional<model::Instant> began_;    ///< the present draining
    std::optional<model::Instant> standby_;  ///< its confirmation
    std::optional<model::Instant> claimed_;
};

}  // namespace elector::admin
