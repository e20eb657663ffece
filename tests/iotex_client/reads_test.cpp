#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "iotex_client/world.hpp"

using namespace elector;
using namespace elector::test;

namespace {

/// The outcome of one status query that the node answers with `reply`.
std::string status_after(const Reply& reply) {
    std::string out;
    World world;
    world.admin.script = [&](const Seen&) { return reply; };
    world.run([&](World& w) -> Task {
        const auto state = co_await w.client->status(false, kAmple);
        out = outcome(state);
    });
    CHECK(world.admin.seen.size() == 1);
    return out;
}

std::string with_length(const std::string& length, const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n" + body;
}

/// `body` as an answer in chunks of changing odd sizes, each also its own write.
Reply streamed(const std::string& body) {
    Reply reply;
    reply.pieces.push_back("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    std::size_t size = 1;
    for (std::size_t at = 0; at < body.size(); at += size, size = size * 7 % 9973 + 1) {
        const auto piece = body.substr(at, size);
        std::string digits;
        for (std::size_t n = piece.size(); n != 0; n /= 16)
            digits.insert(0, 1, "0123456789abcdef"[n % 16]);
        reply.pieces.push_back(digits + "\r\n" + piece + "\r\n");
        size = piece.size();
    }
    reply.pieces.push_back("0\r\n\r\n");
    return reply;
}

}  // namespace

TEST_CASE("a status query is one plain GET on a connection that is kept") {
    World world;
    world.admin.script = [](const Seen& s) {
        return answer(s.connection == 1 ? kActive : kStandby);
    };
    world.run([](World& w) -> Task {
        const auto first = co_await w.client->status(false, kAmple);
        const auto second = co_await w.client->status(false, kAmple);
        CHECK(*first == iotex::StatusReply{true, 1});
        CHECK(*second == iotex::StatusReply{true, 1});
    });
    CHECK(world.admin.accepted == 1);
    CHECK(world.admin.seen.at(0).text ==
          "GET /ha HTTP/1.1\r\nHost: " + authority(world.admin.url()) +
              "\r\nUser-Agent: iotex-elector\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n");
}

TEST_CASE("a fresh status uses a new connection, which is then the held one") {
    World world;
    world.admin.script = [](const Seen&) { return answer(kStandby); };
    world.run([](World& w) -> Task {
        const auto first = co_await w.client->status(false, kAmple);
        const auto second = co_await w.client->status(true, kAmple);
        const auto third = co_await w.client->status(false, kAmple);
        CHECK(first->connection != second->connection);
        CHECK(*second == *third);
        const std::function<bool()> closed = [&] { return !w.admin.ended_by_eof.empty(); };
        co_await w.until(closed);
    });
    CHECK(lines(world.admin) == Lines{"1 GET /ha", "2 GET /ha", "2 GET /ha"});
    CHECK(world.admin.ended_by_eof == std::vector<int>{1});
    CHECK(world.events == std::vector<iotex::PortEvent>{{PortName::kAdmin, Kind::kConnected}});
}

TEST_CASE("a failed fresh status leaves the held connection alone") {
    World world;
    world.admin.script = [](const Seen& s) {
        return s.connection == 2 ? hang() : answer(kStandby);
    };
    world.run([](World& w) -> Task {
        const auto first = co_await w.client->status(false, kAmple);
        const auto hung = co_await w.client->status(true, kBrief);
        const auto third = co_await w.client->status(false, kAmple);
        CHECK(outcome(hung) == "timeout");
        CHECK(*first == *third);
    });
}

TEST_CASE("a status answer in any lawful framing is read") {
    CHECK(status_after(answer(kActive)) == "ok");
    CHECK(status_after(raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "5\r\n{\"act\r\nc\r\nive\":false}\n\r\n0\r\n\r\n")) == "ok");
    CHECK(status_after(raw("HTTP/1.1 200 OK\r\n\r\n" + kActive, Reply::Then::kClose)) == "ok");
    CHECK(status_after(raw("HTTP/1.0 200 OK\r\n\r\n" + kActive, Reply::Then::kClose)) == "ok");
    Reply bytewise;
    for (const char c : with_length("16", kActive)) bytewise.pieces.emplace_back(1, c);
    CHECK(status_after(bytewise) == "ok");
}

