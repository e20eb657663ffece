// The link's packets: every message comes back whole, and nothing else is taken for one.
#include "guardian/message.hpp"

#include <cstring>

#include <doctest/doctest.h>

using namespace elector;
using namespace elector::guardian;
using namespace std::chrono_literals;

namespace {

Arm arm() {
    Arm m;
    m.op = {7};
    m.valid_until = model::Instant(123456789s);
    m.term = {42};
    m.nonce = {0xfedcba9876543210ULL};
    m.lease = {0x123456789abcdef};
    m.holder_mod = {99};
    m.gate_open_at = model::Instant(123456790s);
    m.key = *key_text("/iotex-server/123456789abcdef");
    m.bounds = {250ms, 11s, 3500ms, 4s, 200ms};
    m.probe = {false, {127, 0, 0, 9}, 8080};
    return m;
}

std::optional<Message> read(const Packet& packet) {
    const auto letter = decode(packet);
    return letter ? std::optional(letter->message) : std::nullopt;
}

std::optional<Message> changed(Message message, std::size_t at, std::uint8_t to) {
    auto packet = encode(message);
    REQUIRE(at < packet.size());
    packet[at] = std::byte{to};
    return read(packet);
}

FenceWords words() { return *fence_words("http://127.0.0.1:8080", {"/bin/kill", "-9"}, 10s); }

FenceOrder order() {
    FenceOrder m{{7}, {42}, {}};
    std::string_view("status_hung").copy(m.reason.data(), kMaxReason);
    return m;
}

template <class M, class F>
std::optional<Message> with(M m, F change) {
    change(m);
    return read(encode(m));
}

/// What comes back of an arm message with one thing about it changed.
template <class F>
std::optional<Message> arm_with(F change) {
    auto m = arm();
    change(m);
    return read(encode(m));
}

}  // namespace

TEST_CASE("every message comes back as it was sent") {
    auto six = arm();
    six.probe = {true, {127, 0, 0, 1}, 1};
    for (const Message& m :
         {Message(arm()), Message(six), Message(Draining{model::Instant(5s)}),
          Message(Draining{model::Instant(5s), true}), Message(Disarm{}),
          Message(ActivationAnswered{{6}}), Message(Ping{9}), Message(Armed{{8}}), Message(Pong{1}),
          Message(FenceWords{}), Message(words()), Message(order()), Message(FenceDone{{3}, true}),
          Message(FenceDone{{3}, false}), Message(ReloadDone{}),
          Message(Status{status_text("leader")}), Message(Status{})}) {
        CAPTURE(m.index());
        CHECK(decode(encode(m)) == Letter{0, m});
    }
}

TEST_CASE("a key that does not fit is no key") {
    CHECK(key_text(std::string(kMaxKey, 'k'))->view() == std::string(kMaxKey, 'k'));
    CHECK(!key_text(std::string(kMaxKey + 1, 'k')));
    CHECK(!key_text(""));
    CHECK(!key_text(std::string_view("a\0b", 3)));
}

TEST_CASE("a packet that is longer or shorter than what it says is refused") {
    for (const Message& m : {Message(arm()), Message(Disarm{}), Message(Ping{1}), Message(words()),
                             Message(order())}) {
        CAPTURE(m.index());
        auto packet = encode(m);
        CHECK(decode(packet));
        ++packet.used;
        CHECK(!decode(packet));
        packet.used -= 2;
        CHECK(!decode(packet));
    }
    const std::array<std::byte, kPacketSize + 1> longest{};
    CHECK(!decode(longest));
    CHECK(!decode({}));
}

TEST_CASE("a message names the node that it is about, up to the last one") {
    for (const std::size_t ward : {0, 1, 255, 256, 1023}) {
        const auto number = static_cast<std::uint16_t>(ward);
        CHECK(decode(encode(arm(), ward)) == Letter{number, arm()});
        CHECK(decode(encode(FenceDone{{3}, true}, ward)) == Letter{number, FenceDone{{3}, true}});
    }
    CHECK(!decode(encode(arm(), kMaxWards)));
    CHECK(!decode(encode(Disarm{}, 65535)));
}

TEST_CASE("what is about no node names none") {
    for (const Message& m : {Message(Ping{1}), Message(Pong{1}), Message(ReloadDone{})}) {
        CHECK(decode(encode(m, 0)) == Letter{0, m});
        CHECK(!decode(encode(m, 1)));
    }
}

TEST_CASE("another magic, version or kind is refused") {
    CHECK(!changed(Ping{1}, 0, 'X'));
    CHECK(!changed(Ping{1}, 3, 0));
    CHECK(!changed(Ping{1}, 4, kLinkVersion + 1));
    CHECK(!changed(Ping{1}, 4, 0));
    CHECK(!changed(Ping{1}, 5, 12));
    CHECK(!changed(Ping{1}, 5, 255));
}

