// What `doctor` makes of what it has seen. Each mistake is found, with what to do about it.
#include "cli/diagnosis.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "cli/doctor.hpp"

using namespace elector;
using namespace elector::cli;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;
const std::string kAddress = "io1aaa";

model::MemberEntry member(const std::string& name, const std::string& address) {
    model::MemberEntry m;
    m.mod = model::Revision{5};
    m.record.name = name;
    m.record.operator_address = address;
    m.record.eligible = true;
    m.record.tip = model::Height{100};
    m.record.unix_ms = kNow;
    m.record.candidate_key = "/k/" + name;
    m.record.version = "1";
    m.record.activity = model::NodeActivity::kStandby;
    return m;
}

/// A group of two that is well, as seen from `b`, which waits.
struct World {
    World() {
        config.member.name = "b";
        node.active.value = false;
        node.ready.value = true;
        iotex::NodeMetrics metrics;
        metrics.operator_addresses = {kAddress};
        metrics.connected_peers = 5;
        node.metrics.value = metrics;
        node.tip.value = iotex::Tip{100, std::chrono::seconds(kNow / 1000 - 1)};
        node.listens = {"0100007F"};
        for (const char* url : {"http://e1:2379", "http://e2:2379", "http://e3:2379"}) {
            etcd::StatusReply status;
            status.header.cluster_id = 7;
            status.version = "3.4.23";
            status.leader_id = 1;
            etcd.endpoints.push_back({url, {status, {}}});
        }
        etcd.members.value.emplace();
        etcd.members.value->members.resize(3);
        etcd.granted_seconds.value = 5;
        report::GroupInput group;
        model::ElectionView view;
        view.cluster_id = 7;
        view.members = {member("a", kAddress), member("b", kAddress)};
        view.members[0].record.activity = model::NodeActivity::kActive;
        view.queue = {{"/k/a", model::Revision{3}, "a"}, {"/k/b", model::Revision{4}, "b"}};
        view.holder.mod = model::Revision{4};
        view.holder.record.emplace();
        view.holder.record->member = "a";
        view.holder.record->term = model::Term{3};
        group.view = view;
        group.now_unix_ms = kNow;
        etcd.group.value = group;
        host.unix_ms = kNow;
        host.clock_synchronised = true;
        host.state_is_there = host.state_is_folder = host.state_is_writable = true;
        host.state_mode = 0700;
        host.pin.cluster = 7;
        host.service = 42;
        host.locked_kib = 4000;
        host.oom_adjustment = -900;
        host.unit = "iotex-elector.service";
        clocks = {{"a", 0ms}};
    }
    model::ElectionView& view() { return *etcd.group.value->view; }

    Findings all() const {
        auto found = judge_configuration(config, {}, {}, kNow);
        const auto add = [&found](const Findings& more) {
            found.insert(found.end(), more.begin(), more.end());
        };
        add(judge_node(config, node, etcd, kNow));
        add(judge_etcd(config, etcd, host));
        if (etcd.group.value)
            add(judge_group(config, report::group_status(model::Policy{}, *etcd.group.value)));
        add(judge_host(config, host));
        add(judge_clocks(config, clocks));
        return found;
    }

    /// "error check" of all that is not well; each of them has a remedy.
    std::vector<std::string> wrong() const {
        std::vector<std::string> found;
        for (const auto& f : all()) {
            CAPTURE(f.text);
            CHECK(f.remedy.empty() == (f.level == Level::kOk));
            CHECK_FALSE(f.text.empty());
            if (f.level != Level::kOk) found.push_back(std::string(word(f.level)) + " " + f.check);
        }
        return found;
    }

    config::Config config;
    NodeFacts node;
    EtcdFacts etcd;
    HostFacts host;
    std::vector<ClockFacts> clocks;
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a group that is well has nothing but ok") {
    World w;
    CHECK(w.wrong() == Lines{});
    const Diagnosis d{"b", w.all()};
    CHECK(d.verdict() == "Well: nothing here should cost a block.");
    CHECK(d.exit_code() == 0);
}

TEST_CASE("an admin port that does not answer, or listens on the network") {
    World w;
    w.node.active = {std::nullopt, "connection refused"};
    CHECK(w.wrong() == Lines{"error node_admin"});
    w = {};
    w.node.listens = {"00000000"};
    CHECK(w.wrong() == Lines{"warning node_bind"});
    w.node.listens = {"0100007F", "00000000000000000000000000000000"};
    CHECK(w.wrong() == Lines{"warning node_bind"});
}

