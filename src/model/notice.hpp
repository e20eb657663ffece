// Owns the catalogue of what the core announces besides role changes: one event name and one
// sentence each, the same in log and docs. Alarms ask an operator to act (docs/operations.md).
// Thread rule: constant data.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace elector::model {

enum class Notice : std::uint8_t {
    kSessionStarted,
    kSessionLost,
    kNameTaken,
    kNameRefused,
    kWaiting,
    kStoreSetBack,
    kOtherCluster,
    kForeignSeen,
    kForeignRecorded,
    kForeignCleared,
    kDeposed,
    kStandbyConfirmed,
    kNodeFoundActive,
    kNodeIgnoresSets,
    kNodeDead,
    kNodeLost,
    kActivationSent,
    kActive,
    kActivationNotSent,
    kUnfenced,
    kFenceWithoutEffect,
    kMarkerOwed,
    kMarkerWritten,
    kCoolingDown,
    kStayingAlone,
    kChainStalled,
    kSwitchoverRefused,
    kOperatorAddressDiffers,
    kRelaxed,
    kDoubleActive
};

enum class Severity : std::uint8_t { kInfo, kWarning, kAlarm };

struct NoticeRow {
    Notice notice;
    Severity severity;
    std::string_view name;      ///< stable event name
    std::string_view sentence;  ///< for the operator
};

std::span<const NoticeRow> notice_table();
const NoticeRow& describe(Notice notice);

}  // namespace elector::model