TEST_CASE("an arm message that no elector sends is refused") {
    CHECK(arm_with([](Arm&) {}));
    CHECK(!arm_with([](Arm& m) { m.op = {}; }));
    CHECK(!arm_with([](Arm& m) { m.valid_until = {}; }));
    CHECK(!arm_with([](Arm& m) { m.valid_until = model::kNever; }));
    CHECK(!arm_with([](Arm& m) { m.term = {0}; }));
    CHECK(!arm_with([](Arm& m) { m.term = {-1}; }));
    CHECK(!arm_with([](Arm& m) { m.nonce = {}; }));
    CHECK(!arm_with([](Arm& m) { m.lease = {-5}; }));
    CHECK(!arm_with([](Arm& m) { m.holder_mod = {}; }));
    CHECK(arm_with([](Arm& m) { m.probe.port = 0; }));
    CHECK(!arm_with([](Arm& m) { m.key = {}; }));
    CHECK(!arm_with([](Arm& m) { m.key.size = kMaxKey + 1; }));
    CHECK(!arm_with([](Arm& m) { m.key.size -= 1; }));  // a byte beyond its end
    CHECK(!arm_with([](Arm& m) { m.bounds.margin = -1ns; }));
    CHECK(!arm_with([](Arm& m) { m.bounds.quiesce = 0s; }));
    CHECK(!arm_with([](Arm& m) { m.bounds.late_set = 2h; }));
    CHECK(!arm_with([](Arm& m) { m.bounds.unconfirmed = 0s; }));
    CHECK(!arm_with([](Arm& m) { m.bounds.refused_grace = 0s; }));
    CHECK(!read(encode(Draining{})));
    CHECK(changed(Draining{model::Instant(5s)}, 16, 1) ==
          Message(Draining{model::Instant(5s), true}));
    CHECK(!changed(Draining{model::Instant(5s)}, 16, 2));
}

TEST_CASE("a fence command that does not fit is none") {
    CHECK(fence_words("p", {}, 10s) == FenceWords{});
    CHECK(fence_words("p", std::vector<std::string>(kMaxFenceWords, "w"), 10s));
    CHECK(!fence_words("p", std::vector<std::string>(kMaxFenceWords + 1, "w"), 10s));
    CHECK(fence_words("p", {std::string(kMaxFenceBytes - 3, 'w')}, 10s));
    CHECK(!fence_words("p", {std::string(kMaxFenceBytes - 2, 'w')}, 10s));
    CHECK(!fence_words("p", {std::string("a\0b", 3)}, 10s));
}

TEST_CASE("words and orders for a fence that no elector sends are refused") {
    CHECK(with(words(), [](FenceWords&) {}));
    CHECK(!with(words(), [](FenceWords& m) { m.count = 0; }));
    CHECK(!with(words(), [](FenceWords& m) { m.count = 3; }));
    CHECK(!with(words(), [](FenceWords& m) { m.size -= 1; }));
    CHECK(!with(words(), [](FenceWords& m) { m.size = kMaxFenceBytes + 1; }));
    CHECK(!with(words(), [](FenceWords& m) { m.timeout = 0s; }));
    CHECK(!with(words(), [](FenceWords& m) { m.size += 1, m.text[m.size - 1] = 'x'; }));
    CHECK(!with(FenceWords{}, [](FenceWords& m) { m.timeout = 1s; }));
    CHECK(with(order(), [](FenceOrder&) {}));
    CHECK(!with(order(), [](FenceOrder& m) { m.op = {}; }));
    CHECK(!with(order(), [](FenceOrder& m) { m.term = {}; }));
    CHECK(!with(order(), [](FenceOrder& m) { m.reason.fill('x'); }));
    CHECK(!with(order(), [](FenceOrder& m) { m.reason = {}; }));
    CHECK(!with(order(), [](FenceOrder& m) { m.reason.back() = 'x', m.reason[46] = 0; }));
    CHECK(!changed(FenceDone{{3}, true}, 16, 2));
}

TEST_CASE("a line for people is cut to what fits, and is one line") {
    CHECK(status_text("candidate, node standby").view() == "candidate, node standby");
    CHECK(status_text("a\nREADY=1\tb\x7f").view() == "a READY=1 b ");
    CHECK(status_text(std::string(kMaxStatus + 9, 'x')).view() == std::string(kMaxStatus, 'x'));
    const auto cut = status_text(std::string(kMaxStatus - 1, 'x') + "\xc3\xa9");
    CHECK(cut.view() == std::string(kMaxStatus - 1, 'x'));
    CHECK(status_text("").view() == "");
}

TEST_CASE("a status that no elector sends is refused") {
    const Status good{status_text("abc")};
    const std::size_t size = 8, first = 10;
    CHECK(changed(good, first, 'x') == Message(Status{status_text("xbc")}));
    CHECK(!changed(good, first, '\n'));
    CHECK(!changed(good, first + 3, 'x'));  // beyond its end
    CHECK(!changed(good, size, kMaxStatus + 1));
}