TEST_CASE("a node that is active without the lead, now or not long ago") {
    World w;
    w.node.active.value = true;
    CHECK(w.wrong() == Lines{"error node_standby"});
    w.config.member.name = "a";  // the holder
    CHECK(w.wrong() == Lines{});
    w.view().holder.record->state = model::HolderRecord::State::kDrained;
    w.view().members[0].record.activity = model::NodeActivity::kStandby;
    CHECK(w.wrong().front() == "error node_standby");
    w = {};
    w.view().members[1].record.blocked_by = "seen_active";
    w.view().members[1].record.eligible = false;
    CHECK(w.wrong() == Lines{"error node_standby", "error group_member"});
}

TEST_CASE("a node that is not ready, lags, stands still or has no peers") {
    World w;
    w.node.ready.value = false;
    CHECK(w.wrong() == Lines{"error node_health"});
    w = {};
    w.node.ready = {std::nullopt, "connection refused"};
    CHECK(w.wrong() == Lines{"error node_health"});
    w = {};
    w.node.tip.value->height = 98;
    CHECK(w.wrong() == Lines{});
    w.node.tip.value->height = 97;  // health.max_lag is 2
    CHECK(w.wrong() == Lines{"error node_lag"});
    w = {};
    w.node.tip.value->timestamp -= 10s;
    CHECK(w.wrong() == Lines{"error node_lag"});
    w = {};
    w.node.tip = {std::nullopt, "connection refused"};
    CHECK(w.wrong() == Lines{"warning node_lag"});
    w = {};
    w.node.metrics.value->connected_peers = 0;
    CHECK(w.wrong() == Lines{"warning node_peers"});
}

TEST_CASE("a node with another operator address than the group's") {
    World w;
    w.node.metrics.value->operator_addresses = {"io1bbb"};
    CHECK(w.wrong() == Lines{"error operator_address"});
    w.node.metrics.value->operator_addresses = {};
    CHECK(w.wrong() == Lines{"warning operator_address"});
}

TEST_CASE("etcd endpoints that are down, without a leader, full, or of several clusters") {
    World w;
    w.etcd.endpoints[1].status = {std::nullopt, "connection refused"};
    CHECK(w.wrong() == Lines{"error etcd_endpoint"});
    w = {};
    w.etcd.endpoints[1].status.value->leader_id = 0;
    CHECK(w.wrong() == Lines{"error etcd_endpoint"});
    w = {};
    w.etcd.endpoints[1].status.value->errors = {"NOSPACE"};
    CHECK(w.wrong() == Lines{"error etcd_endpoint"});
    w = {};
    w.etcd.endpoints[1].status.value->is_learner = true;
    CHECK(w.wrong() == Lines{"error etcd_endpoint"});
    w = {};
    w.etcd.endpoints[1].status.value->header.cluster_id = 8;
    CHECK(w.wrong() == Lines{"error etcd_cluster"});
}

TEST_CASE("an etcd that is out of reach is said once, and the rest is left out") {
    World w;
    for (auto& e : w.etcd.endpoints) e.status = {std::nullopt, "connection refused"};
    w.etcd.group.value.reset();
    w.clocks.clear();
    CHECK(w.wrong() == Lines{"error etcd_endpoint", "error etcd_endpoint", "error etcd_endpoint"});
}

TEST_CASE("an etcd of one, of an even number, or with members that nobody names") {
    World w;
    w.etcd.members.value->members.resize(1);
    CHECK(w.wrong() == Lines{"warning etcd_quorum"});
    w.etcd.members.value->members.resize(4);
    CHECK(w.wrong() == Lines{"warning etcd_quorum"});
    w.etcd.members.value->members[3].is_learner = true;
    CHECK(w.wrong() == Lines{});
    w.etcd.endpoints.pop_back();
    CHECK(w.wrong() == Lines{"warning etcd_quorum"});
}

TEST_CASE("too few rights, no way in, or a lease that is longer than asked for") {
    World w;
    etcd::Error refusal;
    refusal.kind = etcd::ErrorKind::kPermissionDenied;
    w.etcd.refusal = refusal;
    CHECK(w.wrong() == Lines{"error etcd_rights"});
    w.etcd.refusal->kind = etcd::ErrorKind::kUnauthenticated;
    CHECK(w.wrong() == Lines{"error etcd_rights"});
    w = {};
    w.etcd.granted_seconds.value = 8;
    CHECK(w.wrong() == Lines{"error etcd_lease"});
}

