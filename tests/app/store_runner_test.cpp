// Of the watch that groups share, each hears its own keys, and which of its questions they answer.
#include "app/store_runner.hpp"

#include "etcd_client/watch_fixture.hpp"

using namespace elector;
using namespace elector::test;

namespace {

struct Groups : WatchFixture {
    app::Log log = app::Log::silent();
    Lines failed;
    app::Tasks tasks{io, [this](const std::string& name, const std::string& what) {
                         failed.push_back(name + ": " + what);
                     }};
    app::EtcdLink link{io, config(), log, tasks, 1};
    Lines events;
    app::StoreRunner first{link, "A", tasks, log, post("A")};
    app::StoreRunner second{link, "B", tasks, log, post("B")};

    config::Etcd config() const {
        config::Etcd etcd;
        const auto endpoint = a.endpoint();
        const auto colon = endpoint.rfind(':');
        const auto port = static_cast<std::uint16_t>(std::stoi(endpoint.substr(colon + 1)));
        etcd.endpoints = {config::Url{false, "127.0.0.1", port}};
        etcd.request_timeout = request_timeout;
        etcd.dial_timeout = std::chrono::seconds(20);
        return etcd;
    }

    app::StoreRunner::Post post(const std::string& group) {
        return [this, group](const model::Event& event) {
            if (std::holds_alternative<model::WatchResumed>(event))
                events.push_back(group + " resumed");
            if (const auto* changed = std::get_if<model::StoreChanged>(&event))
                events.push_back(group + " changed at " + std::to_string(changed->revision.value) +
                                 " by " + std::to_string(changed->watch.value));
        };
    }

    void until_events(std::size_t count) {
        run_until(io, [this, count] { return events.size() >= count; });
    }
};

}  // namespace

TEST_CASE_FIXTURE(Groups, "a group's other watch is its own, and begins where its core says") {
    std::string far_end;
    serve(a, "a", [&](const FakeCall& call, const pb::WatchRequest& request, int number) {
        if (request.has_cancel_request()) {
            call.send(put_event(0, "A.d/holder", 22));
            return call.send(ended(request));
        }
        call.send(created(number <= 2 ? number - 1 : 2, 9));
        if (number == 2) call.send(put_event(0, "A.d/holder", 20));
        if (number <= 2) return;
        far_end = request.create_request().range_end();
        call.send(put_event(2, "A.d/holder", 22));
        call.send(put_event(1, "B.d/holder", 23));
    });
    link.start(std::chrono::seconds(60));
    until_events(3);
    CHECK(first.run(model::WatchElection{model::OpId{7}, true, model::Revision{21}}, {}));
    until_events(5);
    CHECK(events == Lines{"A resumed", "B resumed", "A changed at 20 by 0", "A changed at 22 by 7",
                          "B changed at 23 by 0"});
    CHECK(requests == Lines{"a A.d/ from 0", "a B.d/ from 0", "a cancel 0", "a A.d/ from 22"});
    CHECK(far_end == first.keys().members);
    CHECK(failed.empty());
    run(io, link.close());
}
