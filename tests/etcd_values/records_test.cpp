#include "etcd/records.hpp"

#include <limits>

#include <doctest/doctest.h>

using namespace elector::model;
using namespace elector::etcd;
using namespace std::chrono_literals;

namespace {

HolderRecord holder() {
    HolderRecord r;
    r.state = HolderRecord::State::kDrained;
    r.term = Term{42};
    r.member = "delegate-a";
    r.instance = "boot/netns/http://127.0.0.1:9009";
    r.nonce = Nonce{0xfeedfacecafebeef};
    r.hold = 5s;
    r.quiesce = 11s;
    r.gate = Gate{Height{123456789}, 6500ms};
    r.reason = "shutdown";
    return r;
}

const char* const kHolderJson =
    R"({"v":1,"state":"drained","term":42,"member":"delegate-a",)"
    R"("instance":"boot/netns/http://127.0.0.1:9009","nonce":"feedfacecafebeef","hold_ms":5000,)"
    R"("quiesce_ms":11000,"gate":{"tip":123456789,"wait_ms":6500},"reason":"shutdown"})";

/// The JSON above with one piece replaced.
std::string with(const std::string& piece, const std::string& other) {
    std::string text = kHolderJson;
    const auto at = text.find(piece);
    REQUIRE(at != std::string::npos);
    return text.replace(at, piece.size(), other);
}

MemberRecord member() {
    MemberRecord r;
    r.name = "delegate-a";
    r.instance = "boot/netns/http://127.0.0.1:9009";
    r.candidate_key = "/iotex-server/694d77aa";
    r.activity = NodeActivity::kStandby;
    r.activity_age = 250ms;
    r.tip = Height{123456789};
    r.lag_blocks = 1;
    r.lag_bucket = 1;
    r.priority = -5;
    r.eligible = true;
    r.blocked_by = "unready";
    r.operator_address = "io1abc";
    r.version = "0.1.0";
    r.api_url = "http://127.0.0.1:9010";
    return r;
}

}  // namespace

TEST_CASE("the holder record is one line of JSON with a fixed field order") {
    CHECK(to_json(holder()) == kHolderJson);
    CHECK(parse_holder(kHolderJson) == holder());
}

TEST_CASE("a holder record survives the way there and back") {
    auto record = holder();
    CHECK(parse_holder(to_json(record)) == record);
    record.state = HolderRecord::State::kActive;
    record.gate.tip.reset();
    CHECK(parse_holder(to_json(record)) == record);
    record.state = HolderRecord::State::kUnfenced;
    record.foreign = {ForeignKey{"K/old", Revision{3}, "delegate-b"},
                      ForeignKey{"K/older", Revision{2}, ""}};
    CHECK(parse_holder(to_json(record)) == record);
    record.member = "quotes \" and \\ and \n and ü";
    CHECK(parse_holder(to_json(record)) == record);
    CHECK(parse_holder(to_json(HolderRecord{})) == HolderRecord{});
}

TEST_CASE("the extremes of 64 bits survive the way there and back") {
    auto record = holder();
    record.term = Term{std::numeric_limits<std::int64_t>::max()};
    record.nonce = Nonce{std::numeric_limits<std::uint64_t>::max()};
    record.gate.tip = Height{std::numeric_limits<std::uint64_t>::max()};
    record.foreign = {ForeignKey{"K/old", Revision{std::numeric_limits<std::int64_t>::max()}, "x"}};
    CHECK(parse_holder(to_json(record)) == record);
    auto m = member();
    m.tip = Height{std::numeric_limits<std::uint64_t>::max()};
    m.lag_blocks = std::numeric_limits<std::uint64_t>::max();
    m.priority = std::numeric_limits<int>::min();
    CHECK(parse_member(m.name, to_json(m)) == m);
}

TEST_CASE("an unknown state counts as active, whatever the version says") {
    auto active = holder();
    active.state = HolderRecord::State::kActive;
    CHECK(parse_holder(with("\"drained\"", "\"resting\"")) == active);
    CHECK(parse_holder(with("\"drained\"", "\"\"")) == active);
    CHECK(parse_holder(with("\"drained\"", "\"Drained\"")) == active);
    CHECK(parse_holder(with("\"v\":1,\"state\":\"drained\"", "\"v\":9,\"state\":\"resting\"")) ==
          active);
}

TEST_CASE("a record of an unknown version is judged by its state") {
    CHECK(parse_holder(with("\"v\":1", "\"v\":2")) == holder());
    CHECK(parse_holder(with("\"v\":1", "\"v\":\"next\"")) == holder());
    CHECK(parse_holder(with("\"v\":1,", "")) == holder());
    CHECK(parse_holder(with("\"reason\"", "\"later_field\":[{}],\"reason\"")) == holder());
}

TEST_CASE("what is only for people may be missing or strange") {
    auto plain = holder();
    plain.member.clear();
    CHECK(parse_holder(with("\"member\":\"delegate-a\",", "")) == plain);
    plain = holder();
    plain.reason.clear();
    CHECK(parse_holder(with("\"shutdown\"", "17")) == plain);
}

