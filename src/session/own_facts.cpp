#include "session/own_facts.hpp"

namespace elector::session {
namespace {

/// Each field of the record with its fact, but for the codes and the age.
template <class Record, class Do>
void each_fact(const OwnFacts& f, Record& r, Do visit) {
    visit(r.name, f.p.member);
    visit(r.instance, f.p.instance);
    visit(r.candidate_key, f.candidate_key);
    visit(r.activity, f.activity);
    visit(r.tip, f.tip);
    visit(r.lag_blocks, f.lag_blocks);
    visit(r.lag_bucket, f.lag_bucket);
    visit(r.priority, f.p.priority);
    visit(r.eligible, f.unfit.none());
    visit(r.operator_address, f.operator_address);
    visit(r.version, f.p.version);
    visit(r.api_url, f.p.api_url);
    visit(r.roll_call, f.roll_call);
}

}  // namespace

MemberRecord to_record(const OwnFacts& facts) {
    MemberRecord r;
    each_fact(facts, r, [](auto& field, const auto& fact) { field = fact; });
    r.blocked_by = codes(facts.unfit);
    r.activity_age = facts.activity_age;
    return r;
}

bool is_news(const OwnFacts& facts, const MemberRecord& published) {
    bool same = is_codes(published.blocked_by, facts.unfit);
    each_fact(facts, published,
              [&](const auto& field, const auto& fact) { same = same && field == fact; });
    return !same;
}

}  // namespace elector::session
