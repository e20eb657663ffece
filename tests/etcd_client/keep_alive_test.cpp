// The shared keep-alive stream.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include "etcd_client/fixture.hpp"

using namespace elector::test;
namespace asio = boost::asio;

namespace {

const std::string kMethod = "Lease/LeaseKeepAlive";

pb::LeaseKeepAliveResponse answer_for(std::int64_t id, std::int64_t ttl_seconds) {
    pb::LeaseKeepAliveResponse response;
    set_header(*response.mutable_header(), 5);
    response.set_id(id);
    response.set_ttl(ttl_seconds);
    return response;
}

void always_alive(FakeEtcd& server, std::int64_t ttl_seconds) {
    server.on<pb::LeaseKeepAliveRequest>(
        kMethod, [ttl_seconds](FakeCall call, const pb::LeaseKeepAliveRequest& request) {
            call.send(answer_for(request.id(), ttl_seconds));
        });
}

Result<KeepAlive> alive(std::int64_t ttl_seconds) { return KeepAlive{header_at(5), ttl_seconds}; }

using Answers = std::vector<std::pair<int, Result<KeepAlive>>>;

/// Starts a keep-alive whose result is noted under `name`.
void start(asio::io_context& io, Client& client, Answers& answers, int name, std::int64_t id,
           milliseconds timeout) {
    asio::co_spawn(io, client.keep_alive(id, timeout),
                   [&answers, name](std::exception_ptr, Result<KeepAlive> result) {
                       answers.emplace_back(name, std::move(result));
                   });
}

}  // namespace

