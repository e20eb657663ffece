// What one guardian of many nodes is made of: who comes next, who waits, what is kept for whom.
#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guardian/agenda.hpp"
#include "guardian/link.hpp"
#include "guardian/node_locks.hpp"
#include "guardian/poller.hpp"
#include "guardian/queue.hpp"
#include "guardian/rig.hpp"
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
