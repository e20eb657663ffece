// Owns what the onlooker is shown, as plain values, and how it is gathered from the world.
// Must never change the world. Thread rule: the io_context's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "demo/handover.hpp"
#include "demo/world.hpp"
#include "model/record.hpp"
#include "model/transition_table.hpp"

namespace elector::demo {

struct MemberRow {
    std::string name;
    model::Role role{};
    model::NodeActivity node{};  ///< as last verified
    bool node_dead = false;      ///< as the member knows it
    std::optional<model::Duration> node_age;
    std::optional<std::uint64_t> tip;
    std::int64_t term = 0;  ///< 0: holds nothing
    std::optional<model::Duration> holding_left;
    std::size_t queue = 0;                ///< 1 is the head; 0: not queued
    std::string fault;                    ///< what the onlooker has broken
    std::string why;                      ///< what it does, or why it does not lead
    std::optional<model::Duration> wait;  ///< how long at most
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
    std::vector<Happening> happenings;  ///< newest last
    model::Instant began;
};

Picture picture_of(const World& world);

}  // namespace elector::demo