TEST_CASE("a status answer that is not one is an error of its kind") {
    CHECK(status_after(answer("")) == "malformed");
    CHECK(status_after(answer("{\"active\":\"maybe\"}")) == "malformed");
    CHECK(status_after(answer("<html>hello</html>")) == "malformed");
    CHECK(status_after(answer("404 page not found\n", 404)) == "http_status");
    CHECK(status_after(answer(kActive, 500)) == "http_status");
    CHECK(status_after(raw("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
                           "Content-Length: 0\r\n\r\n")) == "http_status");
    CHECK(status_after(raw("HTTP/1.1 100 Continue\r\n\r\n")) == "http_status");
    CHECK(status_after(raw("HTTP/1.1 204 No Content\r\n\r\n")) == "http_status");
    CHECK(status_after(raw("SSH-2.0-OpenSSH_9.2\r\n\r\n")) == "malformed");
    CHECK(status_after(raw(with_length("-1", ""))) == "malformed");
    CHECK(status_after(raw(with_length("99999999999999999999", ""))) == "malformed");
    CHECK(status_after(raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")) ==
          "malformed");
    CHECK(status_after(raw(std::string(200, '\0'))) == "malformed");
}

TEST_CASE("an answer cut short is an error, however much came") {
    CHECK(status_after(raw(with_length("100", kActive), Reply::Then::kClose)) == "closed");
    CHECK(status_after(raw(with_length("100", kActive), Reply::Then::kReset)) == "reset");
    CHECK(status_after(raw("HTTP/1.1 200 OK\r\nContent-Le", Reply::Then::kClose)) == "closed");
    CHECK(status_after(raw("H", Reply::Then::kClose)) == "closed");
    CHECK(status_after(raw("", Reply::Then::kClose)) == "closed");
    CHECK(status_after(raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n" + kActive,
                           Reply::Then::kClose)) == "closed");
}

TEST_CASE("an answer over the limits is refused") {
    const std::string big(70 * 1024, 'x');
    CHECK(status_after(raw("HTTP/1.1 200 OK\r\nX: " + big + "\r\n\r\n")) == "too_large");
    CHECK(status_after(raw("HTTP/1.1 200 OK\r\nX: " + std::string(9000, 'x') + "\r\n\r\n")) ==
          "too_large");
    CHECK(status_after(raw(with_length(std::to_string(big.size()), ""))) == "too_large");
    CHECK(status_after(streamed(big)) == "too_large");
    CHECK(status_after(raw("HTTP/1.1 200 OK\r\n\r\n" + big, Reply::Then::kClose)) == "too_large");
    CHECK(status_after(raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + big)) ==
          "too_large");
}

TEST_CASE("a hanging status ends in time and the next one has a new connection") {
    World world;
    world.admin.script = [&](const Seen&) {
        return world.admin.seen.size() == 2 ? hang() : answer(kStandby);
    };
    world.run([](World& w) -> Task {
        co_await w.client->status(false, kAmple);
        const auto hung = co_await w.client->status(false, kBrief);
        CHECK(outcome(hung) == "timeout");
        CHECK(hung.error().text ==
              "cannot query the active state of the node at http://" + authority(w.admin.url()) +
                  ": no complete answer in time [client:timeout]; whether it is active is unknown; "
                  "the next poll asks again");
        const auto next = co_await w.client->status(false, kAmple);
        CHECK(*next == iotex::StatusReply{false, 2});
    });
    CHECK(lines(world.admin) == Lines{"1 GET /ha", "1 GET /ha", "2 GET /ha"});
    CHECK(world.events == std::vector<iotex::PortEvent>{{PortName::kAdmin, Kind::kConnected}});
}

TEST_CASE("an answer that trickles in does not stretch the time-out") {
    World world;
    world.admin.script = [](const Seen&) {
        return raw("HTTP/1.1 200 OK\r\nContent-Length: 16\r\n");
    };
    world.run([](World& w) -> Task {
        const auto hung = co_await w.client->status(false, kBrief);
        CHECK(outcome(hung) == "timeout");
    });
}

TEST_CASE("a read on a held connection that ends unanswered is repeated once on a new one") {
    for (const auto end : {Reply::Then::kClose, Reply::Then::kReset}) {
        World world;
        world.admin.script = [&](const Seen&) {
            return world.admin.seen.size() == 2 ? raw("", end) : answer(kStandby);
        };
        world.run([](World& w) -> Task {
            const auto first = co_await w.client->status(false, kAmple);
            const auto second = co_await w.client->status(false, kAmple);
            CHECK(*first == iotex::StatusReply{false, 1});
            CHECK(*second == iotex::StatusReply{false, 2});
        });
        CHECK(lines(world.admin) == Lines{"1 GET /ha", "1 GET /ha", "2 GET /ha"});
        CHECK(world.events == std::vector<iotex::PortEvent>{{PortName::kAdmin, Kind::kConnected},
                                                            {PortName::kAdmin, Kind::kLost},
                                                            {PortName::kAdmin, Kind::kConnected}});
    }
}

