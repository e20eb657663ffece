// Watches: another range in the place of one.
#include <boost/asio/steady_timer.hpp>

#include "etcd_client/watch_fixture.hpp"

using namespace elector::test;

TEST_CASE_FIXTURE(WatchFixture,
                  "another range takes one's place, and the others hear nothing of it") {
    WatchOptions watched = from(10);
    watched.ranges.push_back({"Q/", prefix_end("Q/")});
    serve(a, "a", [](const FakeCall& call, const pb::WatchRequest& request, int number) {
        if (number <= 2) return call.send(created(number - 1, 9));
        if (request.has_cancel_request()) {
            call.send(put_event(0, "K/late", 14));
            call.send(ended(request));
            return call.send(put_event(0, "K/later", 14));
        }
        call.send(created(2, 20));
        call.send(put_event(2, "K/a", 15));
        call.send(put_event(1, "Q/1", 16));
    });
    Client client(io, both());
    Watch watch = client.watch(watched, handler());
    until_notices(1);
    watch.set_range(0, {"K/a", prefix_end("K/a")}, 15);
    until_notices(3);
    CHECK(notices == Lines{"connected at 9", "batch: put K/a@15", "batch: put Q/1@16"});
    CHECK(batches[0].range == 0);
    CHECK(batches[1].range == 1);
    CHECK(requests == Lines{"a K/ from 10", "a Q/ from 10", "a cancel 0", "a K/a from 15"});
    CHECK(rpcs.empty());  // it is the same stream
}

TEST_CASE_FIXTURE(WatchFixture, "what a range had in fragments is not told of the next one") {
    WatchOptions watched = from(10);
    watched.ranges.push_back({"Q/", prefix_end("Q/")});
    serve(a, "a", [](const FakeCall& call, const pb::WatchRequest& request, int number) {
        if (request.has_cancel_request()) return call.send(ended(request));
        call.send(created(number <= 2 ? number - 1 : 2, 9));
        if (number > 2) return call.send(put_event(2, "K/a", 15));
        if (number == 1) return;
        auto part = put_event(0, "K/1", 12);
        part.set_fragment(true);
        call.send(part);
        call.send(put_event(1, "Q/1", 13));
    });
    Client client(io, options({a.endpoint()}));
    Watch watch = client.watch(watched, handler());
    until_notices(2);
    watch.set_range(0, {"K/a", prefix_end("K/a")}, 15);
    until_notices(3);
    CHECK(notices == Lines{"connected at 9", "batch: put Q/1@13", "batch: put K/a@15"});
}

TEST_CASE_FIXTURE(WatchFixture, "a range may be changed before it is acknowledged") {
    serve(a, "a", [](const FakeCall& call, const pb::WatchRequest& request, int number) {
        if (number == 1) return;
        if (request.has_cancel_request()) return call.send(ended(request));
        call.send(created(0, 9));
        call.send(put_event(0, "K/1", 12));
        call.send(created(1, 20));
        call.send(put_event(1, "K/a", 15));
    });
    Client client(io, options({a.endpoint()}));
    Watch watch = client.watch(from(10), handler());
    run_until(io, [this] { return requests.size() == 1; });
    watch.set_range(0, {"K/a", prefix_end("K/a")}, 15);
    until_notices(2);
    run_until(io, [this] { return requests.size() == 3; });
    CHECK(notices == Lines{"connected at 20", "batch: put K/a@15"});
    CHECK(requests == Lines{"a K/ from 10", "a K/a from 15", "a cancel 0"});
}

TEST_CASE_FIXTURE(WatchFixture, "a range that is changed between two streams is the next one's") {
    WatchOptions watched = from(10);
    watched.ranges.push_back({"Q/", prefix_end("Q/")});
    serve(a, "a", [](const FakeCall& call, const pb::WatchRequest&, int number) {
        call.send(created(number - 1, 9));
        if (number == 1) return;
        call.send(put_event(0, "K/1", 12));
        call.finish(14, "Socket closed");
    });
    serve(b, "b", [](const FakeCall& call, const pb::WatchRequest&, int number) {
        call.send(created(number - 1, 20));
        if (number == 2) call.send(put_event(0, "K/a", 15));
    });
    Client client(io, both());
    Watch watch;
    watch = client.watch(watched, [&](const WatchNotice& notice) {
        handler()(notice);
        if (std::holds_alternative<WatchInterrupted>(notice))
            watch.set_range(0, {"K/a", prefix_end("K/a")}, 15);
    });
    until_notices(5);
    CHECK(notices == Lines{"connected at 9", "batch: put K/1@12", "interrupted: unavailable",
                           "connected at 20", "batch: put K/a@15"});
    CHECK(requests == Lines{"a K/ from 10", "a Q/ from 10", "b K/a from 15", "b Q/ from 10"});
}

TEST_CASE_FIXTURE(WatchFixture,
                  "what is refused is asked for again when another range is changed") {
    WatchOptions watched = from(10);
    watched.ranges.push_back({"Q/", prefix_end("Q/")});
    boost::asio::steady_timer late(io);
    serve(a, "a", [&](const FakeCall& call, const pb::WatchRequest& request, int number) {
        if (request.has_cancel_request()) return call.send(ended(request));
        if (request.create_request().key() == "K/a") {  // later than Q/ would be asked for again
            late.expires_after(milliseconds(1300));
            return late.async_wait([call](boost::system::error_code) { call.send(created(2, 9)); });
        }
        auto answer = created(number == 2 ? -1 : number, 9);
        answer.set_canceled(number == 2);
        if (number == 2) answer.set_cancel_reason("etcdserver: permission denied");
        call.send(answer);
    });
    Client client(io, options({a.endpoint()}));
    Watch watch = client.watch(watched, handler());
    until_notices(2);
    watch.set_range(0, {"K/a", prefix_end("K/a")}, 15);
    until_notices(3);
    CHECK(notices == Lines{"connected at 9", "refused 1: permission_denied", "admitted 1"});
    CHECK(requests ==
          Lines{"a K/ from 10", "a Q/ from 10", "a cancel 1", "a K/a from 15", "a Q/ from 10"});
}

TEST_CASE_FIXTURE(WatchFixture,
                  "a range that is refused in another's place is told, and waited for") {
    WatchOptions watched = from(10);
    watched.ranges.push_back({"Q/", prefix_end("Q/")});
    serve(a, "a", [](const FakeCall& call, const pb::WatchRequest& request, int number) {
        if (request.has_cancel_request()) return call.send(ended(request));
        const bool refused = number == 4;
        auto answer = created(refused ? -1 : number, 9);
        answer.set_canceled(refused);
        if (refused) answer.set_cancel_reason("etcdserver: permission denied");
        call.send(answer);
        if (number == 5) call.send(put_event(5, "K/a", 15));
    });
    Client client(io, options({a.endpoint()}));
    Watch watch = client.watch(watched, handler());
    until_notices(1);
    watch.set_range(0, {"K/a", prefix_end("K/a")}, 15);
    until_notices(4);
    CHECK(notices == Lines{"connected at 9", "refused 0: permission_denied", "admitted 0",
                           "batch: put K/a@15"});
    CHECK(rpcs.empty());
}
