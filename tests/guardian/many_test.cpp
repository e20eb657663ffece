// What one guardian of many nodes is made of: who comes next, who waits, what is kept for whom.
#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guardian/agenda.hpp"
#include "guardian/link.hpp"
#include "guardian/node_locks.hpp"
#include "guardian/poller.hpp"
#include "guardian/queue.hpp"
#include "guardian/rig.hpp"
#include "guardian/slots.hpp"
#include "guardian/status.hpp"

using namespace elector;
using namespace elector::guardian;
using namespace elector::guardian::test;

namespace {

const Log kSilent(-1, false, Level::kError);

/// The elector's end of a link, which reads when it is told to.
struct Far {
    explicit Far(Link& link) : fd(link.open()) {}
    ~Far() { ::close(fd); }
    std::vector<Letter> read() {
        std::vector<Letter> letters;
        std::array<std::byte, kPacketSize> bytes{};
        for (;;) {
            const auto n = ::recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
            if (n <= 0) return letters;
            letters.push_back(*decode(std::span(bytes).first(static_cast<std::size_t>(n))));
        }
    }
    int fd;
};

/// So few descriptors may be had beside those that there are, until more are asked for.
struct FewDescriptors {
    explicit FewDescriptors(rlim_t count) {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
        const int next = ::dup(0);
        ::close(next);
        const rlimit few{static_cast<rlim_t>(next) + count, before.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    }
    ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before); }
    rlimit before{};
};

std::string port(int offset) { return ":" + std::to_string(::getpid() + offset); }

}  // namespace

TEST_CASE("of many the earliest comes first, whatever has changed") {
    Agenda agenda(300);
    CHECK(agenda.next() == model::kNever);
    CHECK(!agenda.due(model::Instant(1h)));
    std::mt19937 chance(7);
    std::vector<model::Instant> at(300, model::kNever);
    for (int round = 0; round < 5000; ++round) {
        const auto who = chance() % at.size();
        at[who] = chance() % 5 == 0 ? model::kNever : model::Instant(1ms * (chance() % 1000));
        agenda.set(who, at[who]);
        const auto earliest = *std::min_element(at.begin(), at.end());
        REQUIRE(agenda.next() == earliest);
        if (earliest == model::kNever) continue;
        REQUIRE(!agenda.due(earliest - 1ns));
        REQUIRE(at[*agenda.due(earliest)] == earliest);
    }
}

TEST_CASE("who wants its turn always anew has one, and so has everybody else that is due") {
    Agenda agenda(5);
    for (std::size_t i = 0; i < 4; ++i) agenda.set(i, model::Instant(1ms * (i + 1)));
    const model::Instant now(10ms);
    std::vector<std::size_t> turns;
    while (const auto who = agenda.due(now)) {
        REQUIRE(turns.size() < 10);
        turns.push_back(*who);
        agenda.set_after_turn(*who, model::Instant(0ms), now);
    }
    CHECK(turns == std::vector<std::size_t>{0, 1, 2, 3});
    CHECK(agenda.next() > now);
    CHECK(agenda.next() < now + 1ms);
}

TEST_CASE("one node's agenda is one instant") {
    Agenda agenda(1);
    agenda.set(0, model::Instant(5s));
    CHECK(agenda.due(model::Instant(5s)) == 0U);
    agenda.set(0, model::Instant(6s));
    CHECK(!agenda.due(model::Instant(5s)));
}

TEST_CASE("who waits has one place, and its turn in the order of coming") {
    Queue queue(3);
    for (const std::size_t who : {2, 0, 2, 1, 0}) queue.push(who);
    CHECK(queue.size() == 3);
    CHECK(queue.pop() == 2);
    CHECK(!queue.has(2));
    queue.push(2);
    CHECK(queue.pop() == 0);
    CHECK(queue.pop() == 1);
    CHECK(queue.pop() == 2);
    CHECK(queue.empty());
}

