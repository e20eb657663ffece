// The elector's end of the link to its guardian: what it wakes for, and what can wait.
#include "app/guardian_link.hpp"

#include <chrono>
#include <optional>
#include <vector>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace elector;

namespace {

/// The guardian is the test itself.
struct Rig {
    Rig() {
        REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
        link.emplace(io, ends[0], log);
        ward = &link->ward(0, [this](model::Event e) { heard.push_back(std::move(e)); });
    }
    ~Rig() {
        link.reset();
        if (ends[1] >= 0) ::close(ends[1]);
    }
    void say(const guardian::Message& message) const {
        const auto packet = guardian::encode(message, 0);
        REQUIRE(::send(ends[1], packet.data(), packet.size(), 0) > 0);
    }
    /// How often the elector is woken by what has been said so far.
    std::size_t woken() {
        io.restart();
        return io.poll();
    }
    model::OpId arm() {
        model::ArmGuardian effect;
        effect.op = model::OpId{++ops};
        effect.key = "/k/1";
        CHECK(ward->run(effect, model::Policy{}, std::nullopt));
        return effect.op;
    }

    boost::asio::io_context io;
    app::Log log = app::Log::silent();
    int ends[2] = {-1, -1};
    std::optional<app::GuardianLink> link;
    app::GuardianLink::Ward* ward = nullptr;
    std::vector<model::Event> heard;
    std::uint64_t ops = 0;
};

}  // namespace

TEST_CASE_FIXTURE(Rig, "nothing wakes for the answer to a ping") {
    say(guardian::Pong{0});
    CHECK(woken() == 0);
}

TEST_CASE_FIXTURE(Rig, "the guardian's acknowledgement is heard at once, with all that was said") {
    say(guardian::Pong{0});
    const auto op = arm();
    say(guardian::Armed{op});
    CHECK(woken() > 0);
    REQUIRE(heard.size() == 1);
    CHECK(std::get<model::GuardianArmed>(heard.front()).op == op);
}

TEST_CASE("pings leave with the beat, and beside armings between two of them") {
    using std::chrono::milliseconds;
    const milliseconds beat{30};  // the beat is at 970, 1470, 1970 ms
    const auto at = [](int ms) { return std::chrono::steady_clock::time_point(milliseconds(ms)); };
    const auto ping = [&](int now, std::optional<std::chrono::steady_clock::time_point> armed,
                          int pinged) { return app::next_ping(at(now), beat, armed, at(pinged)); };
    CHECK(ping(970, std::nullopt, 970) == at(1470));
    CHECK(ping(973, std::nullopt, 973) == at(1470));
    // Armed after each beat of a second: asked once between two armings.
    CHECK(ping(976, at(976), 520) == at(1520));
    CHECK(ping(1520, at(976), 1520) == at(2020));
    CHECK(ping(1976, at(1976), 1520) == at(2520));
    // It is armed no more.
    CHECK(ping(3020, at(976), 3020) == at(3470));
    // However it comes, it is never long.
    for (int now = 1000; now < 2000; ++now) {
        for (const int armed : {1000, now}) {
            CHECK(ping(now, at(armed), now) >= at(now + 400));
            CHECK(ping(now, at(armed), now) <= at(now + 600));
        }
    }
    // Armed all the time, it is still pinged.
    for (const int every : {1, 100, 300, 500, 600})
        for (int now = 1000; now < 3000; now += every) CHECK(ping(now, at(now), 1000) <= at(2000));
}

TEST_CASE_FIXTURE(Rig, "the end of a run of the fence command is heard at once") {
    model::RunFence effect;
    effect.op = model::OpId{7};
    CHECK(ward->run(effect, model::Policy{}, std::nullopt));
    say(guardian::FenceDone{effect.op, true});
    CHECK(woken() > 0);
    REQUIRE(heard.size() == 1);
    CHECK(std::get<model::FenceAnswered>(heard.front()).success);
}

TEST_CASE_FIXTURE(Rig, "the guardian's end is heard at once") {
    ::close(std::exchange(ends[1], -1));
    CHECK(woken() > 0);
    REQUIRE(heard.size() == 1);
    CHECK(std::holds_alternative<model::GuardianLost>(heard.front()));
}
