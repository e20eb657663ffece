// Of a group of more members than `front`: who is followed, and what not to see a key means.
#include <algorithm>

#include <doctest/doctest.h>

#include "knowledge/knowledge.hpp"

using namespace elector::knowledge;

namespace {

std::string key_of(std::int64_t create) { return "K/" + std::to_string(create); }
std::string name_of(std::int64_t create) { return "m" + std::to_string(create); }
Candidate candidate(std::int64_t create) {
    return Candidate{key_of(create), Revision{create}, name_of(create)};
}
MemberEntry member(std::int64_t create) {
    MemberEntry entry{Revision{create - 1}, Revision{create}, {}};
    entry.record.name = name_of(create);
    entry.record.candidate_key = key_of(create);
    return entry;
}

/// A crowd of members whose keys were created at 10, 20, and so on; answers as etcd would.
struct Reader {
    Policy policy;
    Knowledge known;
    Instant now;
    Instant wake = kNever;
    std::uint64_t last_op = 0;
    std::uint64_t seed = 1;
    Effects effects;
    std::vector<std::int64_t> queue;
    std::int64_t revision = 1000;
    std::int64_t own = 0;
    std::int64_t renamed = 0;  ///< the key that has another value than its member's name

    Reader(std::int64_t size, std::int64_t own_create) : own(own_create) {
        policy.front = 4;
        policy.member = name_of(own);
        policy.queue_prefix = "K/";
        for (std::int64_t i = 1; i <= size; ++i) queue.push_back(10 * i);
    }
    ElectionRead answer_to(const ReadElection& e) const {
        ElectionRead read{e.op, StoreOutcome::kDone, {}};
        auto& view = read.view;
        view.cluster_id = view.raft_term = 1;
        view.revision = view.crowd.queue_at = Revision{revision};
        view.crowd.front = e.front;
        view.crowd.members = queue.size();
        view.crowd.cut = true;
        if (queue.size() <= e.front) view.crowd = Crowd{};
        std::vector<Candidate> before;
        for (const auto create : queue) {
            const auto& k = e.queue;
            const bool asked = std::find(k.begin(), k.end(), key_of(create)) != k.end();
            if (k.empty() ? view.queue.size() < e.front : asked)
                view.queue.push_back(candidate(create));
            const bool named =
                std::find(e.keys.begin(), e.keys.end(), key_of(create)) != e.keys.end();
            if (named && !find_key(view, key_of(create)))
                view.crowd.beyond.push_back(candidate(create));
            if (create < e.before.value) before.push_back(candidate(create));
            const auto& names = e.members;
            if (std::find(names.begin(), names.end(), name_of(create)) != names.end())
                view.members.push_back(member(create));
        }
        for (auto& c : view.queue)
            if (c.create.value == renamed) c.value = "somebody else";
        if (before.size() >= e.front) read.bell = before[before.size() - e.front].key;
        return read;
    }
    template <class T>
    T take() {
        for (const auto& effect : effects) {
            if (const auto* found = std::get_if<T>(&effect)) {
                const T copy = *found;
                effects.clear();
                return copy;
            }
        }
        FAIL("it was not asked for");
        return {};
    }
    /// One read that is asked for after so long, answered.
    ReadElection read(Duration after = 5s) {
        now += after;
        auto m = Means{policy, now, effects, wake, last_op, seed};
        const OwnKey mine{key_of(own), Revision{own}};
        drive_reads(known, m, true, mine);
        const auto asked = take<ReadElection>();
        learn_read(known, m, answer_to(asked), mine);
        return asked;
    }
    bool tell(const Change& change, OpId watch) {
        auto m = Means{policy, now, effects, wake, last_op, seed};
        const StoreChanged batch{change.at, {change}, watch};
        return learn_changes(known, m, batch, OwnKey{key_of(own), Revision{own}}).changed;
    }
    const Crowd& crowd() const { return known.view.crowd; }
};

}  // namespace

TEST_CASE("an answer that names members who were not asked for is asked for again") {
    Reader a(9, 20);
    a.read();
    CHECK_FALSE(a.known.read);
    const auto again = a.read(0s);
    CHECK(again.members == std::vector<std::string>{"m20", "m10", "m30", "m40"});
    CHECK(a.known.read);
    CHECK(a.known.view.members.size() == 4);
    CHECK_FALSE(a.crowd().far);
    CHECK(a.known.watch == OpId{});
}

