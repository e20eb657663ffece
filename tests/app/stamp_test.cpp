// What a member adds to its records for people, on their way to the store.
#include "app/stamp.hpp"

#include <doctest/doctest.h>

using namespace elector::model;
using elector::app::stamped;

namespace {

Drain drain(const std::string& reason, Term term) {
    Drain e;
    e.record.term = term;
    e.history.reason = reason;
    return e;
}

ElectionView with_order(Term term) {
    ElectionView view;
    view.switchover = {Revision{9}, term, "b", "op@host", "upgrade"};
    return view;
}

HistoryEntry written(const Drain& e, const ElectionView& view) {
    return std::get<Drain>(stamped(e, view, 5)).history;
}

}  // namespace

TEST_CASE("what is published and what is recorded carry the wall clock") {
    const ElectionView view;
    CHECK(std::get<Register>(stamped(Register{}, view, 5)).record.unix_ms == 5);
    CHECK(std::get<PublishMember>(stamped(PublishMember{}, view, 5)).record.unix_ms == 5);
    CHECK(std::get<Queue>(stamped(Queue{}, view, 5)).record.unix_ms == 5);
    CHECK(std::get<Release>(stamped(Release{}, view, 5)).record.unix_ms == 5);
    CHECK(std::get<RecordDoubleActive>(stamped(RecordDoubleActive{}, view, 5)).entry.unix_ms == 5);
    CHECK(written(drain("shutdown", Term{7}), view).unix_ms == 5);
}

TEST_CASE("a switchover names the operator who ordered it, and nothing else does") {
    CHECK(written(drain("switchover", Term{7}), with_order(Term{7})).actor == "op@host");
    CHECK(written(drain("switchover", Term{7}), with_order(Term{6})).actor.empty());
    CHECK(written(drain("switchover", Term{7}), {}).actor.empty());
    CHECK(written(drain("node_dead", Term{7}), with_order(Term{7})).actor.empty());
}

TEST_CASE("what the holder record says is never touched") {
    const auto e = drain("switchover", Term{7});
    CHECK(std::get<Drain>(stamped(e, with_order(Term{7}), 5)).record == e.record);
}