TEST_CASE("a poll right after the node ended the idle connection is answered all the same") {
    for (const bool by_reset : {false, true}) {
        World world;
        world.admin.script = [](const Seen&) { return answer(kStandby); };
        world.run([&](World& w) -> Task {
            co_await w.client->status(false, kAmple);
            by_reset ? w.admin.reset(1) : w.admin.close(1);
            const auto second = co_await w.client->status(false, kAmple);
            CHECK(*second == iotex::StatusReply{false, 2});
        });
        CHECK(lines(world.admin) == Lines{"1 GET /ha", "2 GET /ha"});
    }
}

TEST_CASE("a read is repeated no more than once") {
    World world;
    world.admin.script = [&](const Seen&) {
        return world.admin.seen.size() == 1 ? answer(kStandby) : raw("", Reply::Then::kClose);
    };
    world.run([](World& w) -> Task {
        co_await w.client->status(false, kAmple);
        const auto second = co_await w.client->status(false, kAmple);
        CHECK(outcome(second) == "closed");
    });
    CHECK(lines(world.admin) == Lines{"1 GET /ha", "1 GET /ha", "2 GET /ha"});
}

TEST_CASE("a read whose answer has begun is not repeated") {
    World world;
    world.admin.script = [&](const Seen&) {
        return world.admin.seen.size() == 1 ? answer(kStandby) : raw("H", Reply::Then::kClose);
    };
    world.run([](World& w) -> Task {
        co_await w.client->status(false, kAmple);
        const auto second = co_await w.client->status(false, kAmple);
        CHECK(outcome(second) == "closed");
    });
    CHECK(lines(world.admin) == Lines{"1 GET /ha", "1 GET /ha"});
}

TEST_CASE("a second status beside the first is refused and disturbs nothing") {
    World world;
    std::string first, plain, fresh;
    world.run([&](World& w) -> Task {
        start(w, w.client->status(false, kAmple), first);
        const std::function<bool()> asked = [&] { return !w.admin.seen.empty(); };
        co_await w.until(asked);
        start(w, w.client->status(false, kAmple), plain);
        start(w, w.client->status(true, kAmple), fresh);
        const std::function<bool()> refused = [&] { return !plain.empty() && !fresh.empty(); };
        co_await w.until(refused);
        CHECK(first.empty());
        w.admin.send(1, answer(kStandby).pieces.at(0));
        const std::function<bool()> answered = [&] { return !first.empty(); };
        co_await w.until(answered);
    });
    CHECK(first == "ok");
    CHECK(plain == "not_sent");
    CHECK(fresh == "not_sent");
    CHECK(lines(world.admin) == Lines{"1 GET /ha"});
}

TEST_CASE("a server that does not keep connections is asked on a new one each time") {
    World world;
    world.admin.script = [](const Seen&) {
        return raw("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 16\r\n\r\n" + kActive,
                   Reply::Then::kClose);
    };
    world.run([](World& w) -> Task {
        const auto first = co_await w.client->status(false, kAmple);
        const auto second = co_await w.client->status(false, kAmple);
        CHECK(*first == iotex::StatusReply{true, 1});
        CHECK(*second == iotex::StatusReply{true, 2});
    });
    CHECK(world.events == std::vector<iotex::PortEvent>{{PortName::kAdmin, Kind::kConnected}});
}

TEST_CASE("bytes behind an answer are not taken for the next one") {
    World world;
    world.admin.script = [](const Seen& s) {
        const auto one = answer(kStandby).pieces.at(0);
        return s.connection == 1 ? raw(one + answer(kActive).pieces.at(0)) : answer(kStandby);
    };
    world.run([](World& w) -> Task {
        const auto first = co_await w.client->status(false, kAmple);
        const auto second = co_await w.client->status(false, kAmple);
        CHECK(*first == iotex::StatusReply{false, 1});
        CHECK(*second == iotex::StatusReply{false, 2});
    });
}

TEST_CASE("readiness and metrics share one connection of the probe port") {
    World world;
    world.probe.script = [](const Seen& s) {
        if (s.text.starts_with("GET /metrics ")) return answer("process_start_time_seconds 5\n");
        return s.text.starts_with("GET /health ") ? answer("OK") : answer("no", 404);
    };
    world.run([](World& w) -> Task {
        const auto ready = co_await w.client->readiness(kAmple);
        const auto metrics = co_await w.client->metrics(kAmple);
        CHECK(*ready);
        iotex::NodeMetrics want;
        want.process_start = 5s;
        CHECK(*metrics == want);
    });
    CHECK(lines(world.probe) == Lines{"1 GET /health", "1 GET /metrics"});
}

