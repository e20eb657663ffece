#include "cli/remove.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include <boost/json.hpp>

#include "cli/arguments.hpp"
#include "cli/table.hpp"

namespace elector::cli {
namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

using State = model::HolderRecord::State;

/// What the holder record still asks of it.
std::string duty(const model::ElectionView& view, const std::string& name) {
    const auto& record = view.holder.record;
    if (!record) return {};
    for (const auto& f : record->foreign)
        if (f.value == name)
            return "the holder record lists its key " + f.key +
                   " as an older elector's, whose node may sign; see that it cannot, and run fence "
                   "--confirmed-dead " +
                   name;
    if (record->member != name || record->state == State::kDrained) return {};
    if (record->state == State::kUnfenced)
        return "its node could not be confirmed standby, and the group waits for that; see that it "
               "cannot sign, and run fence --confirmed-dead " +
               name;
    if (model::find_created(view, record->term))
        return "it holds the lead; run switchover first, then stop its elector";
    return "it held the lead, and the others are waiting for its last round to pass; run this "
           "again "
           "when another member leads";
}

std::string objection(const etcd::Keys& keys, const model::ElectionView& view,
                      const std::string& name, const std::vector<Leftover>& stored) {
    auto text = duty(view, name);
    if (!text.empty()) return text;
    for (const auto& s : stored) {
        if (s.alive)
            return s.kv.key == keys.member(name)
                       ? "it is registered, and its lease lives; stop its elector first, and wait "
                         "for election.hold"
                       : "its key " + s.kv.key +
                             " is in the queue, and its lease lives; stop its "
                             "elector first, and wait for election.hold";
        const auto* owner = model::owner_of(view, s.kv.key);
        if (model::find_key(view, s.kv.key) && (!owner || owner->record.name != name))
            return "the key " + s.kv.key +
                   " in the queue is not of its record, so an older elector may have written it; "
                   "see "
                   "that its node cannot sign, then delete the key with etcdctl";
    }
    return {};
}

}  // namespace

Removal judge_removal(const etcd::Keys& keys, const model::ElectionView& view,
                      const std::string& name, const std::vector<Leftover>& stored) {
    Removal r;
    r.refusal = objection(keys, view, name, stored);
    if (!r.refusal.empty() || stored.empty()) return r;
    using etcd::Compare;
    const auto is = [](const std::string& key, std::int64_t mod) {
        return Compare{key, Compare::Target::kMod, Compare::Result::kEqual, mod, {}};
    };
    r.txn.compares.push_back(is(keys.holder, view.holder.mod.value));
    for (const auto& s : stored) {
        r.txn.compares.push_back(is(s.kv.key, s.kv.mod_revision));
        r.txn.then_ops.emplace_back(etcd::DeleteOp{s.kv.key, {}});
        r.effect += (r.effect.empty() ? "" : ", ") + s.kv.key;
    }
    return r;
}

namespace {

using Stored = etcd::Result<std::vector<Leftover>>;

/// Its member record, and what is in the queue under its name or by that record.
asio::awaitable<Stored> leftovers(Session& session, std::string name) {
    etcd::Txn both;
    both.then_ops.emplace_back(etcd::RangeOp{session.keys.member(name), {}, false, 0});
    both.then_ops.emplace_back(
        etcd::RangeOp{session.keys.queue, etcd::prefix_end(session.keys.queue), false, 0});
    const auto reply = co_await session.commit(std::move(both));
    if (!reply) co_return reply.error();
    std::vector<Leftover> found;
    if (reply->replies.size() != 2) co_return found;
    for (const auto& kv : reply->replies[0].kvs) found.push_back({kv, false});
    for (const auto& kv : reply->replies[1].kvs)
        if (kv.value == name) found.push_back({kv, false});
    etcd::CallOptions options;
    options.timeout = 5s;
    for (auto& s : found) {
        if (s.kv.lease == 0) continue;
        const auto left = co_await session.client().lease_time_to_live(s.kv.lease, options);
        if (!left) co_return left.error();
        s.alive = left->ttl_seconds >= 0;
    }
    co_return found;
}

int failed(const std::string& cannot, const etcd::Error& error) {
    return refuse(cannot + etcd::to_string(error) + "; " +
                  (error.outcome_unknown
                       ? "it may have been done; run the command again to see"
                       : "nothing was changed; this goes through etcd: look at etcd.endpoints "
                         "and at etcd"));
}

int done(const std::string& name, const std::string& effect, bool as_json) {
    if (as_json) {
        const json::object o{{"v", 1}, {"name", name}, {"removed", !effect.empty()}};
        std::printf("%s\n", json::serialize(o).c_str());
    } else if (effect.empty()) {
        std::printf(
            "Nothing of %s is stored: a member's record and key go with its lease. Nothing was "
            "changed.\n",
            plain(name).c_str());
    } else {
        std::printf("done, through etcd: %s is gone; its history stays.\n", plain(effect).c_str());
    }
    return 0;
}

asio::awaitable<int> remove_in(Session& session, std::string name, bool yes, bool as_json) {
    const auto cannot = "cannot remove " + plain(name) + ": ";
    const auto view = co_await session.look();
    if (!view) co_return failed(cannot, view.error());
    const auto stored = co_await leftovers(session, name);
    if (!stored) co_return failed(cannot, stored.error());
    const auto plan = judge_removal(session.keys, *view, name, *stored);
    if (!plan.refusal.empty())
        co_return refuse(cannot + plain(plan.refusal) + "; nothing was changed");
    if (plan.effect.empty()) co_return done(name, {}, as_json);
    const auto question = "Of " + plain(name) + " will be deleted: " + plain(plan.effect) +
                          ". A member that comes back registers anew.";
    if (!yes && !typed(name, question))
        co_return refuse(cannot +
                         "not confirmed; nothing was changed; type the name on a terminal, or say "
                         "--yes");
    const auto reply = co_await session.commit(plan.txn);
    if (!reply) co_return failed(cannot, reply.error());
    if (!reply->succeeded)
        co_return refuse(cannot +
                         "something of it has changed meanwhile; nothing was changed; run the "
                         "command again to see what is stored now");
    co_return done(name, plan.effect, as_json);
}

}  // namespace

int remove(const std::vector<std::string>& words, const Means& means) {
    const auto& row = command("remove");
    if (words.empty() || words.front().starts_with("-")) {
        refuse("the member's NAME is missing\nusage: " + usage_of(row));
        return 2;
    }
    const auto arguments = parse({words.begin() + 1, words.end()}, row);
    if (!arguments) return 2;
    const auto config = configuration_of_group(*arguments, row, config::Use::kRecord);
    if (!config) return 2;
    try {
        Session session(means, *config);
        return session.run(remove_in(session, words.front(), arguments->contains("--yes"),
                                     arguments->contains("--json")));
    } catch (const std::exception& e) {
        return refuse(std::string("cannot remove a member: ") + e.what());
    }
}

}  // namespace elector::cli
