// Watches: creation, batches, fragments, resumption, compaction, silence.
#include <algorithm>

#include <boost/asio/steady_timer.hpp>

#include "etcd_client/watch_fixture.hpp"

using namespace elector::test;

TEST_CASE_FIXTURE(WatchFixture,
                  "two ranges share a stream, and each event is delivered with its header") {
    WatchOptions watched = from(10);
    watched.ranges.push_back({"K.d/", prefix_end("K.d/")});
    std::string has_leader;
    serve(a, "a", [&has_leader](const FakeCall& call, const pb::WatchRequest&, int number) {
        has_leader = call.metadata("hasleader");
        call.send(created(number - 1, 9));
        if (number < 2) return;
        call.send(put_event(1, "K.d/h", 10));
        call.send(put_event(0, "K/1", 11));
    });
    Client client(io, both());
    const Watch watch = client.watch(watched, handler());
    CHECK(notices.empty());
    until_notices(3);
    CHECK(notices == Lines{"connected at 9", "batch: put K.d/h@10", "batch: put K/1@11"});
    CHECK(batches[0].header == header_at(10));
    CHECK(requests == Lines{"a K/ from 10", "a K.d/ from 10"});
    CHECK(a.calls_open() == 1);
    CHECK(has_leader == "true");
}

TEST_CASE_FIXTURE(WatchFixture, "a delete comes with the value before it when that was asked for") {
    WatchOptions watched = from(10);
    watched.previous = true;
    bool asked = false;
    serve(a, "a", [&asked](const FakeCall& call, const pb::WatchRequest& request, int) {
        asked = request.create_request().prev_kv();
        call.send(created(0, 9));
        auto response = put_event(0, "K/1", 12);
        response.mutable_events(0)->set_type(pb::Event::DELETE);
        response.mutable_events(0)->mutable_prev_kv()->set_key("K/1");
        response.mutable_events(0)->mutable_prev_kv()->set_value("was");
        call.send(response);
    });
    Client client(io, both());
    const Watch watch = client.watch(watched, handler());
    until_notices(2);
    CHECK(asked);
    CHECK(batches[0].events ==
          std::vector<WatchEvent>{
              {WatchEvent::Kind::kDelete, {"K/1", "", 0, 12, 0, 0}, {"K/1", "was", 0, 0, 0, 0}}});
}

TEST_CASE_FIXTURE(WatchFixture, "fragments are delivered as one batch") {
    serve(a, "a", [](const FakeCall& call, const pb::WatchRequest&, int) {
        call.send(created(0, 9));
        auto first = put_event(0, "K/1", 10);
        first.set_fragment(true);
        call.send(first);
        call.send(put_event(0, "K/2", 10));
    });
    Client client(io, both());
    const Watch watch = client.watch(from(10), handler());
    until_notices(2);
    CHECK(batches[0].events == std::vector<WatchEvent>{put_of("K/1", 10), put_of("K/2", 10)});
}

TEST_CASE_FIXTURE(WatchFixture,
                  "half a revision is forgotten with its stream and asked for again") {
    serve(a, "a", [](const FakeCall& call, const pb::WatchRequest&, int) {
        call.send(created(0, 9));
        auto first = put_event(0, "K/1", 10);
        first.set_fragment(true);
        call.send(first);
        call.finish(14, "Socket closed");
    });
    serve(b, "b", [](const FakeCall& call, const pb::WatchRequest&, int) {
        call.send(created(0, 10));
        call.send(put_event(0, "K/1", 10));
    });
    Client client(io, both());
    const Watch watch = client.watch(from(10), handler());
    until_notices(4);
    CHECK(notices == Lines{"connected at 9", "interrupted: unavailable", "connected at 10",
                           "batch: put K/1@10"});
    CHECK(requests == Lines{"a K/ from 10", "b K/ from 10"});
}

