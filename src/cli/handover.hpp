// Owns one hand-over from the order to its verified end: placed, followed, measured, told.
// Must never judge whether it may be ordered (see src/orders). Thread rule: called from main.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "cli/progress.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "orders/switchover.hpp"

namespace elector::cli {

enum class Outcome : std::uint8_t {
    kRefused,      ///< nothing was ordered
    kPlanned,      ///< a dry run
    kVerified,     ///< the target's node is verified active
    kElsewhere,    ///< another member's is
    kNotObeyed,    ///< the order has ended, and the old holder goes on
    kUnfinished,   ///< nobody was verified active in time
    kUnreachable,  ///< etcd failed: nothing was ordered, or its end was not seen
};
std::string_view word(Outcome outcome);

/// One hand-over, asked for or made.
struct HandOver {
    Outcome outcome = Outcome::kRefused;
    orders::Plan plan;
    std::vector<report::Condition> refusals;
    std::string leader;                          ///< verified active at the end
    std::string where;                           ///< where it stood when last seen, or what failed
    std::optional<model::HistoryEntry> history;  ///< of the holding that ended
    model::Duration total{};                     ///< the order until its verified end
    model::Duration take_over() const;           ///< what is left of it after the marker
};

/// Where a hand-over stands, by one look at the group.
struct Stage {
    std::optional<Outcome> end;
    std::string leader;
    std::string words;
};
Stage stage_of(const model::Policy& policy, const orders::Plan& plan,
               const model::ElectionView& view);

/// Looks and judges; `outcome` is kPlanned when it may be ordered.
boost::asio::awaitable<HandOver> plan_hand_over(Session& session, std::string to, std::string why);
/// Orders what is planned and follows it to its end.
boost::asio::awaitable<HandOver> make_hand_over(Session& session, const config::Config& config,
                                                HandOver planned, Progress& progress);

/// What is planned, expected and refused; what became of it, with the measured phases.
std::string plan_text(const HandOver& h, const config::Config& config);
std::string refusal_text(const HandOver& h);
std::string end_text(const HandOver& h);
boost::json::object to_json(const HandOver& h, const config::Config& config);

}  // namespace elector::cli