TEST_CASE("the question for rights asks for all of them and can never be done") {
    const etcd::Keys keys("/k");
    const auto txn = rights_question(keys);
    REQUIRE(txn.compares.size() == 1);
    CHECK(txn.compares[0].target == etcd::Compare::Target::kCreate);
    CHECK(txn.compares[0].result == etcd::Compare::Result::kLess);
    CHECK(txn.compares[0].number == 0);
    CHECK(txn.then_ops == std::vector<etcd::Op>{etcd::PutOp{"/k/doctor", "", 0},
                                                etcd::DeleteOp{"/k/doctor-", {}},
                                                etcd::PutOp{"/k.d/doctor", "", 0},
                                                etcd::DeleteOp{"/k.d/doctor-", {}}});
    CHECK(txn.else_ops == std::vector<etcd::Op>{etcd::RangeOp{"/k.d/", "/k0", false, 1}});
}

TEST_CASE("a host that has agreed to another etcd, or whose word cannot be read") {
    World w;
    w.host.pin.cluster = 8;
    CHECK(w.wrong() == Lines{"error cluster_pin"});
    w.host.pin = {0, "it is damaged"};
    CHECK(w.wrong() == Lines{"error cluster_pin"});
    w.host.pin = {0, ""};
    CHECK(w.wrong() == Lines{});
}

TEST_CASE("a group that nobody can lead, and one that somebody else leads") {
    World w;
    w.view().holder.record->state = model::HolderRecord::State::kUnfenced;
    w.view().members[0].record.activity = model::NodeActivity::kStandby;
    CHECK(w.wrong() == Lines{"error group_record", "warning group_signer"});
    w = {};
    w.view().pause = model::PauseOrder{"who", "why", 0};
    CHECK(w.wrong() == Lines{"warning group_paused"});
    w = {};
    w.view().queue.push_back({"/k/x", model::Revision{9}, "somebody"});
    CHECK(w.wrong() == Lines{"error group_foreign"});
    w = {};
    w.view().members[1].record.activity = model::NodeActivity::kActive;
    CHECK(w.wrong() == Lines{"error group_signer"});
    w = {};
    w.view().holder = {};
    w.view().members[0].record.activity = model::NodeActivity::kStandby;
    CHECK(w.wrong() == Lines{"warning group_record", "warning group_signer"});
}

TEST_CASE("members that cannot lead: ours is an error, another's a warning") {
    World w;
    w.view().members[1].record.eligible = false;
    w.view().members[1].record.blocked_by = "unready,lagging";
    CHECK(w.wrong() == Lines{"error group_member"});
    w.config.member.name = "a";
    CHECK(w.wrong() == Lines{"warning group_member"});
    w = {};
    w.view().members.pop_back();
    w.view().queue.pop_back();
    CHECK(w.wrong() == Lines{"warning group_member", "warning group_member"});
    w = {};
    w.view().members[1].record.version = "2";
    CHECK(w.wrong() == Lines{"warning group_version"});
}

TEST_CASE("a state folder that is not there, open to others, or not to be written to") {
    World w;
    w.host.state_mode = 0750;
    CHECK(w.wrong() == Lines{"warning state_dir"});
    w.host.state_mode = 0770;
    CHECK(w.wrong() == Lines{"error state_dir"});
    w.host.state_is_writable = false;
    CHECK(w.wrong() == Lines{"error state_dir"});
    w.host.state_can_be_judged = false;
    CHECK(w.wrong() == Lines{"warning state_dir"});
    w.host.state_is_folder = false;
    CHECK(w.wrong() == Lines{"error state_dir"});
    w.host.state_is_there = false;
    CHECK(w.wrong() == Lines{"warning state_dir"});
}

TEST_CASE("a service that does not run, is not guarded, or can be paged out and killed") {
    World w;
    w.host.service.reset();
    CHECK(w.wrong() == Lines{"warning guardian"});
    w.config.guardian.enabled = false;
    CHECK(w.wrong() == Lines{"warning guardian"});
    w.config.member.mode = config::Mode::kObserve;
    CHECK(w.wrong() == Lines{});
    w = {};
    w.host.locked_kib = 0;
    w.host.oom_adjustment = 0;
    CHECK(w.wrong() == Lines{"warning service", "warning service"});
}

