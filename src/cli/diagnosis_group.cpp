// What `doctor` makes of etcd and of what the group has written there.
#include <algorithm>
#include <set>

#include "cli/diagnosis.hpp"
#include "report/text.hpp"

namespace elector::cli {

using std::to_string;

namespace {

/// Those that cannot be used; one line for all that can.
Findings judge_endpoints(const EtcdFacts& etcd) {
    Findings found;
    std::set<std::uint64_t> clusters;
    std::size_t well = 0;
    std::string versions;
    for (const auto& e : etcd.endpoints) {
        if (!e.status.value) {
            found.push_back(error("etcd_endpoint", e.url + " does not answer: " + e.status.error,
                                  "Start that etcd member, or take it out of etcd.endpoints."));
            continue;
        }
        const auto& s = *e.status.value;
        clusters.insert(s.header.cluster_id);
        if (versions.find(s.version) == std::string::npos)
            versions += (versions.empty() ? "" : ", ") + s.version;
        if (s.leader_id == 0)
            found.push_back(error("etcd_endpoint", e.url + " knows of no etcd leader",
                                  "Start the other etcd members, and see that they reach it."));
        if (s.is_learner)
            found.push_back(error("etcd_endpoint", e.url + " is a learner, which answers nothing",
                                  "Promote it with etcdctl member promote, or leave it out."));
        for (const auto& text : s.errors)
            found.push_back(error("etcd_endpoint", e.url + " says: " + text,
                                  "See etcdctl alarm list, and make room: etcdctl compact and "
                                  "defrag, then etcdctl alarm disarm."));
        ++well;
    }
    if (clusters.size() > 1)
        found.push_back(
            error("etcd_cluster",
                  "the endpoints are of " + to_string(clusters.size()) + " different etcd clusters",
                  "Name the members of one cluster in etcd.endpoints."));
    if (found.empty())
        found.push_back(ok("etcd_endpoint", to_string(well) + " of " +
                                                to_string(etcd.endpoints.size()) +
                                                " answer, etcd " + versions));
    return found;
}

Finding judge_quorum(const EtcdFacts& etcd) {
    if (!etcd.members.value)
        return error("etcd_quorum", "the members of etcd are not known: " + etcd.members.error,
                     "See that etcd has a leader, and the rights of etcd.username.");
    const auto& all = etcd.members.value->members;
    const auto n = std::count_if(all.begin(), all.end(),
                                 [](const etcd::MemberInfo& m) { return !m.is_learner; });
    if (n == 1)
        return warning("etcd_quorum", "etcd has one member: without it nobody can lead",
                       "Run three members, on three hosts.");
    if (n % 2 == 0)
        return warning("etcd_quorum",
                       "etcd has " + to_string(n) + " members: it survives no more losses than " +
                           to_string(n - 1) + " would",
                       "Run three or five members.");
    if (etcd.endpoints.size() < static_cast<std::size_t>(n))
        return warning("etcd_quorum",
                       "etcd has " + to_string(n) + " members, and etcd.endpoints names " +
                           to_string(etcd.endpoints.size()),
                       "Name all of them: this member loses etcd with those that are named.");
    return ok("etcd_quorum", to_string(n) + " members: " + to_string((n - 1) / 2) + " may be lost");
}

Finding judge_rights(const config::Config& c, const EtcdFacts& etcd) {
    if (!etcd.refusal)
        return ok("etcd_rights",
                  "the elector may read and write what it needs below " + c.election.key);
    using Kind = etcd::ErrorKind;
    const auto text = etcd::to_string(*etcd.refusal);
    if (etcd.refusal->kind == Kind::kPermissionDenied)
        return error(
            "etcd_rights", "etcd.username has too few rights: " + text,
            "Grant the rights that docs/configuration.md lists under \"Users and rights\".");
    if (etcd.refusal->kind == Kind::kUnauthenticated || etcd.refusal->kind == Kind::kWrongPassword)
        return error("etcd_rights", "etcd does not let the elector in: " + text,
                     "Set etcd.username, and etcd.password_file to its password.");
    return error("etcd_rights", "not known: " + text, "See that etcd answers.");
}

Finding judge_lease(const config::Config& c, const EtcdFacts& etcd) {
    const auto wanted = c.election.ttl_seconds();
    if (!etcd.granted_seconds.value)
        return error("etcd_lease", "etcd grants no lease: " + etcd.granted_seconds.error,
                     "See that etcd has a leader.");
    const auto granted = *etcd.granted_seconds.value;
    if (granted == wanted)
        return ok("etcd_lease", "a lease of " + to_string(wanted) + " s is granted as asked");
    return error("etcd_lease",
                 "asked for a lease of " + to_string(wanted) + " s, etcd granted " +
                     to_string(granted) + " s: its election timeout is too long for election.hold",
                 "Start etcd with a shorter --election-timeout, or set election.hold to \"" +
                     to_string(granted) + "s\" or more on every member.");
}

Finding judge_pin(const EtcdFacts& etcd, const HostFacts& h) {
    const auto cluster = etcd.group.value ? etcd.group.value->view->cluster_id : 0;
    if (!h.pin.problem.empty())
        return error("cluster_pin", h.pin.problem,
                     "Run bootstrap --accept-cluster on this host once you know that this is the "
                     "group's etcd.");
    if (h.pin.cluster == 0)
        return ok("cluster_pin", "nothing is pinned yet; the service pins the first it meets");
    if (cluster != 0 && cluster != h.pin.cluster)
        return error("cluster_pin",
                     "etcd that answers is cluster " + etcd::cluster_text(cluster) +
                         ", this host has agreed to " + etcd::cluster_text(h.pin.cluster),
                     "Name the right etcd in etcd.endpoints; if it was replaced on purpose, run "
                     "bootstrap --accept-cluster and restart the service.");
    return ok("cluster_pin",
              "this host has agreed to cluster " + etcd::cluster_text(h.pin.cluster));
}

Findings judge_record(const report::GroupStatus& g) {
    Findings found;
    using State = model::HolderRecord::State;
    const auto& h = g.holder;
    if (!h.there)
        found.push_back(warning("group_record", "there is no holder record yet",
                                "On a first start, run bootstrap with every member's name; else "
                                "the group waits by itself."));
    if (h.there && !h.readable)
        found.push_back(error("group_record", "the holder record cannot be read",
                              "Find out who wrote it; the group waits the longest time."));
    if (h.readable && h.state == State::kUnfenced)
        found.push_back(
            error("group_record",
                  "the node of " + h.member + " could not be confirmed standby; nobody takes over",
                  "Start its elector again, or see that it cannot sign and run fence "
                  "--confirmed-dead " +
                      h.member));
    const bool in_queue = std::any_of(g.queue.begin(), g.queue.end(),
                                      [](const report::QueueEntry& e) { return e.foreign; });
    if (in_queue || !h.foreign.empty())
        found.push_back(error("group_foreign",
                              "an older elector or etcdctl uses the same election.key",
                              "Stop it and start this one's service on its host, or run fence "
                              "--confirmed-dead key:HEX once its node cannot sign."));
    if (g.pause)
        found.push_back(warning("group_paused", "the election is paused: " + g.pause->why,
                                "Run resume when the work is done."));
    if (g.exit_code == 4)
        found.push_back(error("group_signer", g.verdict, "Run fence on the host that should not."));
    else if (g.exit_code == 1)
        found.push_back(warning("group_signer", g.verdict, "See explain on each host."));
    else
        found.push_back(ok("group_signer", g.verdict));
    return found;
}

Findings judge_members(const config::Config& c, const report::GroupStatus& g) {
    Findings found;
    std::set<std::string> versions;
    std::size_t registered = 0;
    bool own = false;
    for (const auto& m : g.members) {
        if (m.place == report::Place::kNotRegistered) continue;
        ++registered;
        versions.insert(m.version);
        own = own || m.name == c.member.name;
        if (m.eligible || m.place == report::Place::kHolder || m.blocked_by.empty()) continue;
        const auto& why = m.blocked_by.front();
        auto f = m.name == c.member.name ? error("group_member", "", why.remedy)
                                         : warning("group_member", "", why.remedy);
        f.text = m.name + " cannot lead: " + why.sentence;
        found.push_back(std::move(f));
    }
    if (!own)
        found.push_back(warning("group_member", c.member.name + " is not registered",
                                "Start its service; see its log if it runs."));
    if (registered < 2)
        found.push_back(warning("group_member", "nobody is there to take over",
                                "Start the elector of another node of the delegate."));
    if (versions.size() > 1)
        found.push_back(warning("group_version", "members run different versions",
                                "Finish the upgrade: one version is what has been tested."));
    if (found.empty())
        found.push_back(ok("group_member",
                           to_string(registered) + " members are registered, and each can lead"));
    return found;
}

}  // namespace

Findings judge_etcd(const config::Config& c, const EtcdFacts& etcd, const HostFacts& host) {
    auto found = judge_endpoints(etcd);
    const bool silent =
        std::none_of(etcd.endpoints.begin(), etcd.endpoints.end(),
                     [](const EndpointFacts& e) { return e.status.value.has_value(); });
    if (silent) return found;  // the rest would say the same again
    found.push_back(judge_quorum(etcd));
    found.push_back(judge_rights(c, etcd));
    found.push_back(judge_lease(c, etcd));
    if (host.state_can_be_judged) found.push_back(judge_pin(etcd, host));
    if (!etcd.group.value)
        found.push_back(error("group_read", "the group cannot be read: " + etcd.group.error,
                              "See that etcd has a leader, and the rights of etcd.username."));
    return found;
}

Findings judge_group(const config::Config& c, const report::GroupStatus& g) {
    auto found = judge_record(g);
    for (auto& f : judge_members(c, g)) found.push_back(std::move(f));
    return found;
}

}  // namespace elector::cli
