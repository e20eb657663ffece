// Owns what is known of one member by its own words, and why it does not lead, in a sentence. What
// it says is joined with what etcd says. Must never guess. Thread rule: values only.
#pragma once

#include <optional>
#include <string>

#include "demo/log_line.hpp"
#include "model/blocker.hpp"
#include "model/election_view.hpp"
#include "model/transition_table.hpp"

namespace elector::demo {

/// The processes of one member, by the kernel.
struct Processes {
    std::optional<int> guardian;  ///< process ids
    std::optional<int> elector;
    bool frozen = false;                     ///< the elector
    std::optional<model::Duration> back_in;  ///< a dead guardian is started again
    bool operator==(const Processes&) const = default;
};

/// What a candidate at the head waits for.
struct Waiting {
    model::Blocker blocker{};
    std::optional<model::Instant> until;
    bool operator==(const Waiting&) const = default;
};

struct Account {
    std::optional<model::Role> role;  ///< none: there is no elector
    bool verified = false;            ///< it leads, and has verified its node active
    std::int64_t term = 0;            ///< of its holding
    bool guarded = false;             ///< the guardian acts in its place
    std::string drains_because;
    std::optional<Waiting> waiting;
    std::optional<model::Instant> cooling_until;

    void on(const LogLine& line);
    void elector_ended();
    bool operator==(const Account&) const = default;
};

struct Why {
    std::string text;
    std::optional<model::Duration> at_most;
    bool operator==(const Why&) const = default;
};
/// What it does, or why it does not lead.
Why explain(const std::string& member, const Account& account, const Processes& processes,
            const model::ElectionView& view, model::Instant now);

/// 1 is the head; 0: not in the queue.
std::size_t place_of(const model::ElectionView& view, const std::string& member);

}  // namespace elector::demo
