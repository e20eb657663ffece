// The elector's end of the link, over a real socketpair; the test is the guardian.
#include <array>
#include <span>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/guardian_link.hpp"
#include "model/overloaded.hpp"

using namespace elector;
using namespace std::chrono_literals;

namespace {

struct Pair {
    Pair() {
        std::array<int, 2> fds{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()) == 0);
        mine = fds[0];
        link.emplace(io, fds[1], log);
        ward = &link->ward(0, [this](const model::Event& e) {
            if (const auto* armed = std::get_if<model::GuardianArmed>(&e))
                armed_ops.push_back(armed->op.value);
            if (const auto* done = std::get_if<model::FenceAnswered>(&e))
                fenced.emplace_back(done->op.value, done->success);
            lost += std::holds_alternative<model::GuardianLost>(e);
        });
    }
    ~Pair() {
        link->close();
        if (mine >= 0) ::close(mine);
    }

    /// The next message that is no ping; pings are answered on the way if `pongs`.
    std::optional<guardian::Letter> next_letter() {
        std::array<std::byte, guardian::kPacketSize> bytes{};
        for (;;) {
            const auto n = ::recv(mine, bytes.data(), bytes.size(), MSG_DONTWAIT);
            if (n <= 0) return std::nullopt;
            const auto letter = guardian::decode(std::span(bytes).first(std::size_t(n)));
            const auto* ping = letter ? std::get_if<guardian::Ping>(&letter->message) : nullptr;
            if (!ping) return letter;
            if (pongs) say(guardian::Pong{ping->number});
        }
    }
    std::optional<guardian::Message> next() {
        const auto letter = next_letter();
        return letter ? std::optional(letter->message) : std::nullopt;
    }
    void say(const guardian::Message& m, std::size_t about = 0) {
        const auto packet = guardian::encode(m, about);
        ::send(mine, packet.data(), packet.size(), MSG_NOSIGNAL);
    }
    /// Until `done` or for so long as no handler is left.
    template <class F>
    void run_until(F done) {
        while (!done() && io.run_one_for(5s) > 0) static_cast<void>(next());
    }

    boost::asio::io_context io;
    app::Log log = app::Log::silent();
    std::optional<app::GuardianLink> link;
    app::GuardianLink::Ward* ward = nullptr;
    std::vector<std::uint64_t> armed_ops;
    std::vector<std::pair<std::uint64_t, bool>> fenced;
    int lost = 0;
    int mine = -1;
    bool pongs = true;
};

model::Policy policy() {
    model::Policy p;
    p.margin = 300ms;
    return p;
}

const config::Url kProbe{false, "127.0.0.9", 8081};

model::ArmGuardian arm() {
    model::ArmGuardian e;
    e.op = {5};
    e.valid_until = model::Instant(77s);
    e.term = {42};
    e.nonce = {7};
    e.lease = {0xcafe};
    e.key = "/k/cafe";
    e.holder.mod = {30};
    e.gate_open_at = model::Instant(78s);
    return e;
}

}  // namespace

TEST_CASE("arming carries the holding, its bounds and where the node's other port is") {
    Pair pair;
    CHECK(pair.ward->run(arm(), policy(), kProbe));
    guardian::Arm expected;
    expected.op = {5};
    expected.valid_until = model::Instant(77s);
    expected.term = {42};
    expected.nonce = {7};
    expected.lease = {0xcafe};
    expected.holder_mod = {30};
    expected.gate_open_at = model::Instant(78s);
    expected.key = *guardian::key_text("/k/cafe");
    expected.bounds = {300ms, 11s, 3535ms, 4s, 200ms};
    expected.probe = {false, {127, 0, 0, 9}, 8081};
    CHECK(pair.next() == guardian::Message(expected));
}

TEST_CASE("a key too long for the link is never armed") {
    Pair pair;
    auto e = arm();
    e.key = std::string(1000, 'k');
    CHECK(pair.ward->run(e, policy(), kProbe));
    CHECK(!pair.next());
}

