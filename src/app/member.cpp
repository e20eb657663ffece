#include "app/member.hpp"

#include <type_traits>
#include <utility>

#include "app/policy_of.hpp"
#include "app/stamp.hpp"
#include "app/status_line.hpp"
#include "cli/session.hpp"
#include "config/etcd_files.hpp"
#include "core/eligibility.hpp"
#include "model/overloaded.hpp"

namespace elector::app {
namespace {

/// Neither the node nor the store can be changed by it.
bool only_looks(const model::Effect& effect) {
    using namespace model;
    return std::visit(
        []<class E>(const E&) {
            return std::is_same_v<E, ReadElection> || std::is_same_v<E, QueryStatus> ||
                   std::is_same_v<E, ReadReadiness> || std::is_same_v<E, ReadTip> ||
                   std::is_same_v<E, ReadMetrics> || std::is_same_v<E, PinCluster> ||
                   std::is_same_v<E, RoleChanged> || std::is_same_v<E, Announce> ||
                   std::is_same_v<E, Exit>;
        },
        effect);
}

}  // namespace

Member::Member(boost::asio::io_context& io, const Clock& clock, config::Config config, Log& log,
               std::uint64_t seed, std::function<void(int)> on_exit,
               std::optional<etcd::ClusterPin> pin, GuardianLink* guard, std::size_t ward)
    : config_(std::move(config)),
      instance_(instance_of(config_)),
      pin_(std::move(pin)),
      pinned_(pin_ ? pin_->read() : etcd::ClusterPin::Reading{}),
      log_(log),
      on_exit_(std::move(on_exit)),
      tasks_(io, [this](const std::string& name,
                        const std::string& what) { broken("task " + name + ": " + what); }),
      environment_(config::system_environment()),
      certificates_(io, environment_, log,
                    [this](const config::Etcd& renewed) {
                        log_(Level::kInfo, "etcd_files_changed");
                        config_.etcd = renewed;
                        set_access();
                    }),
      store_(io, client_options(seed), config_.election.key, tasks_, log,
             [this](model::Event e) {
                 if (listener) listener(e);
                 reactor_.post(std::move(e));
             }),
      node_(io, clock, node_endpoints_of(config_), config_.node.request_timeout, tasks_, log,
            [this](model::Event e) {
                note_activation(e);
                reactor_.post(std::move(e));
            }),
      fence_(io, clock, config_, [this](model::Event e) { reactor_.post(std::move(e)); }),
      guarded_(guard != nullptr),
      reactor_(
          io, clock, make_policy(), seed, [this](const model::Effect& e) { run(e); },
          [this](const std::string& what) { broken(what); }),
      failback_(io, clock, store_.client(), store_.keys(), tasks_, log, seed,
                [this] { return known(); }),
      telling_(io, log, [this] { return stand(); }) {
    telling_.set(config_);
    failback_.set(config_.election.failback_after);
    reactor_.on_stall = [this](model::Duration late) { tell_stall(late); };
    if (guard)
        guardian_ = &guard->ward(ward, [this](model::Event e) { reactor_.post(std::move(e)); });
    tell_fence();
}

void Member::tell_fence() {
    fence_.set(config_);
    if (guardian_) guardian_->tell_fence(fence_words_of(config_));
}

// SAFETY: S27. A member that could not fence its node does not lead, where that is required.
void Member::look_for_fence() {
    const bool missing = fence_missing(config_, environment_);
    if (missing == policy().fence_missing) return;
    if (missing) tell_fence_missing();
    reactor_.set_policy(make_policy());
}

void Member::tell_fence_missing() {
    log_(Level::kError, "fence_missing",
         {{"alarm", "true"},
          {"command", config_.fence.command.front()},
          {"why",
           "fence.policy is require, and the command is not a program that this user may run; "
           "this member does not queue until it is."}});
}

model::Policy Member::make_policy() const {
    auto policy = policy_of(config_, instance_);
    policy.guardian = guarded_;
    policy.nofailover = policy.nofailover || resigned_;
    policy.fence_missing = fence_missing(config_, environment_);
    policy.cluster = pinned_.problem.empty() ? pinned_.cluster : model::kNoCluster;
    return policy;
}

etcd::ClientOptions Member::client_options(std::uint64_t seed) {
    auto options = etcd_options_of(config_);
    options.seed = static_cast<std::uint32_t>(seed);
    options.password = [this] { return etcd_password(); };
    options.on_rpc = [this](const etcd::RpcStat& stat) {
        if (on_rpc) on_rpc(stat);
    };
    return options;
}

/// The file is read at each log-in: whoever changes the password need not tell us.
std::string Member::etcd_password() {
    auto& etcd = config_.etcd;
    if (etcd.password_file.empty()) return etcd.password.reveal();
    const auto found = config::read_password_again(etcd, environment_);
    const auto fault = found.faults.empty() ? std::string{} : found.faults.front();
    if (!fault.empty() && fault != password_fault_)
        log_(Level::kWarn, "etcd_password_unusable",
             {{"error", fault}, {"next", "the password read before stays in use"}});
    password_fault_ = fault;
    etcd.password = found.etcd.password;
    return etcd.password.reveal();
}

void Member::set_access() {
    const auto problem = store_.set_access(etcd_access_of(config_.etcd));
    if (!problem.empty())
        log_(Level::kError, "reload_failed", {{"key", "etcd"}, {"error", problem}});
}

void Member::start() {
    if (!pinned_.problem.empty())
        log_(Level::kError, "cluster_pin",
             {{"alarm", "true"},
              {"error", pinned_.problem +
                            "; this member does not lead; see that the etcd which answers is the "
                            "right one, then say bootstrap --accept-cluster and restart"}});
    if (policy().fence_missing) tell_fence_missing();
    certificates_.watch(config_.etcd);
    store_.start(config_.election.hold / 2);
    started_ = true;
    reactor_.set_policy(make_policy());
    if (!observing()) failback_.start();
}

void Member::set_resigned(bool resigned) {
    resigned_ = resigned;
    if (started_) reactor_.set_policy(make_policy());
}

FailbackRunner::Known Member::known() const {
    const auto& s = state();
    failback::Sight sight;
    if (s.known.read) sight.view = &s.known.view;
    sight.create = s.session.create;
    sight.fit = s.role == model::Role::kCandidate && !s.session.replace && !s.session.releasing &&
                core::unfit_because(policy(), s, now()).none();
    return {sight, policy()};
}

Telling::Stand Member::stand() const {
    const auto activity = state().node.activity;
    const char* node = activity == model::NodeActivity::kActive    ? "active"
                       : activity == model::NodeActivity::kStandby ? "standby"
                                                                   : "unknown";
    return {std::string(name(state().role)), state().holding.term.value, node};
}

void Member::shut_down() { reactor_.post(model::ShutdownRequested{}); }

void Member::reload(const config::Config& loaded) {
    const auto before = std::exchange(config_, loaded);
    if (before.etcd != loaded.etcd) {
        certificates_.watch(loaded.etcd);
        set_access();
    }
    if (node_endpoints_of(before) != node_endpoints_of(loaded) ||
        before.node.request_timeout != loaded.node.request_timeout)
        node_.replace(node_endpoints_of(loaded), loaded.node.request_timeout);
    tell_fence();
    failback_.set(loaded.election.failback_after);
    telling_.set(loaded);
    reactor_.set_policy(make_policy());
}

boost::asio::awaitable<void> Member::close(std::chrono::milliseconds last_words) {
    failback_.close();
    reactor_.close();
    // Only where the node is silent by now: the guardian still sees us live.
    co_await telling_.close(last_words);
    node_.close();
    auto fenced = fence_.close();
    co_await std::move(fenced);
    certificates_.close();
    co_await store_.close();
}

void Member::run(const model::Effect& effect) {
    if (observer) observer(effect);
    if (observing()) {
        if (!only_looks(effect)) return broken("an observer was about to act");
        tell_observation();
    }
    tell_status(effect);
    if (const auto* activate = std::get_if<model::Activate>(&effect)) {
        const auto& record = state().holding.record.record;
        activation_ = activate->op;
        activation_holding_ = record ? record->nonce : model::Nonce{};
    }
    if (std::holds_alternative<model::PublishMember>(effect)) look_for_fence();
    const auto told = stamped(effect, state().known.view, cli::wall_clock_ms());
    if (store_.run(told, reactor_.policy()) || node_.run(effect)) return;
    if (guardian_ && guardian_->run(effect, reactor_.policy(), known_probe())) return;
    std::visit(model::Overloaded{
                   [&](const model::RunFence& e) { fence_.run(e); },
                   [&](const model::RoleChanged& e) {
                       tell(e);
                       failback_.look();
                   },
                   [&](const model::Announce& e) { tell(e); },
                   [&](const model::PinCluster& e) { pin(e); },
                   [&](const model::Exit& e) { on_exit_(e.code); },
                   [](const auto&) {},
               },
               effect);
}

std::optional<config::Url> Member::known_probe() const {
    if (!state().node.process.probe.accepted) return std::nullopt;
    return config_.node.probe;
}

// First contact. A host that cannot keep its word after a restart does not give it.
void Member::pin(const model::PinCluster& e) {
    if (!pin_ || observing()) return;
    pinned_ = {e.cluster, pin_->write(e.cluster)};
    if (pinned_.problem.empty()) {
        log_(Level::kInfo, "cluster_pinned",
             {{"cluster", etcd::cluster_text(e.cluster)}, {"file", pin_->path()}});
    } else {
        log_(Level::kError, "cluster_pin",
             {{"alarm", "true"},
              {"error", pinned_.problem +
                            "; this member does not lead, because after a restart it could not "
                            "tell a replaced etcd; make state.dir writable and restart"}});
    }
    reactor_.set_policy(make_policy());
}

// SAFETY: S24. Only an answer ends the guardian's assumption that an activation is on its way; one
// that was not sent may be sent again.
void Member::note_activation(const model::Event& e) {
    const auto* set = std::get_if<model::SetAnswered>(&e);
    if (!guardian_ || !set || set->op != activation_) return;
    if (set->failure == model::NodeFailure::kNone && !set->not_sent)
        guardian_->activation_answered(activation_holding_);
}

/// Looks when the member has something to tell, and at every poll of the node.
void Member::tell_status(const model::Effect& effect) {
    const bool look = std::holds_alternative<model::RoleChanged>(effect) ||
                      std::holds_alternative<model::Announce>(effect) ||
                      std::holds_alternative<model::QueryStatus>(effect);
    if (!look) return;
    auto line = status_line(policy(), state(), now());
    if (line == status_) return;
    status_ = std::move(line);
    if (guardian_) guardian_->status(status_);
    if (on_status) on_status(status_);
}

std::optional<std::string> Member::would() const {
    if (!observing()) return std::nullopt;
    return observe(policy(), state(), now()).would;
}

void Member::tell_observation() {
    const auto seen = observe(policy(), state(), now());
    if (seen == observed_) return;
    if (seen.foreign && !observed_.foreign)
        tell(model::Announce{model::Notice::kForeignSeen, "in the queue"});
    if (seen.unexplained && !observed_.unexplained)
        log_(Level::kError, "node_active_without_holder",
             {{"alarm", "true"},
              {"why",
               "The node is active, and no holder record and no older elector accounts for "
               "it."}});
    log_(Level::kInfo, "observed",
         {{"node", seen.node},
          {"holder", seen.holder},
          {"queue", seen.queue},
          {"would", seen.would}});
    observed_ = seen;
}

void Member::tell(const model::RoleChanged& e) {
    log_(Level::kInfo, "role_change",
         {{"from", std::string(name(e.row->from))},
          {"to", std::string(name(e.row->to))},
          {"reason", std::string(e.row->code)},
          {"term", std::to_string(state().holding.term.value)},
          {"why", std::string(e.row->sentence)}});
}

void Member::tell(const model::Announce& e) {
    const auto& row = model::describe(e.notice);
    const auto level = row.severity == model::Severity::kAlarm     ? Level::kError
                       : row.severity == model::Severity::kWarning ? Level::kWarn
                                                                   : Level::kInfo;
    std::vector<Field> fields;
    if (row.severity == model::Severity::kAlarm) fields.emplace_back("alarm", "true");
    if (!e.detail.empty()) fields.emplace_back("detail", e.detail);
    fields.emplace_back("why", std::string(row.sentence));
    log_(level, row.name, std::move(fields));
}

void Member::tell_stall(model::Duration late) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(late);
    log_(Level::kWarn, "loop_stalled",
         {{"late_ms", std::to_string(ms.count())},
          {"stalls", std::to_string(lag().stalls())},
          {"role", std::string(name(state().role))},
          {"why", "This process, or the whole host, stood still for longer than a margin."}});
}

// The state is not to be trusted: nothing is decided any more, the node gets one deactivation.
void Member::broken(const std::string& what) {
    reactor_.close();
    log_(Level::kError, "invariant_broken",
         {{"alarm", "true"},
          {"what", what},
          {"next", observing() ? "this process ends with 70"
                               : "one deactivation is sent, then this process ends with 70"}});
    if (observing()) return on_exit_(70);
    tasks_.spawn("last deactivation", end_broken());
}

boost::asio::awaitable<void> Member::end_broken() {
    co_await node_.deactivate_once();
    on_exit_(70);
}

}  // namespace elector::app