TEST_CASE("a child that cannot be ended takes nobody's slot") {
    struct Run {
        bool runs = false, stays = false;
        bool running() const { return runs; }
        bool stuck() const { return stays; }
    };
    std::vector<std::unique_ptr<Run>> runs;
    for (int i = 0; i < 5; ++i) runs.push_back(std::make_unique<Run>());
    CHECK(free_slot(runs, 2) == runs[0].get());
    runs[0]->runs = runs[1]->runs = true;
    CHECK(!free_slot(runs, 2));
    runs[0]->stays = true;
    CHECK(free_slot(runs, 2) == runs[2].get());
    CHECK(!free_slot(runs, 1));
    for (const auto& run : runs) run->runs = run->stays = true;
    CHECK(!free_slot(runs, 2));  // there is no place left
}

TEST_CASE("what one node's part of the file keeps from being written is no fault of etcd") {
    ClosersWord word;
    word.answered({2, 0}, false);
    CHECK(!word.fail());
    word.answered({1, 0}, false);
    CHECK(word.fail());
    word.answered({2, 0}, false);
    CHECK(word.fail());
    word.answered({0, 0}, true);
    CHECK(!word.fail());
    word.answered({std::nullopt, 9}, true);  // hung over another order
    CHECK(!word.fail());
    word.answered({std::nullopt, 9}, false);
    CHECK(word.fail());
}

TEST_CASE("what an elector that does not read is not told yet is kept of every node") {
    constexpr std::size_t kNodes = 1000;
    Link link(kSilent, kNodes);
    Far far(link);
    for (std::size_t i = 0; i < kNodes; ++i) link.send(FenceDone{{i + 1}, i % 2 == 0}, i);
    CHECK(link.keeps());
    std::vector<bool> told(kNodes);
    std::size_t count = 0;
    while (count < kNodes) {
        const auto letters = far.read();
        REQUIRE(!letters.empty());
        for (const auto& letter : letters) {
            const FenceDone expected{{std::uint64_t{letter.ward} + 1}, letter.ward % 2 == 0};
            REQUIRE(letter.message == Message(expected));
            REQUIRE(!told[letter.ward]);
            told[letter.ward] = true;
            ++count;
        }
        link.send_kept();
    }
    CHECK(!link.keeps());
}

TEST_CASE(
    "of what is kept for one node the last acknowledgement and the end of its command count") {
    Link link(kSilent, 2);
    Far far(link);
    std::uint64_t filled = 0;
    while (!link.keeps()) link.send(Pong{++filled});
    link.send(Armed{{1}}, 1);
    link.send(FenceDone{{7}, true}, 1);
    link.send(Armed{{2}}, 1);
    link.send(Pong{filled + 5});
    CHECK(far.read().size() == filled - 1);
    link.send_kept();
    CHECK(far.read() ==
          std::vector<Letter>{{0, Pong{filled + 5}}, {1, FenceDone{{7}, true}}, {1, Armed{{2}}}});
    CHECK(!link.keeps());
}

TEST_CASE("what was kept for one elector is not said to the next") {
    Link link(kSilent, 1);
    {
        Far far(link);
        while (!link.keeps()) link.send(Armed{{1}});
        link.close();
    }
    CHECK(!link.keeps());
    Far next(link);
    link.send(Armed{{2}});
    CHECK(next.read() == std::vector<Letter>{{0, Armed{{2}}}});
}

TEST_CASE("words about a node that is not guarded are ignored, and the others heard") {
    Link link(kSilent, 2);
    Far far(link);
    for (const std::size_t ward : {2, 1}) {
        const auto packet = encode(Disarm{}, ward);
        ::send(far.fd, packet.data(), packet.size(), 0);
    }
    CHECK(link.receive() == Letter{1, Disarm{}});
    CHECK(!link.receive());
}

TEST_CASE("locks of many nodes are all taken, and one that another has is named") {
    NodeLocks first;
    CHECK(!first.acquire({"http://127.0.0.1" + port(1), "http://127.0.0.1" + port(2)}, false));
    CHECK(first.missing() == 0);
    NodeLocks second;
    const auto refused =
        second.acquire({"http://127.0.0.1" + port(3), "http://localhost" + port(2)}, true);
    CHECK(refused == NodeLocks::Refusal{1, "another elector controls it"});
}