TEST_CASE("what concerns the guardian is sent, nothing else is taken") {
    Pair pair;
    CHECK(pair.ward->run(model::TellGuardianDraining{model::Instant(9s)}, policy(), kProbe));
    CHECK(pair.ward->run(model::TellGuardianDraining{model::Instant(9s), true}, policy(), kProbe));
    CHECK(pair.ward->run(model::DisarmGuardian{}, policy(), kProbe));
    pair.ward->activation_answered(model::Nonce{7});
    CHECK(!pair.ward->run(model::Exit{0}, policy(), kProbe));
    CHECK(pair.next() == guardian::Message(guardian::Draining{model::Instant(9s), false}));
    CHECK(pair.next() == guardian::Message(guardian::Draining{model::Instant(9s), true}));
    CHECK(pair.next() == guardian::Message(guardian::Disarm{}));
    CHECK(pair.next() == guardian::Message(guardian::ActivationAnswered{model::Nonce{7}}));
    CHECK(!pair.next());
}

TEST_CASE("an acknowledgement becomes an event") {
    Pair pair;
    pair.say(guardian::Armed{{5}});
    pair.run_until([&] { return !pair.armed_ops.empty(); });
    CHECK(pair.armed_ops == std::vector<std::uint64_t>{5});
}

TEST_CASE("a guardian that ends is lost at once, and once") {
    Pair pair;
    ::close(std::exchange(pair.mine, -1));
    pair.run_until([&] { return false; });  // nothing is left to wait for
    CHECK(pair.lost == 1);
}

TEST_CASE("a guardian that answers pings is not lost") {
    Pair pair;
    const auto end = std::chrono::steady_clock::now() + 2s;
    pair.run_until([&] { return std::chrono::steady_clock::now() > end; });
    CHECK(pair.lost == 0);
}

TEST_CASE("a silent guardian is lost after a second, and still told what it must know") {
    Pair pair;
    pair.pongs = false;
    pair.run_until([&] { return pair.lost > 0; });
    CHECK(pair.lost == 1);
    pair.ward->run(model::DisarmGuardian{}, policy(), kProbe);
    CHECK(pair.next() == guardian::Message(guardian::Disarm{}));
}

TEST_CASE("a guardian that says what no guardian says is lost") {
    Pair pair;
    ::send(pair.mine, "garbage", 7, MSG_NOSIGNAL);
    pair.run_until([&] { return pair.lost > 0; });
    CHECK(pair.lost == 1);
}

TEST_CASE("the guardian is asked to run the fence command, and its answer comes back") {
    Pair p;
    const auto words = *guardian::fence_words("http://127.0.0.1:8080", {"/bin/false"}, 10s);
    p.ward->tell_fence(words);
    CHECK(p.next() == guardian::Message(words));
    CHECK(p.ward->run(model::RunFence{{7}, {42}, "status_hung"}, {}, {}));
    const auto order = p.next();
    REQUIRE(order);
    CHECK(std::string(std::get<guardian::FenceOrder>(*order).reason.data()) == "status_hung");
    p.say(guardian::FenceDone{{7}, true});
    p.run_until([&] { return !p.fenced.empty(); });
    CHECK(p.fenced == std::vector<std::pair<std::uint64_t, bool>>{{7, true}});
}

TEST_CASE("a run that a lost guardian owes has failed, and later ones are somebody else's") {
    Pair p;
    CHECK(p.ward->run(model::RunFence{{7}, {42}, "status_hung"}, {}, {}));
    ::close(std::exchange(p.mine, -1));
    p.run_until([&] { return p.lost > 0; });
    CHECK(p.fenced == std::vector<std::pair<std::uint64_t, bool>>{{7, false}});
    CHECK(!p.ward->run(model::RunFence{{8}, {42}, "status_hung"}, {}, {}));
}

