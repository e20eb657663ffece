#include "app/member.hpp"

#include <type_traits>
#include <utility>

#include "app/policy_of.hpp"
#include "app/stamp.hpp"
#include "app/status_line.hpp"
#include "cli/session.hpp"
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

Member::Member(const Commons& commons, ConfigPtr config, Log log, std::uint64_t seed,
               std::function<void(int)> on_exit, std::optional<etcd::ClusterPin> pin,
               std::size_t ward)
    : config_(std::move(config)),
      instance_(instance_of(*config_)),
      beat_(beat_of(commons.chance, ward, commons.members)),
      pin_(std::move(pin)),
      pinned_(pin_ ? pin_->read() : etcd::ClusterPin::Reading{}),
      log_(std::move(log)),
      on_exit_(std::move(on_exit)),
      tasks_(commons.io, [this](const std::string& name,
                                const std::string& what) { broken("task " + name + ": " + what); }),
      etcd_(commons.etcd),
      environment_(config::system_environment()),
      store_(commons.etcd, config_->election.key, tasks_, log_,
             [this](model::Event e) {
                 if (listener) listener(e);
                 reactor_.post(std::move(e));
             }),
      node_(commons.io, commons.clock, node_endpoints_of(*config_), config_->node.request_timeout,
            tasks_, log_,
            [this](model::Event e) {
                note_activation(e);
                reactor_.post(std::move(e));
            }),
      fence_(commons.io, commons.clock, *config_,
             [this](model::Event e) { reactor_.post(std::move(e)); }),
      guarded_(commons.guardian != nullptr),
      reactor_(
          commons.io, commons.clock, make_policy(), seed,
          [this](const model::Effect& e) { run(e); },
          [this](const std::string& what) { broken(what); }, Recorder::kKept / commons.members),
      failback_(commons.io, commons.clock, etcd_.client(), store_.keys(), tasks_, log_, seed,
                [this] { return known(); }) {
    failback_.set(config_->election.failback_after);
    reactor_.on_stall = [this](model::Duration late) { tell_stall(late); };
    if (commons.guardian)
        guardian_ =
            &commons.guardian->ward(ward, [this](model::Event e) { reactor_.post(std::move(e)); });
    tell_fence();
}

void Member::tell_fence() {
    fence_.set(*config_);
    if (guardian_) guardian_->tell_fence(fence_words_of(*config_));
}

// SAFETY: S27. A member that could not fence its node does not lead, where that is required.
void Member::look_for_fence() {
    const bool missing = fence_missing(*config_, environment_);
    if (missing == policy().fence_missing) return;
    if (missing) tell_fence_missing();
    reactor_.set_policy(make_policy());
}

void Member::tell_fence_missing() {
    log_(Level::kError, "fence_missing",
         {{"alarm", "true"},
          {"command", config_->fence.command.front()},
          {"why",
           "fence.policy is require, and the command is not a program that this user may run; "
           "this member does not queue until it is."}});
}

model::Policy Member::make_policy() const {
    auto policy = policy_of(*config_, instance_);
    policy.guardian = guarded_;
    policy.beat = beat_;
    policy.nofailover = policy.nofailover || resigned_;
    policy.fence_missing = fence_missing(*config_, environment_);
    policy.cluster = pinned_.problem.empty() ? pinned_.cluster : model::kNoCluster;
    return policy;
}

void Member::start() {
    if (!pinned_.problem.empty())
        log_(Level::kError, "cluster_pin",
             {{"alarm", "true"},
              {"error", pinned_.problem +
                            "; this member does not lead; see that the etcd which answers is the "
                            "right one, then say bootstrap --accept-cluster and restart"}});
    if (policy().fence_missing) tell_fence_missing();
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
    return {config_->election.key, std::string(name(state().role)), state().holding.term.value,
            node};
}

void Member::shut_down() { reactor_.post(model::ShutdownRequested{}); }

void Member::reload(ConfigPtr loaded) {
    const auto before = std::exchange(config_, std::move(loaded));
    const auto& now = *config_;
    if (node_endpoints_of(*before) != node_endpoints_of(now) ||
        before->node.request_timeout != now.node.request_timeout)
        node_.replace(node_endpoints_of(now), now.node.request_timeout);
    tell_fence();
    failback_.set(now.election.failback_after);
    reactor_.set_policy(make_policy());
}

void Member::stop() {
    failback_.close();
    reactor_.close();
}

boost::asio::awaitable<void> Member::close() {
    stop();
    if (std::exchange(closed_, true)) co_return;
    node_.close();
    auto fenced = fence_.close();
    co_await std::move(fenced);
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
    return config_->node.probe;
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