TEST_CASE("a node that is not ready answers 503 and keeps its connection") {
    World world;
    world.probe.script = [&](const Seen&) {
        if (world.probe.seen.size() == 1) return answer("FAIL", 503);
        return world.probe.seen.size() == 2 ? answer("no", 404) : answer("<html>");
    };
    world.run([](World& w) -> Task {
        const auto ready = co_await w.client->readiness(kAmple);
        CHECK_FALSE(*ready);
        const auto missing = co_await w.client->readiness(kAmple);
        CHECK(outcome(missing) == "http_status");
        const auto garbage = co_await w.client->readiness(kAmple);
        CHECK(outcome(garbage) == "malformed");
    });
    CHECK(world.probe.accepted == 1);
}

TEST_CASE("a megabyte of metrics in odd chunks is read") {
    std::string page;
    while (page.size() < (1U << 20U)) {
        page +=
            "iotex_p2p_message_counter{protocol=\"broadcast\",message=\"3\",direction=\"out\","
            "status=\"success\",peer=\"" +
            std::to_string(page.size()) + "\"} 2\n";
    }
    const auto rows = static_cast<std::uint64_t>(std::count(page.begin(), page.end(), '\n'));
    World world;
    world.probe.script = [&](const Seen&) { return streamed(page); };
    world.run([&](World& w) -> Task {
        const auto metrics = co_await w.client->metrics(kAmple);
        iotex::NodeMetrics want;
        want.consensus_messages_sent = 2 * rows;
        CHECK(*metrics == want);
        const auto again = co_await w.client->metrics(kAmple);
        CHECK(*again == want);
    });
    CHECK(world.probe.accepted == 1);
}

TEST_CASE("metrics over the limit, cut short or of something else are errors") {
    auto limits = quick_limits();
    limits.metrics_body_bytes = 1000;
    World world(limits);
    world.probe.script = [&](const Seen&) {
        if (world.probe.seen.size() == 1) return streamed(std::string(1001, '\n'));
        if (world.probe.seen.size() == 2) return answer("<html>");
        if (world.probe.seen.size() == 3) return answer("process_start_time_seconds 5\n", 500);
        return raw(with_length("99", "process_start_time_seconds 5\n"), Reply::Then::kClose);
    };
    world.run([](World& w) -> Task {
        for (const std::string want : {"too_large", "malformed", "http_status", "closed"}) {
            const auto metrics = co_await w.client->metrics(kAmple);
            CHECK(outcome(metrics) == want);
        }
    });
}

TEST_CASE("the newest block is asked for by JSON-RPC on a connection that is kept") {
    World world;
    world.web3.script = [&](const Seen& s) {
        if (s.text.find("eth_blockNumber") != std::string::npos)
            return answer(R"({"result":"0x11"})");
        return answer(R"({"result":{"number":"0x10","timestamp":"0x68a0b1c2"}})");
    };
    world.run([](World& w) -> Task {
        const auto tip = co_await w.client->tip(kAmple);
        const auto height = co_await w.client->block_number(kAmple);
        CHECK(*tip == iotex::Tip{16, 1755361730s});
        CHECK(*height == 17);
    });
    CHECK(world.web3.accepted == 1);
    CHECK(world.web3.seen.at(1).text ==
          "POST / HTTP/1.1\r\nHost: " + authority(world.web3.url()) +
              "\r\nUser-Agent: iotex-elector\r\nAccept: */*\r\nConnection: keep-alive\r\n"
              "Content-Type: application/json\r\nContent-Length: 63\r\n\r\n"
              R"({"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]})");
    CHECK(world.events.empty());
}

TEST_CASE("web3 errors are errors and its port is not monitored") {
    World world;
    world.web3.script = [&](const Seen&) {
        if (world.web3.seen.size() == 1) return answer(R"({"error":{"code":-1,"message":"x"}})");
        return world.web3.seen.size() == 2 ? answer("<html>") : answer("{}", 429);
    };
    world.run([](World& w) -> Task {
        for (const std::string want : {"rpc", "malformed", "http_status"}) {
            const auto tip = co_await w.client->tip(kAmple);
            CHECK(outcome(tip) == want);
        }
        w.web3.stop_listening();
        w.web3.close(1);
        const auto gone = co_await w.client->block_number(kAmple);
        CHECK(outcome(gone) == "refused");
    });
    CHECK(world.events.empty());
}

TEST_CASE("without a web3 URL the tip is not asked for") {
    World world;
    const iotex::NodeEndpoints endpoints{world.admin.url(), world.probe.url(), std::nullopt};
    world.client.emplace(world.io, endpoints, quick_limits(), nullptr);
    world.run([](World& w) -> Task {
        const auto tip = co_await w.client->tip(kAmple);
        CHECK(outcome(tip) == "not_sent");
        const auto height = co_await w.client->block_number(kAmple);
        CHECK(outcome(height) == "not_sent");
    });
    CHECK(world.web3.accepted == 0);
}
