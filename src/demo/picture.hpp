// Owns what the onlooker is shown, as plain values, and how it is gathered from the world: role,
// term and reasons from the members' logs, the queue and who is fit from etcd, nodes and tips from
// the nodes, guardians and electors from the kernel. Must never change the world. Thread rule: the
// io_context's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "demo/account.hpp"
#include "demo/handover.hpp"
#include "demo/world.hpp"

namespace elector::demo {

struct MemberRow {
    std::string name;
    std::optional<model::Role> role;  ///< none: no elector
    Processes processes;
    bool node_runs = false;
    bool node_active = false;
    std::uint64_t tip = 0;
    std::int64_t term = 0;  ///< 0: holds nothing
    std::size_t queue = 0;  ///< 1 is the head; 0: not queued
    std::string fault;      ///< what the onlooker has broken
    Why why;                ///< what it does, or why it does not lead
};

struct Picture {
    std::string profile;
    std::string etcd;
    model::Duration running{};
    std::vector<MemberRow> members;
    std::optional<Handover> under_way;
    std::optional<Handover> last;
    std::size_t handovers = 0;
    std::uint64_t signatures = 0;
    std::uint64_t double_signatures = 0;
    std::vector<std::string> dashboards;  ///< of the members, in their order
    std::vector<Happening> happenings;    ///< newest last
    model::Instant began;
};

Picture picture_of(const World& world);

}  // namespace elector::demo
