#include "cli/fence.hpp"

#include <algorithm>
#include <cstdio>

#include "cli/arguments.hpp"
#include "cli/fence_groups.hpp"
#include "etcd/records.hpp"
#include "model/waits.hpp"

namespace elector::cli {
namespace asio = boost::asio;
using model::HolderRecord;

namespace {

constexpr const char* kReason = "confirmed_dead";

std::string seconds(model::Duration d) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(ms) / 1000);
    return text;
}

const char* word(HolderRecord::State state) {
    return state == HolderRecord::State::kDrained    ? "drained"
           : state == HolderRecord::State::kUnfenced ? "unfenced"
                                                     : "active";
}

/// The unfenced record becomes a marker, and the key that still guards it goes.
Vouching end_unfenced(const etcd::Keys& keys, const model::Policy& p,
                      const model::ElectionView& view, const std::string& actor,
                      std::int64_t unix_ms) {
    auto record = *view.holder.record;
    record.state = HolderRecord::State::kDrained;
    record.gate = model::Gate{std::nullopt, p.settle};
    record.reason = kReason;
    model::Drain drain;
    drain.found = view.holder;
    drain.record = record;
    drain.history = {record.term, record.member, kReason, {}, {}, {}, actor, {}, unix_ms};
    if (const auto* key = model::find_created(view, record.term)) drain.key = key->key;
    Vouching v;
    v.effect = "the record of " + record.member + " (term " + std::to_string(record.term.value) +
               ") becomes drained; another member may take over " + seconds(p.settle) + " later";
    v.txn = etcd::to_txn(keys, drain);
    return v;
}

Vouching end_foreign(const etcd::Keys& keys, const model::Policy& p,
                     const model::ElectionView& view, const model::ForeignKey& gone,
                     const std::string& actor, std::int64_t unix_ms) {
    Vouching v;
    if (model::find_created(view, gone.create)) {
        v.refusal = "its key " + gone.key +
                    " is still in the queue; stop the older elector or etcdctl that owns it, and "
                    "wait until its lease has ended";
        return v;
    }
    const auto record = model::without_foreign(p, *view.holder.record, gone);
    const model::HistoryEntry history{gone.create, gone.value, kReason, {},     {},
                                      {},          actor,      {},      unix_ms};
    v.txn = etcd::to_txn(keys, model::ClearForeign{{}, view.holder, gone, record});
    v.txn.then_ops.emplace_back(
        etcd::PutOp{keys.history_of(gone.create), etcd::to_json(history), 0});
    v.effect = "the foreign key " + gone.key + " (named " + gone.value +
               ") is cleared; the record is " + word(record.state) + " again";
    v.effect +=
        record.state == HolderRecord::State::kUnfenced
            ? " and still has to be vouched for"
            : ", with the full wait of " + seconds(model::full_wait(p, record)) + " from now";
    return v;
}

}  // namespace

Vouching vouch(const etcd::Keys& keys, const model::Policy& p, const model::ElectionView& view,
               const std::string& whom, const std::string& actor, std::int64_t unix_ms) {
    Vouching v;
    const auto& record = view.holder.record;
    if (!record) {
        v.refusal = view.holder.mod == model::Revision{}
                        ? "there is no holder record; nothing waits for anybody's word"
                        : "the holder record cannot be read; members wait the longest possible "
                          "holding and then replace it";
        return v;
    }
    const bool by_key = whom.rfind("key:", 0) == 0;
    if (!by_key && record->state == HolderRecord::State::kUnfenced && record->member == whom) {
        v = end_unfenced(keys, p, view, actor, unix_ms);
    } else {
        const auto gone = std::find_if(
            record->foreign.begin(), record->foreign.end(), [&](const model::ForeignKey& f) {
                return by_key ? f.key == keys.queue + whom.substr(4) : f.value == whom;
            });
        if (gone == record->foreign.end()) {
            v.refusal = "the record is " + std::string(word(record->state)) + " and of " +
                        (record->member.empty() ? "nobody" : record->member);
            for (const auto& f : record->foreign)
                v.refusal += ", with a foreign key " + f.key + " named " + f.value;
            v.refusal +=
                "; only the member of an unfenced record and a foreign key listed in it "
                "can be vouched for";
            return v;
        }
        v = end_foreign(keys, p, view, *gone, actor, unix_ms);
    }
    const auto* member = model::find_member(view, whom);
    if (member && member->record.activity == model::NodeActivity::kActive)
        v.doubt = "its elector still reports the node active";
    return v;
}

namespace {

asio::awaitable<int> fence_in(Session& session, std::string whom, bool yes) {
    const auto cannot = "cannot vouch for " + whom + ": ";
    const auto view = co_await session.look();
    if (!view)
        co_return refuse(cannot + etcd::to_string(view.error()) +
                         "; nothing was changed; look at etcd.endpoints and at etcd");
    const auto plan = vouch(session.keys, session.policy, *view, whom, actor(), wall_clock_ms());
    if (!plan.refusal.empty()) co_return refuse(cannot + plan.refusal + "; nothing was changed");
    std::fprintf(stderr, "%s.\n", plan.effect.c_str());
    if (!plan.doubt.empty()) std::fprintf(stderr, "warning: %s.\n", plan.doubt.c_str());
    const auto question =
        "You vouch that the node of " + whom +
        " cannot sign: its process is stopped, or its host is off. If it can, two "
        "nodes will sign.";
    if (!yes && !typed(whom, question))
        co_return refuse(cannot +
                         "not confirmed; nothing was changed; type the name on a terminal, or say "
                         "--yes");
    const auto reply = co_await session.commit(plan.txn);
    if (!reply)
        co_return refuse(cannot + etcd::to_string(reply.error()) + "; " +
                         (reply.error().outcome_unknown
                              ? "it may have been done; run the command again to see"
                              : "nothing was changed; look at etcd"));
    if (!reply->succeeded)
        co_return refuse(cannot +
                         "the record has changed meanwhile; nothing was changed; run the command "
                         "again to see what it says now");
    std::printf("done: %s.\n", plan.effect.c_str());
    co_return 0;
}

}  // namespace

int fence(const std::vector<std::string>& words, const Means& means) {
    const auto& row = command("fence");
    const auto arguments = parse(words, row);
    if (!arguments) return 2;
    const auto whom = arguments->find("--confirmed-dead");
    const bool local = whom == arguments->end();
    const auto stray = arguments->find(local ? "--yes" : "--force");
    if (stray != arguments->end()) {
        std::fprintf(stderr, "iotex-elector: %s has no meaning here\nusage: %s\n",
                     stray->first.c_str(), usage_of(row).c_str());
        return 2;
    }
    // SAFETY: S29. What keeps a service from its start must not keep its node from standby.
    const auto file =
        load_named(*arguments, row, local ? config::Use::kDemote : config::Use::kRecord);
    if (!file) return 2;
    const bool force = arguments->contains("--force");
    if (local && !file->config->groups.empty() && !arguments->contains("--group"))
        return fence_groups(means, *file, force);
    const auto* config = group_of(*file, *arguments, row);
    if (!config) return 2;
    if (local) return means.fence_node(*config, force);
    try {
        Session session(means, *config);
        return session.run(fence_in(session, whom->second, arguments->contains("--yes")));
    } catch (const std::exception& e) {
        return refuse(std::string("cannot vouch for anybody: ") + e.what());
    }
}

}  // namespace elector::cli
