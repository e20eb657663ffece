// Owns what the tests of watches share: what etcd says, and a line for each request and notice.
// Thread rule: one thread, one io_context.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "etcd_client/fixture.hpp"

namespace elector::test {

inline const std::string kWatch = "Watch/Watch";

inline pb::WatchResponse created(std::int64_t watch_id, std::int64_t revision) {
    pb::WatchResponse response;
    set_header(*response.mutable_header(), revision);
    response.set_watch_id(watch_id);
    response.set_created(true);
    return response;
}

inline pb::WatchResponse put_event(std::int64_t watch_id, const std::string& key,
                                   std::int64_t mod_revision) {
    pb::WatchResponse response;
    set_header(*response.mutable_header(), mod_revision);
    response.set_watch_id(watch_id);
    auto& kv = *response.add_events()->mutable_kv();
    kv.set_key(key);
    kv.set_mod_revision(mod_revision);
    return response;
}

inline pb::WatchResponse compacted(std::int64_t watch_id, std::int64_t compact_revision) {
    pb::WatchResponse response;
    response.mutable_header();
    response.set_watch_id(watch_id);
    response.set_canceled(true);
    response.set_compact_revision(compact_revision);
    return response;
}

/// The answer to a request to end a watch.
inline pb::WatchResponse ended(const pb::WatchRequest& request) {
    pb::WatchResponse response;
    set_header(*response.mutable_header(), 9);
    response.set_watch_id(request.cancel_request().watch_id());
    response.set_canceled(true);
    return response;
}

inline WatchEvent put_of(const std::string& key, std::int64_t mod_revision) {
    return {WatchEvent::Kind::kPut, {key, "", 0, mod_revision, 0, 0}, {}};
}

/// A line per notice, so that a whole course of events is compared at once.
inline std::string line(const WatchNotice& notice) {
    if (const auto* connected = std::get_if<WatchConnected>(&notice)) {
        return "connected at " + std::to_string(connected->header.revision);
    }
    if (const auto* interrupted = std::get_if<WatchInterrupted>(&notice)) {
        return "interrupted: " + std::string(name(interrupted->error.kind));
    }
    if (const auto* refused = std::get_if<WatchRefused>(&notice)) {
        return "refused " + std::to_string(refused->range) + ": " +
               std::string(name(refused->error.kind));
    }
    if (const auto* admitted = std::get_if<WatchAdmitted>(&notice)) {
        return "admitted " + std::to_string(admitted->range) +
               (admitted->from_now ? " from now" : "");
    }
    if (const auto* resync = std::get_if<WatchResync>(&notice)) {
        return "resync: compacted " + std::to_string(resync->compact_revision) + ", on from " +
               std::to_string(resync->next_revision);
    }
    std::string text = "batch:";
    for (const auto& event : std::get<WatchBatch>(notice).events) {
        text += event.kind == WatchEvent::Kind::kPut ? " put " : " delete ";
        text += event.kv.key + "@" + std::to_string(event.kv.mod_revision);
    }
    return text;
}

inline std::string line(const pb::WatchRequest& request) {
    if (request.has_cancel_request())
        return "cancel " + std::to_string(request.cancel_request().watch_id());
    if (!request.has_create_request()) return "progress";
    const auto& create = request.create_request();
    return create.key() + " from " + std::to_string(create.start_revision());
}

using Lines = std::vector<std::string>;

struct WatchFixture : Fixture {
    Lines notices;
    std::vector<WatchBatch> batches;
    Lines requests;  ///< "<server> <key> from <revision>", "<server> cancel <id>" or "... progress"

    ~WatchFixture() {
        a.forget_scripts();
        b.forget_scripts();
        a.shut_down();
        b.shut_down();
    }

    WatchHandler handler() {
        return [this](const WatchNotice& notice) {
            notices.push_back(line(notice));
            if (const auto* batch = std::get_if<WatchBatch>(&notice)) batches.push_back(*batch);
        };
    }

    /// Notes each request and lets `script(call, request, number of this request)` answer.
    template <class Script>
    void serve(FakeEtcd& server, const std::string& server_name, Script script) {
        const auto number = std::make_shared<int>(0);
        server.on<pb::WatchRequest>(kWatch,
                                    [=, this](FakeCall call, const pb::WatchRequest& request) {
                                        requests.push_back(server_name + " " + line(request));
                                        script(call, request, ++*number);
                                    });
    }

    static WatchOptions from(std::int64_t revision) {
        WatchOptions options;
        options.ranges = {{"K/", prefix_end("K/")}};
        options.start_revision = revision;
        return options;
    }

    void until_notices(std::size_t count) {
        run_until(io, [this, count] { return notices.size() >= count; });
    }
};

}  // namespace elector::test
