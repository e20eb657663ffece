// Owns when the fence command is run, again and again, for a node that nobody could confirm
// standby. Elector and guardian share it. Must never count a command's word as proof: what ends the
// ladder is a confirmed standby, or both ports refusing. Thread rule: values and pure functions.
#pragma once

#include <optional>

#include "model/event.hpp"
#include "model/means.hpp"

namespace elector::fencing {

using namespace model;

struct Ladder {
    std::optional<Instant> next;  ///< not before; none: not entered
    bool running = false;
    bool vouched = false;  ///< it said that the node is fenced, which does not show yet
    Duration back_off{};
    Slot slot;  ///< of the elector's order; the guardian has none
};

/// The ladder is entered, once: UNFENCED is being written, which has to go first. It gets a moment;
/// a store that does not answer holds up nothing.
void enter(Ladder& ladder, Instant now);
/// UNFENCED is written, or is nobody's to write.
void recorded(Ladder& ladder, Instant now);
/// When there is something to do; kNever while the command runs.
Instant due_at(const Ladder& ladder);

enum class Step : std::uint8_t {
    kRun,      ///< the command is started now
    kNoEffect  ///< it said success and the node's ports answer all the same: tell somebody
};
/// Call it at due_at() or later.
Step advance(Ladder& ladder, Instant now);
/// The command has ended, or could not be started. After a success both ports have `grace` and a
/// second more to refuse.
void ended(Ladder& ladder, Instant now, bool success, Duration grace);

// --- for the elector
/// Standby is overdue. Runs the command when its time has come; `record` is what UNFENCED says, and
/// `written` whether it is in the store.
void climb(Ladder& ladder, Means& t, bool written, const HolderRecord& record);
void on_answer(Ladder& ladder, Means& t, const FenceAnswered& e);

}  // namespace elector::fencing
