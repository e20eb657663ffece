#include "core/weather.hpp"

#include <algorithm>

#include "model/overloaded.hpp"

namespace elector::core {

Weather::Weather(std::uint64_t seed) : dice_(seed) {
    store_.cluster_id = 1;
    store_.raft_term = 2;
    store_.revision = Revision{10};
}

std::pair<Instant, Event> Weather::next(Instant now, Instant wake) {
    if (now >= next_block_) {
        if (!dice_.one_in(4)) ++height_;
        next_block_ = now + 2500ms;
        publish_b(now);
    }
    if (now >= next_mischief_) {
        mischief(now);
        next_mischief_ = now + dice_.between(200ms, 20s);
    }
    if (coming_.empty() || coming_.begin()->first > wake) return {std::max(now, wake), Woke{}};
    const auto first = coming_.begin();
    const std::pair<Instant, Event> next{std::max(now, first->first), first->second};
    coming_.erase(first);
    return next;
}

/// Mostly well and soon; at times badly, late, or twice.
void Weather::answer(Instant now, Event good, Event bad) {
    const auto soon = now + dice_.between(100us, 5ms);
    const auto late = now + dice_.between(5ms, 6s);
    const auto fate = dice_.below(20);
    coming_.emplace(fate < 17 ? soon : late, fate == 18 ? bad : good);
    if (fate == 19) coming_.emplace(late + 1ms, good);
}

void Weather::news(Instant now, const std::vector<Change>& changes) {
    if (dice_.one_in(10)) return;  // the watch missed it
    coming_.emplace(now + dice_.between(100us, 20ms), StoreChanged{store_.revision, changes});
}

void Weather::publish_b(Instant now) {
    const auto* known = find_member(store_, "b");
    if (!known) return;
    auto record = known->record;
    record.tip = Height{height_};
    ++store_.revision.value;
    put_member(record);
    news(now, {{store_.revision, MemberCame{*find_member(store_, "b")}}});
}

void Weather::drop_key(const std::string& key) {
    std::erase_if(store_.queue, [&](const Candidate& c) { return c.key == key; });
}

void Weather::put_member(const MemberRecord& record) {
    const MemberEntry entry{store_.revision, store_.revision, record};
    for (auto& known : store_.members) {
        if (known.record.name != record.name) continue;
        const auto create = known.create;
        known = entry;
        known.create = create;
        return;
    }
    store_.members.push_back(entry);
}

void Weather::queue_b(Instant now) {
    const auto at = store_.revision;
    MemberRecord b;
    b.name = "b";
    b.instance = "boot-b";
    b.candidate_key = "K/b";
    b.eligible = !dice_.one_in(4);
    b.tip = Height{height_};
    drop_key("K/b");
    store_.queue.push_back(Candidate{"K/b", at, "b"});
    put_member(b);
    news(now,
         {{at, CandidateCame{store_.queue.back()}}, {at, MemberCame{*find_member(store_, "b")}}});
}

/// What operators, other members and broken machines do.
void Weather::mischief(Instant now) {
    ++store_.revision.value;
    const auto at = store_.revision;
    switch (dice_.below(15)) {
        case 0:
            store_.pause = store_.pause ? std::nullopt : std::optional<PauseOrder>(PauseOrder{});
            return news(now, {{at, PauseChanged{store_.pause}}});
        case 1:
            store_.holder = StoredRecord{};
            return news(now, {{at, HolderChanged{store_.holder}}});
        case 2:
            if (store_.queue.empty()) return;
            news(now, {{at, CandidateGone{store_.queue.front().key}}});
            return drop_key(std::string(store_.queue.front().key));
        case 3:
            return queue_b(now);
        case 4:
            return drop_key("K/b");
        case 5:
            queue_b(now);
            store_.switchover =
                SwitchoverOrder{at, store_.holder.record ? store_.holder.record->term : Term{},
                                dice_.one_in(2) ? "b" : "", "", ""};
            return news(now, {{at, SwitchoverChanged{store_.switchover}}});
        case 6:
            active_ = !active_;
            return;
        case 7:
            store_.queue.push_back(Candidate{"K/old", at, "a"});
            return;
        case 8:
            return drop_key("K/old");
        case 9:
            store_.revision = Revision{std::max<std::int64_t>(10, at.value - 20)};
            coming_.emplace(now, WatchResumed{});
            return;
        case 10:
            for (const auto port : {NodePort::kAdmin, NodePort::kProbe})
                coming_.emplace(now, PortChanged{port, PortState::kLost});
            return;
        case 11:
            for (int i = 0; i < 5; ++i)
                for (const auto port : {NodePort::kAdmin, NodePort::kProbe})
                    coming_.emplace(now + i * 100ms, PortChanged{port, PortState::kRefused});
            return;
        case 12:
            ready_ = !ready_;
            return;
        default:
            coming_.emplace(now, WatchResumed{});
    }
}

Event Weather::write_record(OpId op, bool guarded, const HolderRecord& record) {
    if (!guarded) return RecordAnswered{op, StoreOutcome::kGuardFailed, store_.holder};
    ++store_.revision.value;
    store_.holder = StoredRecord{store_.revision, "{}", record};
    return RecordAnswered{op, StoreOutcome::kDone, store_.holder};
}

bool Weather::perform_record(Instant now, const Effect& effect) {
    const auto write = [&](OpId op, bool guarded, const HolderRecord& record) {
        const auto good = write_record(op, guarded, record);
        if (guarded) news(now, {{store_.revision, HolderChanged{store_.holder}}});
        answer(now, good, RecordAnswered{op, StoreOutcome::kUnknown, {}});
        return true;
    };
    const auto there = [&](Revision create) { return find_created(store_, create) != nullptr; };
    if (const auto* e = std::get_if<Claim>(&effect))
        return write(e->op, guards_record(e->found) && there(e->create) && !store_.pause,
                     e->record);
    if (const auto* e = std::get_if<MarkUnfenced>(&effect))
        return write(e->op, guards_record(e->found), e->record);
    if (const auto* e = std::get_if<RecordForeign>(&effect))
        return write(e->op, guards_record(e->found) && there(e->foreign.create), e->record);
    if (const auto* e = std::get_if<ClearForeign>(&effect))
        return write(e->op, guards_record(e->found), e->record);
    if (const auto* e = std::get_if<Drain>(&effect)) {
        if (guards_record(e->found)) drop_key(e->key);
        return write(e->op, guards_record(e->found), e->record);
    }
    if (const auto* e = std::get_if<Depose>(&effect)) {
        if (guards_record(e->holder)) drop_key(e->key);
        answer(now, RecordAnswered{e->op, StoreOutcome::kDone, {}},
               RecordAnswered{e->op, StoreOutcome::kUnknown, {}});
        return true;
    }
    const auto* e = std::get_if<Confirm>(&effect);
    if (!e) return false;
    const bool holds = there(e->create) && store_.holder.mod == e->holder_mod;
    answer(now,
           RecordAnswered{e->op, holds ? StoreOutcome::kDone : StoreOutcome::kGuardFailed,
                          store_.holder},
           RecordAnswered{e->op, StoreOutcome::kUnknown, {}});
    return true;
}

bool Weather::perform_store(Instant now, const Effect& effect) {
    const auto member = [&](OpId op, const MemberRecord& record) {
        put_member(record);
        answer(now, TxnAnswered{op, StoreOutcome::kDone, store_.revision, {}},
               TxnAnswered{op, StoreOutcome::kUnknown, {}, {}});
        return true;
    };
    if (const auto* e = std::get_if<GrantLease>(&effect)) {
        answer(now, LeaseAnswered{e->op, StoreOutcome::kDone, e->ttl},
               LeaseAnswered{e->op, StoreOutcome::kUnknown, {}});
    } else if (const auto* k = std::get_if<KeepLeaseAlive>(&effect)) {
        answer(now, LeaseAnswered{k->op, StoreOutcome::kDone, 5s},
               LeaseAnswered{k->op, StoreOutcome::kLeaseGone, {}});
    } else if (const auto* r = std::get_if<RevokeLease>(&effect)) {
        drop_key("K/" + candidate_suffix(r->lease));
        answer(now, LeaseRevoked{r->op, StoreOutcome::kDone},
               LeaseRevoked{r->op, StoreOutcome::kUnknown});
    } else if (const auto* read = std::get_if<ReadElection>(&effect)) {
        answer(now, ElectionRead{read->op, StoreOutcome::kDone, store_},
               ElectionRead{read->op, StoreOutcome::kUnknown, {}});
    } else {
        ++store_.revision.value;
        if (const auto* p = std::get_if<PublishMember>(&effect)) return member(p->op, p->record);
        if (const auto* g = std::get_if<Register>(&effect)) return member(g->op, g->record);
        if (const auto* q = std::get_if<Queue>(&effect)) {
            store_.queue.push_back(
                Candidate{q->record.candidate_key, store_.revision, q->record.name});
            return member(q->op, q->record);
        }
        const auto* l = std::get_if<Release>(&effect);
        if (!l) return false;
        drop_key(l->key);
        return member(l->op, l->record);
    }
    return true;
}

bool Weather::perform_node(Instant now, const Effect& effect) {
    const auto set = [&](OpId op, bool activate) {
        active_ = activate;
        answer(now, SetAnswered{op, NodeFailure::kNone, false},
               SetAnswered{op, NodeFailure::kTimedOut, dice_.one_in(2)});
    };
    if (const auto* e = std::get_if<QueryStatus>(&effect)) {
        if (e->fresh_connection) ++connection_;
        answer(now, StatusRead{e->op, NodeFailure::kNone, active_, ConnectionId{connection_}},
               StatusRead{e->op, NodeFailure::kTimedOut, false, {}});
    } else if (const auto* off = std::get_if<Deactivate>(&effect)) {
        set(off->op, false);
    } else if (const auto* on = std::get_if<Activate>(&effect)) {
        set(on->op, true);
    } else if (const auto* r = std::get_if<ReadReadiness>(&effect)) {
        answer(now, ReadinessRead{r->op, NodeFailure::kNone, ready_},
               ReadinessRead{r->op, NodeFailure::kNone, false});
    } else if (const auto* t = std::get_if<ReadTip>(&effect)) {
        answer(now, TipRead{t->op, NodeFailure::kNone, Height{height_}, 1s},
               TipRead{t->op, NodeFailure::kBroken, {}, {}});
    } else if (const auto* m = std::get_if<ReadMetrics>(&effect)) {
        answer(now, MetricsRead{m->op, NodeFailure::kNone, Height{height_}, Height{height_}, "io1"},
               MetricsRead{m->op, NodeFailure::kRefused, {}, {}, {}});
    } else if (const auto* a = std::get_if<ArmGuardian>(&effect)) {
        coming_.emplace(now + 1ms, GuardianArmed{a->op});
    } else {
        return false;
    }
    return true;
}

void Weather::perform(Instant now, const Effect& effect) {
    if (perform_record(now, effect) || perform_node(now, effect)) return;
    perform_store(now, effect);
}

}  // namespace elector::core
