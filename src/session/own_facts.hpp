// Owns what a member publishes of itself: its facts, the record that they make, and whether a
// record that was published says them still. Must never gather them: that is whoever knows node and
// role. Thread rule: values that live within one step.
#pragma once

#include <optional>
#include <string_view>

#include "model/blocker.hpp"
#include "model/policy.hpp"
#include "model/record.hpp"

namespace elector::session {

using namespace model;

struct OwnFacts {
    const Policy& p;
    Blockers unfit;
    std::string_view candidate_key;
    NodeActivity activity{};
    Duration activity_age{};  ///< no news by itself
    std::optional<Height> tip;
    std::uint64_t lag_blocks = 0;
    int lag_bucket = 0;
    std::string_view operator_address;
    std::string_view roll_call;
};

MemberRecord to_record(const OwnFacts& facts);
/// `published` does not say these facts. Told without making another record: nearly every step
/// asks, and nearly never is it so.
bool is_news(const OwnFacts& facts, const MemberRecord& published);

}  // namespace elector::session