TEST_CASE("clocks: the kernel's word, and what others have written") {
    World w;
    w.host.clock_synchronised = false;
    CHECK(w.wrong() == Lines{"warning clock"});
    w.host.clock_synchronised.reset();  // it does not say
    CHECK(w.wrong() == Lines{});
    w.clocks = {{"a", 1000ms}};  // election.node_skew 500 ms, and what a slow write looks like
    CHECK(w.wrong() == Lines{});
    w.clocks = {{"a", 1001ms}};
    CHECK(w.wrong() == Lines{"error clock_offset"});
    w.clocks = {{"a", -1001ms}};
    CHECK(w.wrong() == Lines{"error clock_offset"});
    w.clocks = {{"a", std::nullopt}};
    CHECK(w.wrong() == Lines{"warning clock_offset"});
    CHECK(clock_off(150, 100, 200) == 0ms);
    CHECK(clock_off(250, 100, 200) == 50ms);
    CHECK(clock_off(30, 100, 200) == -70ms);
}

TEST_CASE("a configuration with faults, doubts, or a budget that is too long") {
    World w;
    const auto found = judge_configuration(w.config, {"fault"}, {"doubt"}, kNow);
    REQUIRE(found.size() == 4);
    CHECK(found[0].level == Level::kError);
    CHECK(found[1].level == Level::kWarning);
    w.config.election.profile = config::Profile::kFast;
    w.config.election.hold = 3s;
    w.config.election.renew = 600ms;
    CHECK(w.wrong() == Lines{"warning budget", "error etcd_lease"});
    w = {};
    w.config.fence.policy = config::FencePolicy::kRequire;  // its command was spared
    CHECK(w.wrong() == Lines{});
}

TEST_CASE("who listens where is read of the kernel's tables") {
    const std::string tcp =
        "  sl  local_address rem_address   st tx_queue\n"
        "   0: 0100007F:2331 00000000:0000 0A 00000000:00000000\n"
        "   1: 00000000:2331 00000000:0000 0A 00000000:00000000\n"
        "   2: 0200007F:2331 0100007F:1F90 01 00000000:00000000\n"
        "   3: 00000000:2332 00000000:0000 0A 00000000:00000000\n";
    CHECK(listening(tcp, 9009) == Lines{"0100007F", "00000000"});
    CHECK(listening("", 9009) == Lines{});
    CHECK(is_loopback("0100007F"));
    CHECK(is_loopback("00000000000000000000000001000000"));
    CHECK(is_loopback("0000000000000000FFFF00000100007F"));
    CHECK_FALSE(is_loopback("00000000"));
    CHECK_FALSE(is_loopback("0100000A"));
    CHECK_FALSE(is_loopback("00000000000000000000000000000000"));
}

TEST_CASE("a diagnosis is one line for each finding, its remedy below it, and a verdict") {
    const Diagnosis d{"b",
                      {ok("clock", "well"), error("fence",
                                                  "a\x1b"
                                                  "b",
                                                  "mend it")}};
    CHECK(render(d, {}) ==
          "ok       clock             well\n"
          "error    fence             a?b\n"
          "                           -> mend it\n"
          "\nNot well: 1 error; mend the errors first.\n");
    CHECK(boost::json::serialize(to_json(d)) ==
          R"({"v":1,"member":"b","verdict":"Not well: 1 error; mend the errors first.",)"
          R"("exit_code":1,"errors":1,"warnings":0,"findings":[{"check":"clock","level":"ok",)"
          R"("finding":"well","remedy":null},{"check":"fence","level":"error",)"
          R"("finding":"a\u001bb","remedy":"mend it"}]})");
    const Diagnosis doubts{"b", {warning("clock", "x", "y"), warning("clock", "x", "y")}};
    CHECK(doubts.verdict() == "Well: nothing here should cost a block, 2 warnings.");
    CHECK(doubts.exit_code() == 0);
}

TEST_CASE("on a narrow terminal a finding goes on below itself") {
    const Diagnosis d{"b", {ok("clock", "one two three")}};
    CHECK(
        render(d, {35, false})
            .starts_with("ok       clock             one two\n                           three\n"));
}