TEST_CASE_FIXTURE(WatchFixture,
                  "a broken stream goes on elsewhere after the last event, not the last header") {
    serve(a, "a", [](const FakeCall& call, const pb::WatchRequest&, int) {
        call.send(created(0, 20));
        auto catching_up = put_event(0, "K/1", 12);
        set_header(*catching_up.mutable_header(), 20);  // more old revisions would follow
        call.send(catching_up);
        call.finish(14, "Socket closed");
    });
    serve(b, "b",
          [](const FakeCall& call, const pb::WatchRequest&, int) { call.send(created(0, 20)); });
    Client client(io, both());
    const Watch watch = client.watch(from(10), handler());
    until_notices(4);
    CHECK(notices == Lines{"connected at 20", "batch: put K/1@12", "interrupted: unavailable",
                           "connected at 20"});
    CHECK(requests == Lines{"a K/ from 10", "b K/ from 13"});
}

TEST_CASE_FIXTURE(WatchFixture,
                  "a watch from now on resumes after the revision at which it was made") {
    serve(a, "a", [](const FakeCall& call, const pb::WatchRequest&, int) {
        call.send(created(0, 30));
        call.finish(14, "Socket closed");
    });
    serve(b, "b",
          [](const FakeCall& call, const pb::WatchRequest&, int) { call.send(created(0, 31)); });
    Client client(io, both());
    const Watch watch = client.watch(from(0), handler());
    until_notices(3);
    CHECK(requests == Lines{"a K/ from 0", "b K/ from 31"});
}

TEST_CASE_FIXTURE(WatchFixture, "an answer to a probe does not move the resumption point") {
    serve(a, "a", [](const FakeCall& call, const pb::WatchRequest& request, int) {
        if (request.has_create_request()) return call.send(created(0, 9));
        pb::WatchResponse progress;
        set_header(*progress.mutable_header(), 50);
        progress.set_watch_id(-1);
        call.send(progress);
        call.finish(14, "Socket closed");
    });
    serve(b, "b",
          [](const FakeCall& call, const pb::WatchRequest&, int) { call.send(created(0, 50)); });
    WatchOptions watched = from(10);
    watched.progress_interval = milliseconds(10);
    Client client(io, both());
    const Watch watch = client.watch(watched, handler());
    until_notices(3);
    CHECK(Lines(requests.begin(), requests.begin() + 3) ==
          Lines{"a K/ from 10", "a progress", "b K/ from 10"});
}

TEST_CASE_FIXTURE(WatchFixture, "a quiet stream is probed and kept as long as it answers") {
    serve(a, "a", [](const FakeCall& call, const pb::WatchRequest& request, int number) {
        if (request.has_create_request()) return call.send(created(0, 9));
        pb::WatchResponse progress;
        set_header(*progress.mutable_header(), 9);
        progress.set_watch_id(-1);
        call.send(progress);
        if (number == 4) call.send(put_event(0, "K/1", 10));
    });
    WatchOptions watched = from(10);
    watched.progress_interval = milliseconds(10);
    Client client(io, both());
    const Watch watch = client.watch(watched, handler());
    until_notices(2);
    CHECK(notices == Lines{"connected at 9", "batch: put K/1@10"});
    CHECK(Lines(requests.begin(), requests.begin() + 4) ==
          Lines{"a K/ from 10", "a progress", "a progress", "a progress"});
}

TEST_CASE_FIXTURE(WatchFixture, "a stream that does not answer a probe is replaced") {
    request_timeout = milliseconds(100);
    const auto only_create = [](const FakeCall& call, const pb::WatchRequest& request, int) {
        if (request.has_create_request()) call.send(created(0, 9));
    };
    serve(a, "a", only_create);
    serve(b, "b", only_create);
    WatchOptions watched = from(10);
    watched.progress_interval = milliseconds(20);
    Client client(io, both());
    const Watch watch = client.watch(watched, handler());
    const Lines replaced{"a progress", "b K/ from 10"};
    run_until(io, [this, &replaced] {
        return std::search(requests.begin(), requests.end(), replaced.begin(), replaced.end()) !=
               requests.end();
    });
    const Lines told{"connected at 9", "interrupted: timeout", "connected at 9"};
    run_until(io, [this, &told] {
        return std::search(notices.begin(), notices.end(), told.begin(), told.end()) !=
               notices.end();
    });
}