TEST_CASE("a holder record without what the protocol needs is unparsable") {
    for (const auto& [piece, other] : std::initializer_list<std::pair<const char*, const char*>>{
             {"\"state\":\"drained\",", ""},
             {"\"drained\"", "3"},
             {"\"drained\"", "null"},
             {"\"term\":42,", ""},
             {"42", "\"42\""},
             {"42", "42.0"},
             {"42", "9223372036854775808"},
             {"\"hold_ms\":5000,", ""},
             {"5000", "-1"},
             {"5000", "86400001"},
             {"5000", "1e99"},
             {"5000", "null"},
             {"\"quiesce_ms\":11000,", ""},
             {"11000", "-11000"},
             {"\"gate\":{\"tip\":123456789,\"wait_ms\":6500},", ""},
             {"{\"tip\":123456789,\"wait_ms\":6500}", "null"},
             {"{\"tip\":123456789,\"wait_ms\":6500}", "[]"},
             {"\"tip\":123456789,", ""},
             {"123456789", "-1"},
             {"123456789", "\"123456789\""},
             {"123456789", "18446744073709551616"},
             {"123456789", "1.5"},
             {"6500", "-6500"},
             {"6500", "999999999999999999"},
             {",\"wait_ms\":6500", ""}}) {
        CAPTURE(piece);
        CAPTURE(other);
        CHECK(parse_holder(with(piece, other)) == std::nullopt);
    }
}

TEST_CASE("a damaged list of foreign keys makes the record unparsable, never forgetful") {
    const auto add = [](const std::string& list) {
        return with("\"reason\"", "\"foreign\":" + list + ",\"reason\"");
    };
    auto one = holder();
    one.foreign = {ForeignKey{"K/old", Revision{3}, "b"}};
    CHECK(parse_holder(add(R"([{"key":"K/old","create":3,"value":"b"}])")) == one);
    CHECK(parse_holder(add("[]")) == holder());
    for (const auto* damaged :
         {"null", "{}", "\"K/old\"", "7", "[7]", "[null]", "[[]]", "[{}]",
          R"([{"key":"K/old","value":"b"}])", R"([{"key":"K/old","create":"3","value":"b"}])",
          R"([{"key":"K/old","create":1.5,"value":"b"}])",
          R"([{"key":"K/old","create":3,"value":"b"},null])"}) {
        CAPTURE(damaged);
        CHECK(parse_holder(add(damaged)) == std::nullopt);
    }
    std::string many = "[";
    for (int i = 0; i < 65; ++i)
        many += std::string(i ? "," : "") + R"({"key":"K","create":1,"value":""})";
    CHECK(parse_holder(add(many + "]")) == std::nullopt);
}

