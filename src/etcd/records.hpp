// Owns the JSON form of what members write to etcd, and how strange bytes are judged.
// Total over hostile bytes: whatever is stored, parsing answers. No gRPC. Thread rule: pure
// functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/record.hpp"

namespace elector::etcd {

/// One line of JSON with a fixed field order.
std::string to_json(const model::HolderRecord& record);
std::string to_json(const model::MemberRecord& record);
std::string to_json(const model::HistoryEntry& entry);
std::string to_json(const model::SwitchoverOrder& order);
std::string to_json(const model::PauseOrder& order);

/// None: unparsable, which counts as unknown. An unknown `state` reads as active, whatever `v` is.
std::optional<model::HolderRecord> parse_holder(std::string_view bytes);
/// None: not a member record; such a key names no candidacy.
std::optional<model::MemberRecord> parse_member(std::string_view name, std::string_view bytes);
/// Unparsable orders: a pause counts as one without words, a switchover as none.
model::PauseOrder parse_pause(std::string_view bytes);
std::optional<model::SwitchoverOrder> parse_switchover(std::string_view bytes);
std::optional<model::HistoryEntry> parse_history(std::string_view bytes);

}  // namespace elector::etcd