TEST_CASE_FIXTURE(WatchFixture, "a watch that is not acknowledged in time is made elsewhere") {
    request_timeout = milliseconds(100);
    serve(a, "a", [](const FakeCall&, const pb::WatchRequest&, int) {});
    serve(b, "b",
          [](const FakeCall& call, const pb::WatchRequest&, int) { call.send(created(0, 9)); });
    Client client(io, both());
    const Watch watch = client.watch(from(10), handler());
    until_notices(2);
    CHECK(notices == Lines{"interrupted: timeout", "connected at 9"});
}

TEST_CASE_FIXTURE(WatchFixture, "a refused connection is passed over") {
    serve(b, "b",
          [](const FakeCall& call, const pb::WatchRequest&, int) { call.send(created(0, 9)); });
    Client client(io, options({refused_endpoint(), b.endpoint()}));
    const Watch watch = client.watch(from(10), handler());
    until_notices(2);
    CHECK(notices == Lines{"interrupted: unavailable", "connected at 9"});
}

TEST_CASE_FIXTURE(WatchFixture, "created and canceled in one message is a refusal, told once") {
    serve(a, "a", [](const FakeCall& call, const pb::WatchRequest&, int) {
        auto refused = created(-1, 9);
        refused.set_canceled(true);
        refused.set_cancel_reason(
            "rpc error: code = PermissionDenied desc = etcdserver: permission denied");
        call.send(refused);
    });
    Client client(io, options({a.endpoint()}));
    const Watch watch = client.watch(from(10), handler());
    until_notices(1);
    CHECK(notices == Lines{"interrupted: permission_denied"});
}

TEST_CASE_FIXTURE(WatchFixture, "one refused range of several costs the others nothing") {
    WatchOptions watched = from(10);
    watched.ranges.push_back({"Q/", prefix_end("Q/")});
    watched.ranges.push_back({"R/", prefix_end("R/")});
    const auto no_right = [] {
        auto refused = created(-1, 9);
        refused.set_canceled(true);
        refused.set_cancel_reason(
            "rpc error: code = PermissionDenied desc = etcdserver: permission denied");
        return refused;
    };
    serve(a, "a", [&](const FakeCall& call, const pb::WatchRequest& request, int number) {
        const bool first = number <= 3;
        if (request.create_request().key() == "Q/" && first) return call.send(no_right());
        call.send(created(number - 1, 9));
        if (number == 3) call.send(put_event(2, "R/1", 10));
        if (!first) call.send(put_event(number - 1, "Q/1", 11));
    });
    Client client(io, options({a.endpoint()}));
    const Watch watch = client.watch(watched, handler());
    until_notices(5);
    CHECK(notices == Lines{"connected at 9", "refused 1: permission_denied", "batch: put R/1@10",
                           "admitted 1", "batch: put Q/1@11"});
    CHECK(batches[0].range == 2);
    CHECK(batches[1].range == 1);
    CHECK(requests == Lines{"a K/ from 10", "a Q/ from 10", "a R/ from 10", "a Q/ from 10"});
}

TEST_CASE_FIXTURE(WatchFixture, "a range that was refused from the first on begins now") {
    WatchOptions watched = from(0);
    watched.ranges.push_back({"Q/", prefix_end("Q/")});
    serve(a, "a", [](const FakeCall& call, const pb::WatchRequest&, int number) {
        auto answer = created(number == 2 ? -1 : number - 1, 9);
        answer.set_canceled(number == 2);
        if (number == 2) answer.set_cancel_reason("etcdserver: permission denied");
        call.send(answer);
    });
    Client client(io, options({a.endpoint()}));
    const Watch watch = client.watch(watched, handler());
    until_notices(3);
    CHECK(notices ==
          Lines{"connected at 9", "refused 1: permission_denied", "admitted 1 from now"});
}