TEST_CASE("each member's words are about its own node, and it hears of no other") {
    Pair pair;
    std::vector<std::uint64_t> others;
    auto& third = pair.link->ward(2, [&](const model::Event& e) {
        if (const auto* armed = std::get_if<model::GuardianArmed>(&e))
            others.push_back(armed->op.value);
    });
    CHECK(third.run(model::DisarmGuardian{}, policy(), kProbe));
    third.status("leader");
    CHECK(pair.ward->run(model::DisarmGuardian{}, policy(), kProbe));
    CHECK(pair.next_letter() == guardian::Letter{2, guardian::Disarm{}});
    const guardian::Status said{guardian::status_text("leader")};
    CHECK(pair.next_letter() == guardian::Letter{2, said});
    CHECK(pair.next_letter() == guardian::Letter{0, guardian::Disarm{}});
    pair.say(guardian::Armed{{7}}, 2);
    pair.say(guardian::Armed{{5}}, 0);
    pair.run_until([&] { return !pair.armed_ops.empty(); });
    CHECK(pair.armed_ops == std::vector<std::uint64_t>{5});
    CHECK(others == std::vector<std::uint64_t>{7});
}

TEST_CASE("a guardian that names a node which nobody has is lost") {
    Pair pair;
    pair.say(guardian::Armed{{7}}, 1);
    pair.run_until([&] { return pair.lost > 0; });
    CHECK(pair.lost == 1);
}

TEST_CASE("every member hears that its guardian is lost, and of the run that it owes") {
    Pair pair;
    std::vector<std::pair<std::uint64_t, bool>> fenced;
    int lost = 0;
    auto& second = pair.link->ward(1, [&](const model::Event& e) {
        if (const auto* done = std::get_if<model::FenceAnswered>(&e))
            fenced.emplace_back(done->op.value, done->success);
        lost += std::holds_alternative<model::GuardianLost>(e);
    });
    CHECK(second.run(model::RunFence{{9}, {42}, "status_hung"}, {}, {}));
    ::close(std::exchange(pair.mine, -1));
    pair.run_until([&] { return lost > 0 && pair.lost > 0; });
    CHECK(pair.lost == 1);
    CHECK(pair.fenced.empty());
    CHECK(lost == 1);
    CHECK(fenced == std::vector<std::pair<std::uint64_t, bool>>{{9, false}});
}

TEST_CASE("what the link has no room for is sent when it has, in order and whole") {
    Pair pair;
    constexpr std::size_t kNodes = 1000;
    for (std::size_t i = 1; i < kNodes; ++i) pair.link->ward(i, [](const model::Event&) {});
    const auto words = [](std::size_t i) {
        return *guardian::fence_words("p", {std::string(3000, 'w'), std::to_string(i)}, 10s);
    };
    for (std::size_t i = 1; i < kNodes; ++i)
        pair.link->ward(i, [](const model::Event&) {}).tell_fence(words(i));
    std::size_t come = 1;
    while (come < kNodes) {
        const auto letter = pair.next_letter();
        if (!letter) {
            REQUIRE(pair.io.run_one_for(5s) > 0);
            continue;
        }
        REQUIRE(letter == guardian::Letter{static_cast<std::uint16_t>(come), words(come)});
        ++come;
    }
    CHECK(come == kNodes);
}

TEST_CASE("what was said last is not lost at the end, though the link was full") {
    Pair pair;
    const auto words = *guardian::fence_words("p", {std::string(3700, 'w')}, 10s);
    for (int i = 0; i < 40; ++i) pair.ward->tell_fence(words);
    CHECK(pair.ward->run(model::DisarmGuardian{}, policy(), kProbe));
    std::optional<guardian::Message> last;
    std::thread reader([&] {
        // It reads until the other end is closed.
        std::array<std::byte, guardian::kPacketSize> bytes{};
        for (;;) {
            const auto n = ::recv(pair.mine, bytes.data(), bytes.size(), 0);
            if (n <= 0) return;
            const auto letter = guardian::decode(std::span(bytes).first(std::size_t(n)));
            if (letter) last = letter->message;
        }
    });
    pair.link->close();
    reader.join();
    CHECK(last == guardian::Message(guardian::Disarm{}));
}
