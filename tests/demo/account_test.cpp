// What is known of a member by its words, and the one sentence on it.
#include "demo/account.hpp"

#include <doctest/doctest.h>

using namespace elector::demo;
using namespace elector::model;
using namespace std::chrono_literals;

namespace {

constexpr Instant kNow{100s};

struct Member {
    Account account;
    Processes processes{4711, 4712, false, std::nullopt};
    ElectionView view;

    void says(const char* event, std::map<std::string, std::string> fields = {},
              const char* process = "elector") {
        account.on(LogLine{kNow, "info", event, process, std::move(fields)});
    }
    void becomes(const char* role, const char* term = "0") {
        says("role_change", {{"to", role}, {"term", term}, {"why", "It had to."}});
    }
    void queue(const std::string& name, int place) {
        const std::string key = "/k/" + std::to_string(place);
        view.queue.push_back({key, Revision{place}, name});
        MemberEntry entry;
        entry.record.name = name;
        entry.record.candidate_key = key;
        view.members.push_back(entry);
    }
    Why why(Instant now = kNow) const { return explain("b", account, processes, view, now); }
};

Member candidate() {
    Member m;
    m.says("started");
    m.becomes("candidate");
    return m;
}

}  // namespace

TEST_CASE("a member leads once it has verified its node active, until its next role") {
    auto m = candidate();
    m.says("active");
    CHECK_FALSE(m.account.verified);
    m.becomes("leader", "17");
    CHECK(m.why() == Why{"Activating its node.", std::nullopt});
    m.says("active");
    CHECK(m.account.verified);
    CHECK(m.account.term == 17);
    CHECK(m.why() == Why{"Leads.", std::nullopt});
    m.becomes("draining", "17");
    CHECK_FALSE(m.account.verified);
    CHECK(m.account.term == 17);
    CHECK(m.why() == Why{"It had to.", std::nullopt});
    m.becomes("follower", "17");
    CHECK(m.account.term == 0);
}

TEST_CASE("an elector that ended holds nothing, and its successor starts as a follower") {
    auto m = candidate();
    m.becomes("leader", "17");
    m.account.elector_ended();
    CHECK(m.account == Account{});
    m.processes.elector.reset();
    CHECK(m.why() == Why{"Its guardian starts an elector as soon as that is safe.", std::nullopt});
    m.says("guardian_acts", {}, "guardian");
    CHECK(m.why() == Why{"Its guardian brings the node to standby.", std::nullopt});
    m.says("guardian_done", {}, "guardian");
    m.processes.guardian.reset();
    m.processes.back_in = 800ms;
    CHECK(m.why() == Why{"Its guardian is dead; it is started again.", 800ms});
    m.says("started");
    CHECK(m.account.role == Role::kFollower);
}

TEST_CASE("a frozen elector is told apart, with and without a guardian") {
    auto m = candidate();
    m.becomes("leader", "17");
    m.processes.frozen = true;
    CHECK(m.why() == Why{"Its elector stands still; the guardian acts before the holding ends.",
                         std::nullopt});
    m.processes.guardian.reset();
    CHECK(m.why() == Why{"Its elector stands still, and its guardian is dead.", std::nullopt});
}

TEST_CASE("a candidate tells who holds, else who is ahead, else what it waits for and how long") {
    auto m = candidate();
    m.queue("a", 1);
    m.queue("b", 2);
    HolderRecord held;
    held.term = Revision{1};
    m.view.holder.record = held;
    CHECK(m.why() == Why{std::string(sentence(Blocker::kHeld)), std::nullopt});
    m.view.holder.record->state = HolderRecord::State::kDrained;
    CHECK(m.why() == Why{std::string(sentence(Blocker::kNotHead)), std::nullopt});
    m.view.queue.erase(m.view.queue.begin());
    CHECK(m.why() == Why{"Claiming the lead.", std::nullopt});
    m.says("waiting", {{"detail", "gate_height for 2500 ms at most"}});
    CHECK(m.why(kNow + 1s) == Why{std::string(sentence(Blocker::kGateHeight)), 1500ms});
    CHECK(m.why(kNow + 9s) == Why{std::string(sentence(Blocker::kGateHeight)), 0ms});
    m.says("waiting", {{"detail", "paused,unfenced"}});
    CHECK(m.why() == Why{std::string(sentence(Blocker::kPaused)), std::nullopt});
    m.says("waiting", {{"detail", "nothing known"}});
    CHECK(m.why() == Why{"Claiming the lead.", std::nullopt});
}

TEST_CASE("a follower tells what etcd has from it, and how long it still cools down") {
    Member m;
    m.says("started");
    CHECK(m.why() == Why{"Starting, or about to queue.", std::nullopt});
    m.queue("b", 1);
    auto& record = m.view.members.front().record;
    record.blocked_by = "lagging,unready";
    CHECK(m.why() == Why{std::string(sentence(Blocker::kUnready)), std::nullopt});
    record.blocked_by = "cooling_down,unready";
    m.says("cooling_down", {{"detail", "10 s"}});
    CHECK(m.why(kNow + 4s) == Why{std::string(sentence(Blocker::kCoolingDown)), 6s});
}

TEST_CASE("the place in the queue is that of the key that the member names") {
    Member m;
    m.queue("a", 1);
    m.queue("b", 2);
    CHECK(place_of(m.view, "a") == 1);
    CHECK(place_of(m.view, "b") == 2);
    CHECK(place_of(m.view, "c") == 0);
    m.view.queue.pop_back();
    CHECK(place_of(m.view, "b") == 0);
}