TEST_CASE_FIXTURE(WatchFixture, "a compaction is got over by what another range may be read for") {
    WatchOptions watched = from(10);
    watched.ranges.push_back({"Q/", prefix_end("Q/")});
    a.on<pb::RangeRequest>("KV/Range", [](const FakeCall& call, const pb::RangeRequest& request) {
        if (request.key() == "K/") return call.finish(7, "etcdserver: permission denied");
        call.answer(range_response(60));
    });
    serve(a, "a", [](const FakeCall& call, const pb::WatchRequest&, int number) {
        call.send(created(number - 1, 55));
        if (number == 2) call.send(compacted(1, 50));
    });
    Client client(io, options({a.endpoint()}));
    const Watch watch = client.watch(watched, handler());
    until_notices(3);
    CHECK(notices ==
          Lines{"connected at 55", "resync: compacted 50, on from 61", "connected at 55"});
}

TEST_CASE_FIXTURE(WatchFixture, "many ranges may take longer to be acknowledged than one request") {
    request_timeout = milliseconds(150);
    WatchOptions watched = from(10);
    watched.ranges.resize(5, {"K/", prefix_end("K/")});
    std::vector<std::shared_ptr<boost::asio::steady_timer>> late;
    serve(a, "a", [&](const FakeCall& call, const pb::WatchRequest& request, int number) {
        if (!request.has_create_request()) return call.send(created(-1, 9));
        late.push_back(std::make_shared<boost::asio::steady_timer>(io, number * milliseconds(60)));
        late.back()->async_wait(
            [call, number](boost::system::error_code) { call.send(created(number - 1, 9)); });
    });
    Client client(io, options({a.endpoint()}));
    const Watch watch = client.watch(watched, handler());
    until_notices(1);
    CHECK(notices == Lines{"connected at 9"});
    CHECK(requests.size() == 5);
}

TEST_CASE_FIXTURE(
    WatchFixture,
    "after a compaction the caller is told to read again and nothing newer is missed") {
    always(a, "KV/Range", range_response(60));
    serve(a, "a", [](const FakeCall& call, const pb::WatchRequest&, int number) {
        if (number > 1) {
            call.send(created(0, 60));
            return call.send(put_event(0, "K/1", 61));
        }
        call.send(created(0, 55));
        call.send(compacted(0, 50));
    });
    Client client(io, options({a.endpoint()}));
    const Watch watch = client.watch(from(10), handler());
    until_notices(4);
    CHECK(notices == Lines{"connected at 55", "resync: compacted 50, on from 61", "connected at 60",
                           "batch: put K/1@61"});
    CHECK(requests == Lines{"a K/ from 10", "a K/ from 61"});
}

TEST_CASE_FIXTURE(WatchFixture, "a compaction is remembered while the store cannot be read") {
    a.on_bytes("KV/Range", [this](FakeCall call, const std::string&) {
        if (notices.empty()) return call.finish(7, "etcdserver: permission denied");
        call.answer(range_response(60));
    });
    serve(a, "a", [](const FakeCall& call, const pb::WatchRequest&, int number) {
        if (number == 1) return call.send(compacted(0, 50));
        call.send(created(0, 60));
    });
    Client client(io, options({a.endpoint()}));
    const Watch watch = client.watch(from(10), handler());
    until_notices(3);
    CHECK(notices == Lines{"interrupted: permission_denied", "resync: compacted 50, on from 61",
                           "connected at 60"});
    CHECK(requests == Lines{"a K/ from 10", "a K/ from 61"});
}

TEST_CASE_FIXTURE(WatchFixture, "a store that was set back makes the caller read again") {
    always(a, "KV/Range", range_response(5));
    serve(a, "a",
          [](const FakeCall& call, const pb::WatchRequest&, int) { call.send(created(0, 5)); });
    Client client(io, options({a.endpoint()}));
    const Watch watch = client.watch(from(100), handler());
    until_notices(3);
    CHECK(notices == Lines{"connected at 5", "resync: compacted 0, on from 6", "connected at 5"});
    CHECK(requests == Lines{"a K/ from 100", "a K/ from 6"});
}