TEST_CASE("locks that remains of others have are had one by one, when those end") {
    std::optional<NodeLocks> first(std::in_place), second(std::in_place);
    CHECK(!first->acquire({"http://127.0.0.1" + port(4)}, true));
    CHECK(!second->acquire({"http://127.0.0.1" + port(5)}, true));
    NodeLocks all;
    const auto start = std::chrono::steady_clock::now();
    CHECK(!all.acquire(
        {"http://127.0.0.1" + port(4), "http://127.0.0.1" + port(5), "http://127.0.0.1" + port(6)},
        true));
    // Both are asked at the same time.
    CHECK(std::chrono::steady_clock::now() - start < 1900ms);
    CHECK(all.missing() == 2);
    CHECK(!all.try_again());
    first.reset();
    CHECK(!all.try_again());
    CHECK(all.missing() == 1);
    (*second)[0].answer();  // it has only stood still
    CHECK(all.try_again() == 1U);
}

TEST_CASE("room for the locks of many nodes is made before they are taken") {
    std::vector<std::string> urls;
    for (int i = 0; i < 100; ++i) urls.push_back("http://127.0.0.2" + port(i));
    const FewDescriptors few(20);
    NodeLocks remains;
    CHECK(!remains.acquire(urls, true));
    const FewDescriptors again(20);
    NodeLocks locks;
    CHECK(!locks.acquire(urls, true));  // which takes twice as many, with the questions
    CHECK(locks.missing() == 100);
}

TEST_CASE("where there is no descriptor left nobody is said to have the node") {
    NodeLock other;
    std::string why;
    REQUIRE(other.acquire("http://127.0.0.1" + port(8), false, why) == NodeLock::Holder::kUs);
    for (const rlim_t count : {0, 1}) {  // for the lock, and for the question to who has it
        const FewDescriptors few(count);
        NodeLocks locks;
        const auto refused = locks.acquire({"http://127.0.0.1" + port(8)}, true);
        REQUIRE(refused);
        CHECK(refused->no_room);
        CHECK(refused->why == "Too many open files");
    }
    NodeLocks locks;
    const auto refused = locks.acquire({"http://127.0.0.1" + port(8)}, true);
    REQUIRE(refused);
    CHECK(!refused->no_room);
}

TEST_CASE("one port under two names is one node, which one service cannot have twice") {
    NodeLocks locks;
    const auto refused =
        locks.acquire({"http://127.0.0.1" + port(7), "http://[::1]" + port(7)}, true);
    REQUIRE(refused);
    CHECK(refused->node == 1);
    CHECK(refused->why.find("http://127.0.0.1" + port(7)) != std::string::npos);
}