TEST_CASE("a far member watches from the read on, and takes no word of the watch before it") {
    Reader a(9, 70);
    a.read();
    a.read(0s);
    CHECK(a.crowd().far);
    const auto watch = a.take<WatchElection>();
    CHECK(watch.far);
    CHECK(watch.from == Revision{1000});
    CHECK_FALSE(a.tell({Revision{1001}, CandidateGone{"K/10"}}, OpId{}));
    CHECK(a.known.view.revision == Revision{1000});
    CHECK(a.tell({Revision{1001}, PauseChanged{PauseOrder{}}}, watch.op));
    CHECK(queue_known_at(a.known.view) == Revision{1000});
}

TEST_CASE("a far member looks at its bell, and asks for the queue's first keys when it is gone") {
    Reader a(9, 70);
    a.read();
    CHECK(a.read(0s).before == Revision{70});
    CHECK(a.known.bell == "K/30");
    const auto look = a.read();
    CHECK(look.queue == std::vector<std::string>{"K/10", "K/20"});
    CHECK(look.keys == std::vector<std::string>{"K/70", "K/30"});
    std::erase(a.queue, 30);
    a.read();
    CHECK(a.read().queue.empty());
    CHECK(a.crowd().far);
    CHECK(a.known.bell == "K/20");
    a.queue = {50, 60, 70, 80, 90};
    a.effects.clear();
    a.read();
    a.read();
    a.read(0s);
    CHECK_FALSE(a.crowd().far);
    CHECK_FALSE(a.take<WatchElection>().far);
}

TEST_CASE("a far member that sees one key alone does not look at that one again and again") {
    Reader a(9, 70);
    a.read();
    a.read(0s);
    std::erase(a.queue, 20);
    CHECK(a.read().queue.size() == 2);
    CHECK_FALSE(would_show(a.known, a.policy, ""));
    CHECK(a.read(0s).queue.empty());
    CHECK(would_show(a.known, a.policy, ""));
}

TEST_CASE("a minute after it last did, a far member asks for the queue's first keys again") {
    Reader a(9, 70);
    a.read();
    a.read(0s);
    CHECK_FALSE(a.read(59s).queue.empty());
    CHECK(a.read(8s).queue.empty());
}

TEST_CASE("of a crowd a key is gone only where it would have been seen") {
    Reader near(9, 20);
    near.read();
    near.read(0s);
    CHECK_FALSE(surely_gone(near.known.view, Revision{10}));
    CHECK(surely_gone(near.known.view, Revision{15}));
    CHECK_FALSE(surely_gone(near.known.view, Revision{60}));
    Reader far(9, 70);
    far.read();
    far.read(0s);
    CHECK_FALSE(surely_gone(far.known.view, Revision{5}));
    CHECK_FALSE(key_gone(far.known, "K/5", Revision{5}));
    CHECK_FALSE(key_gone(far.known, "K/70", Revision{70}));
    CHECK(key_gone(far.known, "K/70", Revision{69}));
}

TEST_CASE("in front, whoever comes behind what is seen is not seen, and what is left is refilled") {
    Reader a(9, 20);
    a.read();
    a.read(0s);
    CHECK(a.tell({Revision{1001}, CandidateCame{candidate(1001)}}, OpId{}));
    CHECK(a.tell({Revision{1002}, MemberCame{member(1001)}}, OpId{}));
    CHECK_FALSE(find_member(a.known.view, "m1001"));
    CHECK(a.known.view.queue.size() == 4);
    for (const std::int64_t gone : {10, 30, 40})
        CHECK(a.tell({Revision{1003 + gone}, CandidateGone{key_of(gone)}}, OpId{}));
    CHECK(a.known.read_wanted);
}

TEST_CASE("a small group that outgrows the front is read again") {
    Reader a(4, 20);
    CHECK(a.read().members.empty());
    CHECK(surely_gone(a.known.view, Revision{60}));
    CHECK(a.tell({Revision{1001}, CandidateCame{candidate(1001)}}, OpId{}));
    CHECK(a.known.view.queue.size() == 5);
    CHECK(a.known.read_wanted);
}