TEST_CASE_FIXTURE(
    Fixture, "keep-alives are answered one after the other on one stream that asks for a leader") {
    std::string has_leader;
    a.on<pb::LeaseKeepAliveRequest>(
        kMethod, [&has_leader](FakeCall call, const pb::LeaseKeepAliveRequest& request) {
            has_leader = call.metadata("hasleader");
            call.send(answer_for(request.id(), 5));
        });
    Client client(io, both());
    CHECK(run(io, client.keep_alive(1, milliseconds(20'000))) == alive(5));
    CHECK(run(io, client.keep_alive(2, milliseconds(20'000))) == alive(5));
    CHECK(a.calls_open() == 1);
    CHECK(has_leader == "true");
}

TEST_CASE_FIXTURE(Fixture, "a lease that is gone answers with TTL 0") {
    always_alive(a, 0);
    Client client(io, both());
    CHECK(run(io, client.keep_alive(1, milliseconds(20'000))) == alive(0));
}

TEST_CASE_FIXTURE(Fixture, "answers go to the lease they name, whatever their order") {
    std::vector<std::int64_t> ids;
    a.on<pb::LeaseKeepAliveRequest>(
        kMethod, [&ids](FakeCall call, const pb::LeaseKeepAliveRequest& request) {
            ids.push_back(request.id());
            if (ids.size() < 2) return;
            call.send(answer_for(ids[1], 11));
            call.send(answer_for(99, 12));  // nobody's
            call.send(answer_for(ids[0], 10));
        });
    Client client(io, both());
    Answers answers;
    start(io, client, answers, 1, 1, milliseconds(20'000));
    start(io, client, answers, 2, 2, milliseconds(20'000));
    run_until(io, [&answers] { return answers.size() == 2; });
    CHECK(answers == Answers{{2, alive(11)}, {1, alive(10)}});
}

TEST_CASE_FIXTURE(Fixture,
                  "a broken stream is reopened at the next endpoint and the question asked again") {
    a.on_bytes(kMethod,
               [](FakeCall call, const std::string&) { call.finish(14, "Socket closed"); });
    always_alive(b, 4);
    Client client(io, both());
    CHECK(run(io, client.keep_alive(1, milliseconds(20'000))) == alive(4));
    CHECK(rpcs == std::vector<std::string>{kMethod + " 14 " + a.endpoint()});
}

TEST_CASE_FIXTURE(Fixture, "a stream that cannot be opened is opened at the next endpoint") {
    always_alive(b, 4);
    Client client(io, options({refused_endpoint(), b.endpoint()}));
    CHECK(run(io, client.keep_alive(1, milliseconds(20'000))) == alive(4));
}

TEST_CASE_FIXTURE(Fixture, "a silent stream is replaced after one request time-out") {
    request_timeout = milliseconds(100);
    always_alive(b, 4);
    Client client(io, both());
    const auto begin = Clock::now();
    CHECK(run(io, client.keep_alive(1, milliseconds(20'000))) == alive(4));
    CHECK(Clock::now() - begin >= request_timeout);
    run_until(io, [this] { return !rpcs.empty(); });
    CHECK(rpcs[0] == kMethod + " 1 " + a.endpoint());
}

TEST_CASE_FIXTURE(Fixture, "an answer to one lease says that the stream lives, for all of them") {
    request_timeout = milliseconds(500);
    // Each answer comes a while after the one before: the last is older than a request may be.
    std::vector<std::shared_ptr<boost::asio::steady_timer>> late;
    a.on<pb::LeaseKeepAliveRequest>(
        kMethod, [&](FakeCall call, const pb::LeaseKeepAliveRequest& request) {
            const auto after = (late.size() + 1) * milliseconds(200);
            late.push_back(std::make_shared<boost::asio::steady_timer>(io, after));
            late.back()->async_wait([call, id = request.id()](boost::system::error_code) {
                call.send(answer_for(id, 10));
            });
        });
    Client client(io, options({a.endpoint()}));
    Answers answers;
    for (int id = 1; id <= 5; ++id) start(io, client, answers, id, id, milliseconds(20'000));
    run_until(io, [&answers] { return answers.size() == 5; });
    CHECK(rpcs.empty());  // no stream has ended
    CHECK(a.received().size() == 5);
}

TEST_CASE_FIXTURE(Fixture, "when nobody answers the total time-out ends the wait") {
    request_timeout = milliseconds(20);
    Client client(io, both());
    const auto begin = Clock::now();
    const Error error = error_of(run(io, client.keep_alive(1, milliseconds(400))));
    CHECK(error.kind == ErrorKind::kTimeout);
    CHECK(error.outcome_unknown);
    CHECK(Clock::now() - begin >= milliseconds(400));
    run_until(io, [this] { return !rpcs.empty(); });  // a stream that was given up
}

TEST_CASE_FIXTURE(Fixture, "a late answer is not taken for the answer to a later keep-alive") {
    FakeCall stream;
    a.on_bytes(kMethod, [&stream](FakeCall call, const std::string&) { stream = call; });
    Client client(io, options({a.endpoint()}));
    Answers answers;
    start(io, client, answers, 1, 7, milliseconds(20));
    run_until(io, [&answers] { return answers.size() == 1; });
    start(io, client, answers, 2, 7, milliseconds(20'000));
    run_until(io, [this] { return a.received().size() == 2; });
    stream.send(answer_for(7, 10));  // to the first, which nobody awaits any more
    stream.send(answer_for(7, 20));
    run_until(io, [&answers] { return answers.size() == 2; });
    CHECK(answers[0].second.has_error());
    CHECK(answers[1] == std::pair<int, Result<KeepAlive>>{2, alive(20)});
}

TEST_CASE_FIXTURE(Fixture, "a stream whose endpoint is removed moves without losing the question") {
    always_alive(b, 4);
    always(b, "Maintenance/Status", pb::StatusResponse());
    Client client(io, options({a.endpoint()}));
    Answers answers;
    start(io, client, answers, 1, 7, milliseconds(20'000));
    run_until(io, [this] { return a.received().size() == 1; });
    REQUIRE(client.set_access(options({b.endpoint()})));
    run_until(io, [&answers] { return answers.size() == 1; });
    CHECK(answers == Answers{{1, alive(4)}});
}

TEST_CASE_FIXTURE(Fixture, "a cancelled wait ends at once and leaves the stream to the others") {
    FakeCall stream;
    a.on_bytes(kMethod, [&stream](FakeCall call, const std::string&) { stream = call; });
    Client client(io, options({a.endpoint()}));
    asio::cancellation_signal signal;
    bool ended = false;
    asio::co_spawn(
        io, client.keep_alive(1, milliseconds(20'000)),
        asio::bind_cancellation_slot(
            signal.slot(), [&ended](std::exception_ptr, Result<KeepAlive>) { ended = true; }));
    Answers answers;
    start(io, client, answers, 2, 2, milliseconds(20'000));
    run_until(io, [this] { return a.received().size() == 2; });
    signal.emit(asio::cancellation_type::terminal);
    run_until(io, [&ended] { return ended; });
    stream.send(answer_for(2, 6));
    run_until(io, [&answers] { return answers.size() == 1; });
    CHECK(answers == Answers{{2, alive(6)}});
    CHECK(a.calls_open() == 1);
}

TEST_CASE_FIXTURE(Fixture, "a member that missed an election is not believed about a lease") {
    for (const std::int64_t ttl_seconds : {5, 0}) {
        CAPTURE(ttl_seconds);
        always_alive(a, ttl_seconds);  // in Raft term 9
        always_fail(a, "KV/Range", 14, "Socket closed");
        always(b, "KV/Range", range_in_term(10));
        b.on<pb::LeaseKeepAliveRequest>(
            kMethod, [](FakeCall call, const pb::LeaseKeepAliveRequest& request) {
                auto response = answer_for(request.id(), 3);
                response.mutable_header()->set_raft_term(10);
                call.send(response);
            });
        Client client(io, both());
        CHECK(run(io, client.keep_alive(1, milliseconds(20'000))) == alive(ttl_seconds));
        CHECK(run(io, client.range(RangeOp{"k", "", false, 0}, patient())).has_value());
        CHECK(run(io, client.keep_alive(1, milliseconds(20'000))) ==
              Result<KeepAlive>(KeepAlive{{7, 8, 5, 10}, 3}));
    }
}

TEST_CASE_FIXTURE(Fixture, "after a store was set back its lower term is the one that counts") {
    always_alive(a, 4);  // in Raft term 9
    std::uint64_t term = 10;
    a.on_bytes("KV/Range", [&term](FakeCall call, const std::string&) {
        call.answer(range_in_term(std::exchange(term, 8)));
    });
    Client client(io, options({a.endpoint()}));
    for (int i = 0; i < 2; ++i)
        CHECK(run(io, client.range(RangeOp{"k", "", false, 0}, patient())).has_value());
    CHECK(run(io, client.keep_alive(1, milliseconds(20'000))) == alive(4));
}
