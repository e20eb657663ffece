#include "core_world.hpp"

#include <algorithm>

namespace elector::bench {

using namespace core;

namespace {

constexpr auto kSoon = 1ms;

std::string instance_of(const std::string& name) {
    return "1d2c3b4a-0000-4111-8222-333344445555 4026531840 http://127.0.0.1:9009/" + name;
}

MemberRecord other(const std::string& name) {
    MemberRecord r;
    r.name = name;
    r.instance = instance_of(name);
    r.candidate_key = "/iotex/delegate/mainnet/" + name;
    r.activity = NodeActivity::kStandby;
    r.eligible = true;
    r.operator_address = "io1qyqsyqcyq5narhapakcsrhksfajfcpl24us3xp";
    r.version = "0.1.0";
    r.api_url = "http://192.0.2.17:8090";
    return r;
}

}  // namespace

Policy calm_policy() {
    Policy p;
    p.member = "delegate-a";
    p.instance = instance_of(p.member);
    p.queue_prefix = "/iotex/delegate/mainnet/";
    p.version = "0.1.0";
    p.api_url = "http://192.0.2.16:8090";
    p.guardian = true;
    p.cluster = 1;
    return p;
}

CalmWorld::CalmWorld(Lead lead) {
    store_.cluster_id = 1;
    store_.raft_term = 2;
    store_.revision = Revision{10};
    for (const auto* name : {"delegate-b", "delegate-c"}) {
        ++store_.revision.value;
        put(other(name));
        if (lead == Lead::kOurs) continue;
        const auto& entry = store_.members.back();
        store_.queue.push_back(
            Candidate{entry.record.candidate_key, store_.revision, entry.record.name});
    }
    if (lead == Lead::kOurs) return;
    HolderRecord held;
    held.term = store_.queue.front().create;
    held.member = "delegate-b";
    held.instance = instance_of(held.member);
    held.nonce = Nonce{1};
    held.hold = 5s;
    held.quiesce = 11s;
    held.reason = "claimed";
    store_.holder = StoredRecord{store_.revision, std::string(300, 'x'), held};
}

std::pair<Instant, Event> CalmWorld::next(Instant now, Instant wake) {
    if (now >= next_block_) others_publish(now);
    if (coming_.empty() || coming_.begin()->first > wake) return {std::max(now, wake), Woke{}};
    auto first = coming_.extract(coming_.begin());
    return {std::max(now, first.key()), std::move(first.mapped())};
}

void CalmWorld::answer(Instant now, Event event) { coming_.emplace(now + kSoon, std::move(event)); }

void CalmWorld::tell(Instant now, std::vector<Change> changes) {
    const auto at = changes.back().at;
    answer(now, StoreChanged{at, std::move(changes)});
}

void CalmWorld::others_publish(Instant now) {
    next_block_ = now + 2500ms;
    ++height_;
    for (const auto* name : {"delegate-b", "delegate-c"}) {
        auto record = find_member(store_, name)->record;
        record.tip = Height{height_};
        ++store_.revision.value;
        put(record);
        tell(now, {{store_.revision, MemberCame{*find_member(store_, name)}}});
    }
}

void CalmWorld::put(const MemberRecord& record) {
    for (auto& known : store_.members) {
        if (known.record.name != record.name) continue;
        known.mod = store_.revision;
        known.record = record;
        return;
    }
    store_.members.push_back(MemberEntry{store_.revision, store_.revision, record});
}

bool CalmWorld::perform_member(Instant now, const Effect& effect) {
    const auto written = [&](OpId op, const MemberRecord& record) {
        ++store_.revision.value;
        put(record);
        answer(now, TxnAnswered{op, StoreOutcome::kDone, store_.revision, {}});
        tell(now, {{store_.revision, MemberCame{*find_member(store_, record.name)}}});
        return true;
    };
    if (const auto* e = std::get_if<PublishMember>(&effect)) return written(e->op, e->record);
    if (const auto* e = std::get_if<Register>(&effect)) return written(e->op, e->record);
    if (const auto* e = std::get_if<Queue>(&effect)) {
        const Revision create{store_.revision.value + 1};
        store_.queue.push_back(Candidate{e->record.candidate_key, create, e->record.name});
        tell(now, {{create, CandidateCame{store_.queue.back()}}});
        return written(e->op, e->record);
    }
    const auto* e = std::get_if<Claim>(&effect);
    if (!e) return false;
    ++store_.revision.value;
    store_.holder = StoredRecord{store_.revision, std::string(300, 'x'), e->record};
    answer(now, RecordAnswered{e->op, StoreOutcome::kDone, store_.holder});
    tell(now, {{store_.revision, HolderChanged{store_.holder}}});
    return true;
}

bool CalmWorld::perform_node(Instant now, const Effect& effect) {
    const auto none = NodeFailure::kNone;
    if (const auto* e = std::get_if<QueryStatus>(&effect)) {
        answer(now, StatusRead{e->op, none, active_, ConnectionId{1}});
    } else if (const auto* off = std::get_if<Deactivate>(&effect)) {
        active_ = false;
        answer(now, SetAnswered{off->op, none, false});
    } else if (const auto* on = std::get_if<Activate>(&effect)) {
        active_ = true;
        answer(now, SetAnswered{on->op, none, false});
    } else if (const auto* r = std::get_if<ReadReadiness>(&effect)) {
        answer(now, ReadinessRead{r->op, none, true});
    } else if (const auto* t = std::get_if<ReadTip>(&effect)) {
        answer(now, TipRead{t->op, none, Height{height_}, 1s});
    } else if (const auto* m = std::get_if<ReadMetrics>(&effect)) {
        answer(now, MetricsRead{m->op, none, Height{height_}, Height{height_},
                                "io1qyqsyqcyq5narhapakcsrhksfajfcpl24us3xp"});
    } else if (const auto* a = std::get_if<ArmGuardian>(&effect)) {
        answer(now, GuardianArmed{a->op});
    } else {
        return false;
    }
    return true;
}

void CalmWorld::perform(Instant now, const Effect& effect) {
    if (perform_member(now, effect) || perform_node(now, effect)) return;
    if (const auto* e = std::get_if<Confirm>(&effect)) {
        answer(now, RecordAnswered{e->op, StoreOutcome::kDone, store_.holder});
    } else if (const auto* g = std::get_if<GrantLease>(&effect)) {
        answer(now, LeaseAnswered{g->op, StoreOutcome::kDone, g->ttl});
    } else if (const auto* k = std::get_if<KeepLeaseAlive>(&effect)) {
        answer(now, LeaseAnswered{k->op, StoreOutcome::kDone, 5s});
    } else if (const auto* r = std::get_if<ReadElection>(&effect)) {
        answer(now, ElectionRead{r->op, StoreOutcome::kDone, store_});
    }
}

}  // namespace elector::bench