TEST_CASE_FIXTURE(WatchFixture, "a member that only lags is not taken for a store set back") {
    FakeCall stream;
    a.on_bytes("KV/Range", [&stream](FakeCall call, const std::string&) {
        call.answer(range_response(99));
        stream.send(put_event(0, "K/1", 100));
    });
    serve(a, "a", [&stream](const FakeCall& call, const pb::WatchRequest&, int) {
        stream = call;
        call.send(created(0, 90));
    });
    Client client(io, options({a.endpoint()}));
    const Watch watch = client.watch(from(100), handler());
    until_notices(2);
    CHECK(notices == Lines{"connected at 90", "batch: put K/1@100"});
}

TEST_CASE_FIXTURE(WatchFixture, "a handler may end its own watch and hears nothing more") {
    serve(a, "a", [](const FakeCall& call, const pb::WatchRequest&, int) {
        call.send(created(0, 9));
        call.send(put_event(0, "K/1", 10));
        call.send(put_event(0, "K/2", 11));
    });
    Client client(io, options({a.endpoint()}));
    Watch watch;
    watch = client.watch(from(10), [this, &watch](const WatchNotice& notice) {
        notices.push_back(line(notice));
        if (std::holds_alternative<WatchBatch>(notice)) watch.stop();
    });
    run_until(io, [this] { return rpcs.size() == 1; });
    CHECK(notices == Lines{"connected at 9", "batch: put K/1@10"});
    CHECK(rpcs == Lines{kWatch + " 1 " + a.endpoint()});
}

TEST_CASE_FIXTURE(WatchFixture,
                  "a watch whose endpoint is removed moves without being called interrupted") {
    serve(a, "a", [](const FakeCall& call, const pb::WatchRequest&, int) {
        call.send(created(0, 9));
        call.send(put_event(0, "K/1", 10));
    });
    serve(b, "b",
          [](const FakeCall& call, const pb::WatchRequest&, int) { call.send(created(0, 10)); });
    Client client(io, options({a.endpoint()}));
    const Watch watch = client.watch(from(10), handler());
    until_notices(2);
    always(b, "Maintenance/Status", pb::StatusResponse());
    REQUIRE(client.set_access(options({b.endpoint()})));
    until_notices(3);
    CHECK(notices == Lines{"connected at 9", "batch: put K/1@10", "connected at 10"});
    CHECK(requests == Lines{"a K/ from 10", "b K/ from 11"});
}

TEST_CASE_FIXTURE(WatchFixture, "after an election a watch at a member that missed it moves") {
    serve(a, "a", [](const FakeCall& call, const pb::WatchRequest& request, int) {
        if (request.has_create_request()) return call.send(created(0, 9));  // in Raft term 9
        pb::WatchResponse progress;
        set_header(*progress.mutable_header(), 9);
        progress.set_watch_id(-1);
        call.send(progress);
    });
    serve(b, "b", [](const FakeCall& call, const pb::WatchRequest&, int) {
        auto response = created(0, 20);
        response.mutable_header()->set_raft_term(10);
        call.send(response);
    });
    always_fail(a, "KV/Range", 14, "Socket closed");
    std::uint64_t term = 9;
    b.on_bytes("KV/Range", [&term](FakeCall call, const std::string&) {
        call.answer(range_in_term(std::exchange(term, 10)));
    });
    Client client(io, both());
    const Watch watch = client.watch(from(10), handler());
    until_notices(1);
    for (int i = 0; i < 2; ++i)
        CHECK(run(io, client.range(RangeOp{"k", "", false, 0}, patient())).has_value());
    until_notices(3);
    CHECK(notices == Lines{"connected at 9", "interrupted: unavailable", "connected at 20"});
    CHECK(requests == Lines{"a K/ from 10", "a progress", "b K/ from 10"});
}
