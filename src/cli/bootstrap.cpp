#include "cli/bootstrap.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>

#include "cli/arguments.hpp"
#include "etcd/cluster_pin.hpp"
#include "etcd/records.hpp"
#include "model/blocker.hpp"

namespace elector::cli {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using model::Blocker;

namespace {

constexpr auto kPatience = 15s;  // a member asks its node and publishes within three
constexpr auto kCallTtl = 30s;

bool says(const model::MemberRecord& record, Blocker blocker) {
    const auto list = "," + record.blocked_by + ",";
    return list.find("," + std::string(model::code(blocker)) + ",") != std::string::npos;
}

/// What speaks against this member, whatever it answers.
std::string objection(const model::MemberRecord& r) {
    if (says(r, Blocker::kOtherCluster))
        return r.name +
               " has pinned another etcd cluster; say bootstrap --accept-cluster on its host and "
               "restart its elector";
    if (r.activity == model::NodeActivity::kActive)
        return "the node of " + r.name +
               " is active; set system.active: false in its configuration, and wait until its "
               "elector has brought it to standby";
    if (says(r, Blocker::kBarred))
        return "the node of " + r.name +
               " was active on its own not long ago and may still sign; wait until its elector no "
               "longer says seen_active";
    return {};
}

std::string objection(const model::ElectionView& view, const std::vector<std::string>& members) {
    if (view.holder.mod != model::Revision{})
        return "there is a holder record already; the group has been started, and its members wait "
               "by themselves for what they do not know";
    if (model::any_foreign(view))
        return "an older elector or etcdctl is in the queue, and its node may sign; stop it first";
    for (const auto& name : members) {
        const auto* member = model::find_member(view, name);
        if (!member) return name + " is not registered; start its elector, and look at member.name";
        const auto text = objection(member->record);
        if (!text.empty()) return text;
    }
    for (const auto& member : view.members)
        if (std::find(members.begin(), members.end(), member.record.name) == members.end())
            return member.record.name + " is registered and not named; name every member";
    return {};
}

}  // namespace

RollCall judge(const etcd::Keys& keys, const model::Policy& p, const model::ElectionView& view,
               const std::vector<std::string>& members, const std::string& nonce,
               const std::string& actor, std::int64_t unix_ms) {
    RollCall call;
    call.refusal = objection(view, members);
    if (!call.refusal.empty()) return call;
    using etcd::Compare;
    auto& compares = call.txn.compares;
    compares.push_back({keys.holder, Compare::Target::kCreate, Compare::Result::kEqual, 0, {}});
    for (const auto& name : members) {
        const auto* member = model::find_member(view, name);
        if (member->record.roll_call != nonce)
            call.missing += (call.missing.empty() ? "" : ", ") + name;
        compares.push_back({keys.member(name),
                            Compare::Target::kMod,
                            Compare::Result::kEqual,
                            member->mod.value,
                            {}});
    }
    model::HolderRecord first;
    first.state = model::HolderRecord::State::kDrained;
    first.hold = p.hold;
    first.quiesce = p.quiesce;
    first.gate = model::Gate{std::nullopt, p.settle};
    first.reason = "bootstrap";
    const model::HistoryEntry history{{}, "", first.reason, {}, {}, {}, actor, {}, unix_ms};
    call.txn.then_ops.emplace_back(etcd::PutOp{keys.holder, etcd::to_json(first), 0});
    call.txn.then_ops.emplace_back(
        etcd::PutOp{keys.history_of(model::Term{}), etcd::to_json(history), 0});
    return call;
}

std::vector<std::string> names_of(const std::string& list) {
    std::vector<std::string> names;
    for (std::size_t from = 0; from <= list.size();) {
        const auto to = std::min(list.find(',', from), list.size());
        const auto name = list.substr(from, to - from);
        if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
            names.push_back(name);
        from = to + 1;
    }
    return names;
}

namespace {

constexpr const char* kCannot = "cannot create the first holder record: ";

int failed(const etcd::Error& error) {
    return refuse(kCannot + etcd::to_string(error) + "; " +
                  (error.outcome_unknown ? "it may have been done; run the command again to see"
                                         : "nothing was changed; look at etcd.endpoints and at "
                                           "etcd"));
}

int refused(const std::string& why) { return refuse(kCannot + why + "; nothing was changed"); }

class Bootstrap {
  public:
    Bootstrap(Session& session, std::vector<std::string> members, std::uint64_t seed)
        : session_(session),
          members_(std::move(members)),
          lease_(static_cast<std::int64_t>(seed >> 1) | 1),
          nonce_(etcd::cluster_text(seed)) {}

    asio::awaitable<int> run(bool yes) {
        auto view = co_await session_.look();
        if (!view) co_return failed(view.error());
        const auto why = objection(*view, members_);
        if (!why.empty()) co_return refused(why);
        if (!yes && !typed("bootstrap",
                           "You vouch that these members control every node that can sign for "
                           "this delegate, and that no other elector runs."))
            co_return refused("not confirmed; type the word on a terminal, or say --yes");
        const auto problem = co_await call();
        if (problem) co_return failed(*problem);
        const int code = co_await wait();
        etcd::CallOptions options;
        options.idempotent = true;
        const auto ended = co_await session_.client().lease_revoke(lease_, options);
        static_cast<void>(ended);  // else it ends by itself
        co_return code;
    }

