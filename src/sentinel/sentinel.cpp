#include "sentinel/sentinel.hpp"

namespace elector::sentinel {

std::optional<DoubleActive> double_active(const ElectionView& view) {
    const auto& record = view.holder.record;
    const bool held = record && record->state != HolderRecord::State::kDrained;
    const MemberEntry* holder = nullptr;
    const MemberEntry* first = nullptr;
    const MemberEntry* last = nullptr;
    for (const auto& entry : view.members) {
        if (entry.record.activity != NodeActivity::kActive) continue;
        if (held && entry.record.instance == record->instance) {
            holder = &entry;
            continue;
        }
        if (entry.mod < view.holder.mod) continue;
        if (!first || entry.mod < first->mod) first = &entry;
        if (!last || last->mod < entry.mod) last = &entry;
    }
    if (!holder) holder = first;
    if (!last || last == holder) return std::nullopt;
    return DoubleActive{record ? record->term : Term{}, holder->record.name, last->record.name};
}

void drive(Sentinel& s, Means& m, const ElectionView& view, bool write) {
    const auto now = double_active(view);
    if (now && now != s.seen) {
        ++s.observed;
        m.announce(Notice::kDoubleActive, now->holder + " and " + now->other);
        if (write) s.owed = now;
    }
    s.seen = now;
    if (!s.owed || !m.ready(s.slot)) return;
    HistoryEntry entry;
    entry.term = s.owed->term;
    entry.member = s.owed->holder;
    entry.reason = "double_active";
    entry.other = s.owed->other;
    m.emit(RecordDoubleActive{m.start(s.slot), entry});
}

bool on_written(Sentinel& s, Means& m, const TxnAnswered& e) {
    if (!s.slot.answers(e.op)) return false;
    // A guard that failed: somebody has written it down already.
    const bool done = e.outcome == StoreOutcome::kDone || e.outcome == StoreOutcome::kGuardFailed;
    if (!done) {
        m.failed(s.slot);
        return true;
    }
    m.finished(s.slot);
    s.owed.reset();
    return true;
}

}  // namespace elector::sentinel
