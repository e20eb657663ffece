// Owns the JSON form of what members write to etcd, and how strange bytes are judged.
// Total over hostile bytes: whatever is stored, parsing answers. No gRPC. Thread rule: pure
// functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/record.hpp"

namespace elector::etcd {

/// One line of JSON with a fixed field order.
std::string to_json(const core::HolderRecord& record);
std::string to_json(const core::MemberRecord& record);
std::string to_json(const core::HistoryEntry& entry);
std::string to_json(const core::SwitchoverOrder& order);
std::string to_json(const core::PauseOrder& order);

/// None: unparsable, which counts as unknown. An unknown `state` reads as active, whatever `v` is.
std::optional<core::HolderRecord> parse_holder(std::string_view bytes);
/// None: not a member record; such a key names no candidacy.
std::optional<core::MemberRecord> parse_member(std::string_view name, std::string_view bytes);
/// Unparsable orders: a pause counts as one without words, a switchover as none.
core::PauseOrder parse_pause(std::string_view bytes);
std::optional<core::SwitchoverOrder> parse_switchover(std::string_view bytes);
std::optional<core::HistoryEntry> parse_history(std::string_view bytes);

}  // namespace elector::etcd