TEST_CASE("a connection that took the number of another is looked at, and one that rests is not") {
    Poller poller;
    REQUIRE(poller.open());
    std::array<int, 2> pair{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
    Poller::Seen seen;
    const model::Instant now{};
    poller.follow(seen, pair[0], 1, POLLIN, 7);
    CHECK(poller.wait(now, now).empty());
    REQUIRE(::write(pair[1], "x", 1) == 1);
    const auto words = poller.wait(now, now);
    REQUIRE(words.size() == 1);
    CHECK(words[0] == 7);
    poller.follow(seen, pair[0], 1, 0, 7);
    CHECK(poller.wait(now, now).empty());
    const int number = pair[0];
    ::close(pair[0]);
    REQUIRE(::dup2(pair[1], number) == number);  // another connection with its number
    REQUIRE(::close(pair[1]) == 0);
    poller.follow(seen, number, 2, POLLIN, 7);  // at whose other end nobody is
    CHECK(poller.wait(now, now).size() == 1);
    ::close(number);
}

TEST_CASE("a summary names those in trouble, as many as there is room for") {
    Counts counts{{3, 97, 0}};
    CHECK(Summary(counts, "").text().view() == "3 leading, 97 waiting");
    counts.of[2] = 2;
    Summary two(counts, "");
    two.trouble("west");
    two.trouble("east");
    CHECK(two.text().view() == "3 leading, 97 waiting, 2 in trouble: west, east");
    Summary many(counts, "stops");
    for (int i = 0; i < 500; ++i) many.trouble("group-" + std::to_string(100 + i));
    const auto text = std::string(many.text().view());
    CHECK(text.starts_with("stops; 3 leading, 97 waiting, 2 in trouble: group-100, group-101, "));
    CHECK(text.ends_with(" more"));
    CHECK(text.size() <= kMaxStatus);
}

TEST_CASE("an order that nobody was given yet is written as things stand when it is given") {
    Rig rig;
    rig.lead();
    rig.gone();
    rig.until(4201ms);  // unconfirmed for too long
    CHECK(rig.said().ends_with("unfenced"));
    rig.asked(Answer::kStandby);
    rig.until(4250ms);
    rig.said();
    rig.asked(Answer::kStandby);
    rig.machine.close_withdrawn(rig.now());
    rig.until(4260ms);
    CHECK(rig.said().find("drained:tip") != std::string::npos);
}

TEST_CASE("an order that is taken back takes nothing back that an earlier one may have written") {
    Rig rig;
    rig.lead();
    rig.gone();
    rig.until(4201ms);
    CHECK(rig.said().ends_with("unfenced"));
    rig.closed(false);  // killed at its time-out: what it wrote is not known
    rig.until(4450ms);
    CHECK(rig.said().ends_with("unfenced"));  // once more, and nobody is there to write it
    rig.asked(Answer::kStandby);
    rig.until(4500ms);
    rig.said();
    rig.asked(Answer::kStandby);
    rig.machine.close_withdrawn(rig.now());
    rig.until(4510ms);
    CHECK(rig.said().find("drained:time") != std::string::npos);
}

TEST_CASE("a node holds up an elector for others until it is unfenced, or certainly standby") {
    Rig rig;
    rig.lead();
    CHECK(!rig.machine.spares_others(rig.now()));
    rig.gone();
    rig.until(4201ms);
    CHECK(!rig.machine.spares_others(rig.now()));  // it is being written
    rig.closed(true);
    CHECK(rig.machine.spares_others(rig.now()));
    rig.asked(Answer::kStandby);  // asked before it could count
    rig.until(4300ms);
    rig.asked(Answer::kStandby);
    rig.until(4400ms);
    CHECK(rig.machine.confirmed());
    CHECK(!rig.machine.spares_others(rig.now()));  // the marker is nearly there
    rig.closed(false);
    CHECK(rig.machine.spares_others(rig.now()));  // or etcd is not
}

TEST_CASE("an order to fence that nobody has begun can be taken back, and given anew") {
    Rig rig;
    rig.machine.fence_set(10s);
    rig.lead();
    REQUIRE(rig.machine.fence_wanted());
    CHECK(!rig.machine.fence_wanted());
    rig.machine.fence_withdrawn(rig.now());
    CHECK(!rig.machine.fence_runs());
    rig.until(200ms);
    CHECK(rig.said().empty());
    CHECK(rig.machine.fence_wanted());
    rig.until(300ms);
    CHECK(rig.said() == "200 fence");
}

TEST_CASE("a command that outlasts its node's end holds up that node alone") {
    Rig rig;
    rig.hang();
    rig.until(4300ms);
    rig.closed(true);  // unfenced
    rig.until(4600ms);
    REQUIRE(rig.said().find("fence") != std::string::npos);
    rig.told(Answer::kDone);
    rig.asked(Answer::kStandby);
    rig.until(4700ms);
    rig.asked(Answer::kStandby);
    rig.until(4800ms);
    REQUIRE(rig.machine.confirmed());
    rig.closed(true);
    rig.said();
    rig.until(20s);
    CHECK(rig.machine.acting());
    CHECK(!rig.machine.owes_marker());
    CHECK(rig.machine.spares_others(rig.now()));
    // SAFETY: S28. Its own elector, and a holding, wait for the end of the command.
    CHECK(rig.said().find("start") == std::string::npos);
    rig.arm(30s);
    CHECK(!rig.accepted);
    rig.fenced(true);
    rig.asked(Answer::kStandby);
    rig.until(21s);
    CHECK(rig.said().find("start") != std::string::npos);
}
