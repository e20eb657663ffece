// What this member knows of its node stands before what it has published of it.
#include "admin/group_view.hpp"

#include <doctest/doctest.h>

#include "tests/admin/fake_host.hpp"

using namespace elector;
using namespace elector::admin;
using model::NodeActivity;

namespace {

/// "a" holds the lead of term 42, and both have published a standby node long ago.
model::ElectionView view_of(const FakeHost& host) {
    model::ElectionView view;
    model::HolderRecord record;
    record.term = host.its_state.holding.term;
    record.instance = "of-a";
    view.holder.record = record;
    for (const auto* name : {"a", "b"}) {
        model::MemberEntry entry;
        entry.record.name = name;
        entry.record.instance = std::string("of-") + name;
        entry.record.activity = NodeActivity::kStandby;
        entry.record.activity_age = 1min;
        view.members.push_back(entry);
    }
    return view;
}

}  // namespace

TEST_CASE(
    "a leader's own word is put in the place of what it has published, and of nobody else's") {
    FakeHost host;
    host.lead();
    auto view = view_of(host);
    put_own_word(host, view);
    CHECK(view.members[0].record.activity == NodeActivity::kActive);
    CHECK(view.members[0].record.activity_age == 100ms);
    CHECK(view.members[1].record.activity == NodeActivity::kStandby);
    CHECK(view.members[1].record.activity_age == 1min);
}

TEST_CASE("what does not lead, or leads by another term, or does not know its node, adds nothing") {
    FakeHost host;
    host.lead();
    auto view = view_of(host);
    SUBCASE("no leader") { host.its_state.role = model::Role::kDraining; }
    SUBCASE("another term") { view.holder.record->term = model::Term{43}; }
    SUBCASE("no record") { view.holder.record.reset(); }
    SUBCASE("not known") { host.its_state.node.activity = NodeActivity::kUnknown; }
    const auto before = view.members;
    put_own_word(host, view);
    CHECK(view.members == before);
}
