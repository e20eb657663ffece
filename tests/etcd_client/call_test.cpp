// Unary calls: success, refusal, time-out, rotation, retry, hedge, cancellation.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "etcd_client/fixture.hpp"

using namespace elector::test;
namespace asio = boost::asio;

namespace {

milliseconds since(Clock::time_point begin) {
    return std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
}

CallOptions within(milliseconds timeout) {
    CallOptions options;
    options.timeout = timeout;
    return options;
}

CallOptions idempotent(milliseconds timeout) {
    CallOptions options = within(timeout);
    options.idempotent = true;
    return options;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a put is sent as asked and its reply is given back") {
    std::vector<std::string> seen;
    a.on<pb::PutRequest>("KV/Put", [&seen](FakeCall call, const pb::PutRequest& request) {
        seen = {request.key(), request.value(), std::to_string(request.lease())};
        call.answer(put_response(11));
    });
    Client client(io, options({a.endpoint()}));
    CHECK(run(io, client.put({"k", "v", 5}, patient())) ==
          Result<PutReply>(PutReply{header_at(11)}));
    CHECK(seen == std::vector<std::string>{"k", "v", "5"});
    CHECK(rpcs == std::vector<std::string>{"KV/Put 0 " + a.endpoint()});
}

TEST_CASE_FIXTURE(Fixture, "etcd is told how long an attempt is waited for") {
    milliseconds told{};
    a.on<pb::PutRequest>("KV/Put", [&told](FakeCall call, const pb::PutRequest&) {
        told = call.patience();
        call.answer(put_response(11));
    });
    auto brief = options({a.endpoint()});
    brief.request_timeout = milliseconds(7000);
    Client client(io, brief);
    CHECK(run(io, client.put({"k", "v", 0}, patient())));
    CHECK(told <= milliseconds(7000));
    CHECK(told > milliseconds(500));
}

TEST_CASE_FIXTURE(Fixture, "a range gives keys, count and whether there are more") {
    auto response = range_response(12);
    response.add_kvs()->set_key("k");
    response.set_count(3);
    response.set_more(true);
    always(a, "KV/Range", response);
    Client client(io, both());
    const RangeReply expected{header_at(12), {{"k", "", 0, 0, 0, 0}}, 3, true};
    CHECK(run(io, client.range({"k", "l", false, 1}, patient())) == Result<RangeReply>(expected));
}

TEST_CASE_FIXTURE(Fixture, "a delete gives the number of keys") {
    pb::DeleteRangeResponse response;
    set_header(*response.mutable_header(), 13);
    response.set_deleted(2);
    always(a, "KV/DeleteRange", response);
    Client client(io, both());
    CHECK(run(io, client.remove({"k", "l"}, patient())) ==
          Result<DeleteReply>(DeleteReply{header_at(13), 2}));
}

TEST_CASE_FIXTURE(Fixture, "members and status are read whole") {
    pb::MemberListResponse members;
    set_header(*members.mutable_header(), 1);
    auto& member = *members.add_members();
    member.set_id(3);
    member.set_name("m");
    member.add_peerurls("p");
    member.add_clienturls("c");
    member.set_islearner(true);
    always(a, "Cluster/MemberList", members);
    pb::StatusResponse status;
    set_header(*status.mutable_header(), 2);
    status.set_version("3.4.23");
    status.set_dbsize(4);
    status.set_leader(5);
    status.set_raftindex(6);
    status.set_raftterm(7);
    status.add_errors("NOSPACE");
    always(b, "Maintenance/Status", status);
    Client client(io, options({a.endpoint()}));
    const MemberListReply expected{header_at(1), {{3, "m", {"p"}, {"c"}, true}}};
    CHECK(run(io, client.member_list(patient())) == Result<MemberListReply>(expected));
    const StatusReply expected_status{header_at(2), "3.4.23", 4, 5, 6, 7, {"NOSPACE"}, false};
    CHECK(run(io, client.status(b.endpoint())) == Result<StatusReply>(expected_status));
    CHECK(error_of(run(io, client.status("nonsense"))).kind == ErrorKind::kInvalid);
}

TEST_CASE_FIXTURE(Fixture, "a refusal is given back at once and no other endpoint is asked") {
    always_fail(a, "KV/Put", 7, "etcdserver: permission denied");
    Client client(io, both());
    const Error expected{ErrorKind::kPermissionDenied, 7, "etcdserver: permission denied",
                         a.endpoint(), false};
    CHECK(error_of(run(io, client.put({"k", "v", 0}, patient()))) == expected);
    CHECK(b.received().empty());
}

TEST_CASE_FIXTURE(Fixture, "a reply that cannot be read leaves a write in doubt") {
    a.on_bytes("KV/Put", [](FakeCall call, const std::string&) {
        call.send_bytes("\x0a\xff");
        call.finish(0, "");
    });
    Client client(io, both());
    const Error error = error_of(run(io, client.put({"k", "v", 0}, patient())));
    CHECK(error.kind == ErrorKind::kInternal);
    CHECK(error.outcome_unknown);
}

TEST_CASE_FIXTURE(Fixture, "a call that follows at once upon another is given up in time, too") {
    always(a, "KV/Put", put_response(11));
    auto brief = options({a.endpoint()});
    brief.request_timeout = milliseconds(300);
    Client client(io, brief);
    const auto both_calls = [&]() -> asio::awaitable<Result<RangeReply>> {
        PutOp put{"k", "v", 0};
        const auto done = co_await client.put(std::move(put), patient());
        CHECK(done);
        RangeOp range{"k", "", false, 0};
        auto silent = co_await client.range(std::move(range), within(milliseconds(300)));
        co_return silent;
    };
    auto task = both_calls();
    CHECK(error_of(run(io, std::move(task))).kind == ErrorKind::kTimeout);
}

TEST_CASE_FIXTURE(Fixture, "a write that times out is not repeated and its outcome is unknown") {
    request_timeout = milliseconds(100);
    always(b, "KV/Put", put_response(1));
    Client client(io, both());
    const Error error = error_of(run(io, client.put({"k", "v", 0}, patient())));
    CHECK(error.kind == ErrorKind::kTimeout);
    CHECK(error.endpoint == a.endpoint());
    CHECK(error.outcome_unknown);
    CHECK(rpcs == std::vector<std::string>{"KV/Put 4 " + a.endpoint()});
    run(io, client.put({"k", "v", 0}, patient()));
    CHECK(rpcs[1].ends_with(b.endpoint()));
}

TEST_CASE_FIXTURE(Fixture, "an idempotent write that times out is repeated at the next endpoint") {
    request_timeout = milliseconds(30);
    always(b, "KV/Put", put_response(2));
    Client client(io, both());
    CHECK(run(io, client.put({"k", "v", 0}, idempotent(milliseconds(20'000)))) ==
          Result<PutReply>(PutReply{header_at(2)}));
}

TEST_CASE_FIXTURE(Fixture, "a doubt of an earlier attempt outlives a later definite refusal") {
    always_fail(a, "KV/Put", 14, "Socket closed");
    always_fail(b, "KV/Put", 7, "etcdserver: permission denied");
    Client client(io, both());
    const Error error =
        error_of(run(io, client.put({"k", "v", 0}, idempotent(milliseconds(20'000)))));
    CHECK(error.kind == ErrorKind::kPermissionDenied);
    CHECK(error.outcome_unknown);
}

TEST_CASE_FIXTURE(Fixture,
                  "a transaction that only reads is repeated like a read, one that writes is not") {
    always_fail(a, "KV/Txn", 14, "Socket closed");
    pb::TxnResponse response;
    set_header(*response.mutable_header(), 3);
    always(b, "KV/Txn", response);
    Txn writing;
    writing.then_ops = {RangeOp{"k", "", false, 0}};
    writing.else_ops = {PutOp{"k", "v", 0}};
    Txn reading;
    reading.then_ops = {RangeOp{"k", "", false, 0}};
    {
        Client client(io, both());
        CHECK(error_of(run(io, client.txn(writing, patient()))).outcome_unknown);
    }
    Client client(io, both());
    CHECK(run(io, client.txn(reading, patient())).has_value());
}

TEST_CASE_FIXTURE(Fixture, "the call's own time ends it although attempts could go on") {
    request_timeout = milliseconds(20);
    Client client(io, both());
    const auto begin = Clock::now();
    const Error error =
        error_of(run(io, client.range({"k", "", false, 0}, within(milliseconds(600)))));
    CHECK(error.kind == ErrorKind::kTimeout);
    CHECK_FALSE(error.outcome_unknown);
    CHECK(since(begin) < milliseconds(10'000));
    CHECK(rpcs.size() >= 2);
}

TEST_CASE_FIXTURE(Fixture, "no more attempts are made than allowed") {
    always_fail(a, "KV/Range", 14, "Socket closed");
    always_fail(b, "KV/Range", 14, "Socket closed");
    Client client(io, both());
    CallOptions limited = within(milliseconds(5000));
    limited.max_attempts = 3;
    CHECK(error_of(run(io, client.range({"k", "", false, 0}, limited))).text == "Socket closed");
    CHECK(rpcs.size() == 3);
}

TEST_CASE_FIXTURE(Fixture, "the first retry is immediate and the next ones pause") {
    int failures = 0;
    const auto fail_twice = [&failures](FakeCall call, const std::string&) {
        if (++failures <= 2) {
            call.finish(14, "Socket closed");
        } else {
            call.answer(range_response(4));
        }
    };
    a.on_bytes("KV/Range", fail_twice);
    b.on_bytes("KV/Range", fail_twice);
    Client client(io, both());
    const auto begin = Clock::now();
    CHECK(run(io, client.range({"k", "", false, 0}, patient())).has_value());
    CHECK(since(begin) >= milliseconds(50));
    CHECK(failures == 3);
}

TEST_CASE_FIXTURE(
    Fixture, "a refused connection costs nothing: even a plain write goes to the next endpoint") {
    always(b, "KV/Put", put_response(5));
    Client client(io, options({refused_endpoint(), b.endpoint()}));
    const auto begin = Clock::now();
    CHECK(run(io, client.put({"k", "v", 0}, patient())).has_value());
    CHECK(since(begin) < request_timeout);
    CHECK(run(io, client.put({"k", "v", 0}, patient())).has_value());
    CHECK(rpcs.size() == 3);  // the second call did not ask the dead one again
}

TEST_CASE_FIXTURE(Fixture, "a learner is passed over") {
    always_fail(a, "KV/Put", 14, "etcdserver: rpc not supported for learner");
    always(b, "KV/Put", put_response(6));
    Client client(io, both());
    CHECK(run(io, client.put({"k", "v", 0}, patient())).has_value());
}

TEST_CASE_FIXTURE(Fixture,
                  "a hedge overtakes a silent endpoint, cancels it and is preferred from then on") {
    always(b, "KV/Range", range_response(7));
    Client client(io, both());
    CallOptions hedged = within(milliseconds(20'000));
    hedged.hedge_after = milliseconds(40);
    const auto begin = Clock::now();
    CHECK(run(io, client.range({"k", "", false, 0}, hedged)).has_value());
    const auto first = since(begin);
    CHECK(first >= milliseconds(40));
    CHECK(first < request_timeout);
    run_until(io, [this] { return a.calls_open() == 0 && rpcs.size() == 2; });
    CHECK(rpcs ==
          std::vector<std::string>{"KV/Range 0 " + b.endpoint(), "KV/Range 1 " + a.endpoint()});
    CHECK(run(io, client.range({"k", "", false, 0}, patient())).has_value());
    CHECK(a.received().size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "a hedge that fails leaves the first attempt its time") {
    FakeCall silent;
    a.on_bytes("KV/Range", [&silent](FakeCall call, const std::string&) { silent = call; });
    b.on_bytes("KV/Range", [&silent](FakeCall call, const std::string&) {
        call.finish(14, "Socket closed");
        silent.answer(range_response(8));
    });
    Client client(io, both());
    CallOptions hedged = within(milliseconds(20'000));
    hedged.hedge_after = milliseconds(20);
    const auto reply = run(io, client.range({"k", "", false, 0}, hedged));
    REQUIRE(reply.has_value());
    CHECK(reply->header == header_at(8));
}

TEST_CASE_FIXTURE(Fixture, "a write that is not idempotent is never hedged") {
    request_timeout = milliseconds(80);
    always(b, "KV/Put", put_response(9));
    Client client(io, both());
    CallOptions hedged = within(milliseconds(20'000));
    hedged.hedge_after = milliseconds(10);
    CHECK(error_of(run(io, client.put({"k", "v", 0}, hedged))).outcome_unknown);
    CHECK(b.received().empty());
}

TEST_CASE_FIXTURE(Fixture, "cancelling the awaiting coroutine cancels the call at the server") {
    Client client(io, both());
    asio::cancellation_signal signal;
    std::optional<Result<PutReply>> outcome;
    asio::co_spawn(io, client.put({"k", "v", 0}, patient()),
                   asio::bind_cancellation_slot(
                       signal.slot(), [&outcome](std::exception_ptr, Result<PutReply> result) {
                           outcome = std::move(result);
                       }));
    run_until(io, [this] { return a.calls_open() == 1; });
    signal.emit(asio::cancellation_type::terminal);
    run_until(io, [&] { return a.calls_open() == 0 && !rpcs.empty() && outcome.has_value(); });
    CHECK(rpcs == std::vector<std::string>{"KV/Put 1 " + a.endpoint()});
    CHECK(error_of(*outcome) ==
          Error{ErrorKind::kCancelled, 0, "given up by the caller", "", true});
}

TEST_CASE_FIXTURE(Fixture, "a grant whose first answer was lost is recognised as ours") {
    always_fail(a, "Lease/LeaseGrant", 14, "Socket closed");
    always_fail(b, "Lease/LeaseGrant", 9, "etcdserver: lease already exists");
    pb::LeaseTimeToLiveResponse ttl;
    set_header(*ttl.mutable_header(), 10);
    ttl.set_id(77);
    ttl.set_ttl(4);
    ttl.set_grantedttl(5);
    always(b, "Lease/LeaseTimeToLive", ttl);
    Client client(io, both());
    const LeaseGrant expected{header_at(10), 77, 5};
    CHECK(run(io, client.lease_grant(77, 3, patient())) == Result<LeaseGrant>(expected));
}

TEST_CASE_FIXTURE(Fixture, "a grant that is ours but gone already is not given back as a lease") {
    always_fail(a, "Lease/LeaseGrant", 14, "Socket closed");
    always_fail(b, "Lease/LeaseGrant", 9, "etcdserver: lease already exists");
    pb::LeaseTimeToLiveResponse ttl;
    ttl.set_ttl(-1);
    always(b, "Lease/LeaseTimeToLive", ttl);
    Client client(io, both());
    CHECK(error_of(run(io, client.lease_grant(77, 3, patient()))).kind ==
          ErrorKind::kLeaseNotFound);
}

TEST_CASE_FIXTURE(Fixture, "a grant of an id that was there before is refused") {
    always_fail(a, "Lease/LeaseGrant", 9, "etcdserver: lease already exists");
    Client client(io, both());
    const Error error = error_of(run(io, client.lease_grant(77, 3, patient())));
    CHECK(error.kind == ErrorKind::kLeaseExists);
    CHECK_FALSE(error.outcome_unknown);
}

TEST_CASE_FIXTURE(Fixture, "a revoke is repeated until an endpoint answers") {
    always_fail(a, "Lease/LeaseRevoke", 14, "Socket closed");
    always(b, "Lease/LeaseRevoke", pb::LeaseRevokeResponse());
    Client client(io, both());
    CHECK(run(io, client.lease_revoke(77, patient())).has_value());
}

TEST_CASE_FIXTURE(Fixture,
                  "new endpoints serve the next call while one in flight finishes where it is") {
    FakeCall waiting;
    a.on_bytes("KV/Range", [&waiting](FakeCall call, const std::string&) { waiting = call; });
    always(b, "KV/Put", put_response(14));
    Client client(io, options({a.endpoint()}));
    std::optional<Result<RangeReply>> outcome;
    asio::co_spawn(
        io, client.range({"k", "", false, 0}, patient()),
        [&outcome](std::exception_ptr, Result<RangeReply> result) { outcome = std::move(result); });
    run_until(io, [&waiting] { return waiting.alive(); });
    CHECK_FALSE(client.set_access(options({"nonsense"})));
    CHECK(client.endpoints() == std::vector<std::string>{a.endpoint()});
    always(b, "Maintenance/Status", pb::StatusResponse());
    REQUIRE(client.set_access(options({b.endpoint()})));
    run_until(io, [&client, this] { return client.endpoints().front() == b.endpoint(); });
    CHECK(run(io, client.put({"k", "v", 0}, patient())).has_value());
    waiting.answer(range_response(15));
    run_until(io, [&outcome] { return outcome.has_value(); });
    CHECK(outcome->value().header == header_at(15));
}
