#include "fencing/ladder.hpp"

#include <algorithm>

namespace elector::fencing {
namespace {

/// What a store that works takes for UNFENCED, at most.
constexpr Duration kRecordTakes = 500ms;
constexpr Duration kFirstBackOff = 1s;
constexpr Duration kLongestBackOff = 30s;
/// Beyond the grace: how long refusals take to be noticed.
constexpr Duration kNotice = 1s;

Instant after_a_pause(Ladder& l, Instant now) {
    const bool first = l.back_off == Duration{};
    l.back_off = first ? kFirstBackOff : std::min(2 * l.back_off, kLongestBackOff);
    return now + l.back_off;
}

}  // namespace

void enter(Ladder& l, Instant now) {
    if (!l.next) l.next = now + kRecordTakes;
}

void recorded(Ladder& l, Instant now) {
    const bool waits = l.next && !l.running && !l.vouched && l.back_off == Duration{};
    if (waits) l.next = std::min(*l.next, now);
}

Instant due_at(const Ladder& l) { return l.next && !l.running ? *l.next : kNever; }

Step advance(Ladder& l, Instant now) {
    if (l.vouched) {
        l.vouched = false;
        l.next = after_a_pause(l, now);
        return Step::kNoEffect;
    }
    l.running = true;
    return Step::kRun;
}

void ended(Ladder& l, Instant now, bool success, Duration grace) {
    l.running = false;
    l.vouched = success;
    l.next = success ? now + grace + kNotice : after_a_pause(l, now);
}

void climb(Ladder& l, Means& t, bool written, const HolderRecord& record) {
    enter(l, t.now);
    if (written) recorded(l, t.now);
    if (!t.p.fence || !t.due(due_at(l))) return;
    if (advance(l, t.now) == Step::kRun) {
        t.emit(RunFence{t.start(l.slot), record.term, record.reason});
    } else {
        t.announce(Notice::kFenceWithoutEffect);
    }
}

void on_answer(Ladder& l, Means& t, const FenceAnswered& e) {
    if (!l.slot.answers(e.op)) return;
    t.finished(l.slot);
    ended(l, t.now, e.success, t.p.refused_grace);
}

}  // namespace elector::fencing