  private:
    /// Asks every member for a new status, under a lease.
    asio::awaitable<std::optional<etcd::Error>> call() {
        etcd::CallOptions options;
        options.idempotent = true;
        const auto ttl = std::chrono::seconds(kCallTtl).count();
        const auto granted = co_await session_.client().lease_grant(lease_, ttl, options);
        if (!granted) co_return granted.error();
        etcd::PutOp put{session_.keys.bootstrap, nonce_, lease_};
        const auto done = co_await session_.client().put(std::move(put), options);
        if (!done) co_return done.error();
        co_return std::nullopt;
    }

    asio::awaitable<int> wait() {
        const auto until = std::chrono::steady_clock::now() + kPatience;
        for (;;) {
            auto view = co_await session_.look();
            if (!view) co_return failed(view.error());
            auto roll = judge(session_.keys, session_.policy, *view, members_, nonce_, actor(),
                              wall_clock_ms());
            if (!roll.refusal.empty()) co_return refused(roll.refusal);
            if (roll.missing.empty()) {
                auto reply = co_await session_.commit(std::move(roll.txn));
                if (!reply) co_return failed(reply.error());
                if (reply->succeeded) {
                    std::printf(
                        "done: the first holder record is there; a member leads in about "
                        "%lld s.\n",
                        static_cast<long long>(
                            std::chrono::ceil<std::chrono::seconds>(session_.policy.settle)
                                .count()));
                    co_return 0;
                }
            }
            if (std::chrono::steady_clock::now() > until)
                co_return refused(roll.missing.empty()
                                      ? "the members' records keep changing; run it again"
                                      : "no verified standby since the command was given from " +
                                            roll.missing +
                                            "; look at the log of its elector, and at its node");
            co_await session_.pause(100ms);
        }
    }

    Session& session_;
    std::vector<std::string> members_;
    std::int64_t lease_;
    std::string nonce_;
};

asio::awaitable<int> accept_cluster(Session& session, const config::Config& config, bool yes) {
    const std::string cannot = "cannot accept the cluster: ";
    const auto view = co_await session.look();
    if (!view)
        co_return refuse(cannot + etcd::to_string(view.error()) +
                         "; nothing was changed; look at etcd.endpoints and at etcd");
    const etcd::ClusterPin pin(config.state.dir, config.election.key);
    const auto before = pin.read();
    const auto now = etcd::cluster_text(view->cluster_id);
    const auto was = !before.problem.empty() ? before.problem
                     : before.cluster == 0   ? "nothing is pinned yet"
                                             : "pinned is " + etcd::cluster_text(before.cluster);
    if (before.cluster == view->cluster_id) {
        std::printf("nothing to do: cluster %s is pinned already.\n", now.c_str());
        co_return 0;
    }
    const auto question =
        "etcd that answers is cluster " + now + "; " + was +
        ". You vouch that every member of the group uses this one, or is stopped.";
    if (!yes && !typed(now, question))
        co_return refuse(cannot + "not confirmed (" + was +
                         "); nothing was changed; type the cluster id on a terminal, or say --yes");
    const auto problem = pin.write(view->cluster_id);
    if (!problem.empty()) co_return refuse(cannot + problem + "; nothing was changed");
    std::printf("done: cluster %s is pinned in %s (%s). Restart the elector of this host.\n",
                now.c_str(), pin.path().c_str(), was.c_str());
    co_return 0;
}

asio::awaitable<int> whole(Session& session, const config::Config& config,
                           std::vector<std::string> members, std::uint64_t seed, bool accept,
                           bool yes) {
    if (accept) {
        const int code = co_await accept_cluster(session, config, yes);
        if (code != 0 || members.empty()) co_return code;
    }
    Bootstrap command(session, std::move(members), seed);
    const int code = co_await command.run(yes);
    co_return code;
}

}  // namespace

int bootstrap(const std::vector<std::string>& words, const Means& means) {
    const auto& row = command("bootstrap");
    const auto arguments = parse(words, row);
    if (!arguments) return 2;
    const auto list = arguments->find("--members");
    const auto members =
        list == arguments->end() ? std::vector<std::string>{} : names_of(list->second);
    const bool accept = arguments->contains("--accept-cluster");
    if (members.empty() && !accept) {
        std::fprintf(stderr, "iotex-elector: --members a,b,c is missing\nusage: %s\n",
                     usage_of(row).c_str());
        return 2;
    }
    const auto config = configuration_of_group(*arguments, row);
    if (!config) return 2;
    try {
        Session session(means, *config);
        return session.run(
            whole(session, *config, members, means.seed, accept, arguments->contains("--yes")));
    } catch (const std::exception& e) {
        return refuse(kCannot + std::string(e.what()));
    }
}

}  // namespace elector::cli