TEST_CASE("hostile bytes are unparsable and nothing worse") {
    const std::string deep(100'000, '[');
    const std::string objects = [] {
        std::string text;
        for (int i = 0; i < 50'000; ++i) text += "{\"a\":";
        return text;
    }();
    for (const auto& bytes :
         {std::string(), std::string("null"), std::string("[]"), std::string("{}"),
          std::string("\"active\""), std::string("7"), std::string("{"), std::string("}"),
          std::string("{rubbish"), std::string(kHolderJson) + "x", std::string(kHolderJson) + "{}",
          std::string("\0\0\0", 3), std::string(kHolderJson, 40), std::string("\xff\xfe{}"),
          std::string("{\"state\":\"dra\x01ned\"}"), deep, objects, std::string(1 << 20, ' ')}) {
        CAPTURE(bytes.substr(0, 40));
        CHECK(parse_holder(bytes) == std::nullopt);
        CHECK(parse_member("a", bytes) == std::nullopt);
        CHECK(parse_switchover(bytes) == std::nullopt);
        CHECK(parse_history(bytes) == std::nullopt);
        CHECK(parse_pause(bytes) == PauseOrder{});
    }
}

TEST_CASE("every truncation and every flipped byte of a record is judged without harm") {
    const std::string good = to_json(holder());
    for (std::size_t n = 0; n < good.size(); ++n)
        CHECK(parse_holder(std::string_view(good).substr(0, n)) == std::nullopt);
    int read = 0;
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            auto bytes = good;
            bytes[i] = static_cast<char>(bytes[i] ^ (1 << bit));
            const auto record = parse_holder(bytes);
            if (!record) continue;
            ++read;
            CHECK(parse_holder(to_json(*record)) == record);
        }
    }
    CHECK(read > 100);
}

TEST_CASE("a repeated field never turns an active record into a drained one unseen") {
    // Whichever of the two wins, it is one of them, whole.
    const auto record =
        parse_holder(with("\"state\":\"drained\"", "\"state\":\"active\",\"state\":\"unfenced\""));
    REQUIRE(record);
    CHECK(record->state != HolderRecord::State::kDrained);
}

TEST_CASE("the member record is one line of JSON with a fixed field order") {
    CHECK(to_json(member()) ==
          R"({"v":1,"instance":"boot/netns/http://127.0.0.1:9009",)"
          R"("candidate_key":"/iotex-server/694d77aa","node":"standby","node_age_ms":250,)"
          R"("tip":123456789,"lag":1,"lag_bucket":1,"priority":-5,"eligible":true,)"
          R"("blocked_by":"unready","operator":"io1abc","version":"0.1.0",)"
          R"("api":"http://127.0.0.1:9010"})");
    CHECK(parse_member("delegate-a", to_json(member())) == member());
}

TEST_CASE("a member record survives with every node state, and its name is the key's") {
    for (const auto activity :
         {NodeActivity::kUnknown, NodeActivity::kStandby, NodeActivity::kActive}) {
        auto record = member();
        record.activity = activity;
        record.tip.reset();
        record.eligible = false;
        record.name = "another";
        CHECK(parse_member("another", to_json(record)) == record);
        record.roll_call = "beef";
        CHECK(parse_member("another", to_json(record)) == record);
    }
}

TEST_CASE("a member record needs its instance; everything else has a harmless default") {
    CHECK(parse_member("a", R"({"candidate_key":"K/a","eligible":true})") == std::nullopt);
    CHECK(parse_member("a", R"({"instance":"","eligible":true})") == std::nullopt);
    CHECK(parse_member("a", R"({"instance":7})") == std::nullopt);
    MemberRecord plain;
    plain.name = "a";
    plain.instance = "i";
    CHECK(parse_member("a", R"({"instance":"i"})") == plain);
    CHECK(parse_member("a", R"({"instance":"i","eligible":"true","tip":-1,"node":"asleep",)"
                            R"("lag":-4,"priority":1.5,"node_age_ms":-3,"candidate_key":null})") ==
          plain);
}

TEST_CASE("a time of writing that no clock can have told is none") {
    const auto written = [](const std::string& at) {
        return parse_member("a", R"({"instance":"i","at_unix_ms":)" + at + "}")->unix_ms;
    };
    CHECK(written("1785000000000") == 1'785'000'000'000);
    CHECK(written("253402300799999") == 253'402'300'799'999);
    for (const auto* none : {"253402300800000", "-1", "0", "\"soon\"", "1.5", "null"})
        CHECK_MESSAGE(written(none) == 0, none);
    MemberRecord record;
    record.name = "a";
    record.instance = "i";
    record.unix_ms = 1'785'000'000'000;
    CHECK(parse_member("a", to_json(record)) == record);
}

TEST_CASE("a priority beyond what fits is held at the end of the range") {
    const auto priority = [](const std::string& number) {
        const auto record = parse_member("a", R"({"instance":"i","priority":)" + number + "}");
        REQUIRE(record);
        return record->priority;
    };
    CHECK(priority("2147483647") == 2147483647);
    CHECK(priority("2147483648") == 2147483647);
    CHECK(priority("4294967296") == 2147483647);
    CHECK(priority("-2147483649") == -2147483647 - 1);
}

TEST_CASE("a pause without readable words is still a pause") {
    const PauseOrder order{"alice", "upgrade of \"b\""};
    CHECK(to_json(order) == R"({"v":1,"who":"alice","why":"upgrade of \"b\""})");
    CHECK(parse_pause(to_json(order)) == order);
    CHECK(parse_pause("now!") == PauseOrder{});
    CHECK(parse_pause(R"({"who":7})") == PauseOrder{});
    const PauseOrder until{"alice", "disks", 1'785'000'000'000};
    CHECK(parse_pause(to_json(until)) == until);
}

TEST_CASE("a switchover order names the holder's term and whom it is for") {
    const SwitchoverOrder order{Revision{}, Term{42}, "delegate-b", "alice", "upgrade"};
    CHECK(to_json(order) == R"({"v":1,"term":42,"to":"delegate-b","who":"alice","why":"upgrade"})");
    CHECK(parse_switchover(to_json(order)) == order);
    CHECK(parse_switchover(R"({"v":1,"term":42})") ==
          SwitchoverOrder{Revision{}, Term{42}, "", "", ""});
    CHECK(parse_switchover(R"({"v":1,"to":"b"})") == std::nullopt);
    CHECK(parse_switchover(R"({"term":"42","to":"b"})") == std::nullopt);
}

TEST_CASE("a history entry survives the way there and back") {
    const HistoryEntry entry{Term{42}, "delegate-a", "switchover", 3600s, 740ms, 203ms};
    CHECK(to_json(entry) ==
          R"({"v":1,"term":42,"from":"delegate-a","reason":"switchover","held_ms":3600000,)"
          R"("standby_ms":740,"marker_ms":203})");
    CHECK(parse_history(to_json(entry)) == entry);
    auto by_operator = entry;
    by_operator.actor = "root@host";
    by_operator.unix_ms = 1'785'000'000'000;
    CHECK(parse_history(to_json(by_operator)) == by_operator);
}

TEST_CASE("a holding longer than a day is told whole in the history") {
    const HistoryEntry entry{Term{42}, "delegate-a", "switchover", 240h, 740ms, 203ms};
    CHECK(parse_history(to_json(entry)) == entry);
}
