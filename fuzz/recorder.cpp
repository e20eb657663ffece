// Claims about a recorder's dump: whatever stands in etcd, a replay of the dump is the same run.
#include "app/recorder.hpp"

#include <sstream>

#include "app/json_values.hpp"
#include "app/replay.hpp"
#include "core/step.hpp"
#include "etcd/records.hpp"
#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"

namespace elector::fuzz {
namespace {

using model::Revision;

/// Values as a watch tells of them: the holder record first, then keys of the queue.
model::StoreChanged told(const std::vector<std::string_view>& values) {
    model::StoreChanged event;
    event.revision = Revision{static_cast<std::int64_t>(values.size())};
    const std::string first(values.front());
    event.changes.reserve(values.size());
    model::Change& record = event.changes.emplace_back();
    record.at = Revision{1};
    record.what.emplace<model::HolderChanged>().holder = {Revision{1}, first,
                                                          etcd::parse_holder(first)};
    for (std::size_t i = 1; i < values.size(); ++i) {
        const Revision at{static_cast<std::int64_t>(i) + 1};
        const std::string value(values[i]);
        model::Change& came = event.changes.emplace_back();
        came.at = at;
        came.what.emplace<model::CandidateCame>().candidate = {"/k/" + value, at, value};
    }
    return event;
}

/// Each value is read from the dump as it was in the store.
void comes_back(const model::StoreChanged& event) {
    model::Event read;
    app::from_value(app::parse_line(app::describe(event)), read);
    const auto& back = std::get<model::StoreChanged>(read);
    require(back.revision == event.revision && back.changes.size() == event.changes.size(),
            "every change is in the dump");
    for (std::size_t i = 0; i < event.changes.size(); ++i) {
        const auto& was = event.changes[i].what;
        const auto& is = back.changes[i].what;
        if (const auto* holder = std::get_if<model::HolderChanged>(&was)) {
            require(std::get<model::HolderChanged>(is).holder == holder->holder,
                    "a record is in the dump as it was stored", holder->holder.bytes);
        } else if (const auto* came = std::get_if<model::CandidateCame>(&was)) {
            require(std::get<model::CandidateCame>(is).candidate == came->candidate,
                    "a candidate is in the dump as it was stored", came->candidate.value);
        }
    }
}

}  // namespace

void fuzz_recorder(std::string_view bytes) {
    model::Policy policy;
    policy.member = "a";
    policy.queue_prefix = "/k/";
    auto state = core::initial_state(model::Instant{}, 1);
    app::Recorder recorder;
    model::Instant now{};
    const auto run = [&](const model::Event& event) {
        model::Effects effects;
        recorder.step(policy, state, now, event);
        core::step(policy, state, now, event, effects);
        for (const auto& effect : effects) recorder.effect(effect);
        now += std::chrono::seconds(1);
        return effects;
    };
    const auto change = told(split(bytes, "\n"));
    for (const auto& effect : run(model::Woke{})) {
        const auto* read = std::get_if<model::ReadElection>(&effect);
        if (read == nullptr) continue;
        model::ElectionRead answer{read->op, model::StoreOutcome::kDone, {}};
        model::apply(answer.view, change.changes, change.revision);
        run(answer);
    }
    auto later = change;
    for (auto& one : later.changes) one.at.value += change.revision.value;
    later.revision.value += change.revision.value;
    run(later);
    std::istringstream dump(recorder.dump());
    const auto replayed = app::replay(dump);
    require(replayed.problem.empty(), "a dump is replayed", replayed.problem);
    comes_back(change);
}

}  // namespace elector::fuzz