TEST_CASE("a small group whose watch tells of a crowd is far at once, unless its key is in front") {
    for (const std::int64_t create : {5, 40, 2000}) {
        CAPTURE(create);
        Reader a(0, create);
        a.read();
        for (const std::int64_t at : {1001, 1002, 1003, 1004})
            CHECK(a.tell({Revision{at}, CandidateCame{candidate(at)}}, OpId{}));
        if (create == 5) a.tell({Revision{1005}, CandidateCame{candidate(5)}}, OpId{});
        CHECK(a.crowd().front == 0);
        CHECK(a.tell({Revision{1006}, CandidateCame{candidate(1006)}}, OpId{}));
        CHECK(a.known.read_wanted);
        CHECK(a.crowd().far == (create != 5));
        if (create == 5) continue;
        const auto watch = a.take<WatchElection>();
        CHECK(watch.far);
        CHECK(watch.from == Revision{1006});
        CHECK_FALSE(surely_gone(a.known.view, Revision{1004}));
        CHECK_FALSE(a.tell({Revision{1007}, CandidateCame{candidate(1007)}}, OpId{}));
        CHECK(a.read(0s).members ==
              std::vector<std::string>{name_of(create), "m1001", "m1002", "m1003", "m1004"});
    }
}

TEST_CASE("in front, whoever was last heard of behind it is known, and forgotten as he goes") {
    Reader a(9, 20);
    a.read();
    a.read(0s);
    const auto publishes = [&](std::int64_t create, std::uint64_t tip, bool eligible) {
        auto entry = member(create);
        entry.mod = Revision{++a.revision};
        entry.record.tip = Height{tip};
        entry.record.eligible = eligible;
        a.tell({entry.mod, MemberCame{entry}}, OpId{});
        return a.crowd().heard ? a.crowd().heard->record.name : "";
    };
    CHECK(publishes(70, 100, false).empty());
    CHECK(publishes(70, 100, true) == "m70");
    CHECK(publishes(80, 99, true) == "m80");
    CHECK(publishes(10, 102, true) == "m80");
    a.tell({Revision{++a.revision}, MemberGone{"m80"}}, OpId{});
    CHECK_FALSE(a.crowd().heard);
    CHECK_FALSE(find_member(a.known.view, "m80"));
}

TEST_CASE("our own key is kept where it comes behind what is seen, as the last word has it") {
    Reader a(9, 20);
    a.read();
    a.read(0s);
    const auto own = key_of(20);
    const auto come = [&](std::int64_t at) {
        return Change{Revision{at}, CandidateCame{Candidate{own, Revision{at}, "m20"}}};
    };
    const auto gone = [&](std::int64_t at) { return Change{Revision{at}, CandidateGone{own}}; };
    const auto tell = [&](std::vector<Change> changes) {
        auto m = Means{a.policy, a.now, a.effects, a.wake, a.last_op, a.seed};
        const auto at = changes.back().at;
        learn_changes(a.known, m, StoreChanged{at, std::move(changes)}, OwnKey{own, Revision{20}});
        const auto* found = find_key(a.known.view, own);
        return found ? found->create.value : 0;
    };
    CHECK(tell({gone(1001), come(1002)}) == 1002);
    CHECK(tell({gone(1003), come(1004), gone(1005)}) == 0);
    CHECK(tell({come(1006), gone(1007), come(1008)}) == 1008);
    CHECK(tell({come(900), gone(1009)}) == 0);
    CHECK(tell({come(1010), Change{Revision{1011}, CandidateCame{candidate(1011)}}}) == 1010);
    CHECK(a.known.view.queue.size() == 3);
}

TEST_CASE("a look that does not fit is not asked for once more: the queue's first keys are") {
    Reader a(9, 70);
    a.read();
    a.read(0s);
    a.renamed = 20;
    CHECK_FALSE(a.read().queue.empty());
    CHECK(a.known.read_wanted);
    const auto again = a.read(0s);
    CHECK(again.queue.empty());
    CHECK(std::count(again.members.begin(), again.members.end(), "m20") == 1);
    const auto third = a.read(100ms);
    CHECK(std::count(third.members.begin(), third.members.end(), "somebody else") == 1);
    CHECK(std::count(third.members.begin(), third.members.end(), "m20") == 1);
    CHECK_FALSE(any_foreign(a.known.view));
}
