// Owns a member for the tests of its API: what it knows is whatever the test says.
// Thread rule: the test's thread.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "admin/host.hpp"

namespace elector::admin {

using namespace std::chrono_literals;

inline constexpr model::Instant kFakeNow{1h};
inline constexpr std::int64_t kFakeUnixMs = 1'785'000'000'000;

/// A follower that is well: etcd, guardian and node answer, and the node is confirmed standby.
class FakeHost final : public Host {
  public:
    FakeHost() {
        its_policy.member = its_config.member.name = "a";
        auto& s = its_state;
        s.role = model::Role::kFollower;
        s.known.read = true;
        s.node.activity = model::NodeActivity::kStandby;
        s.node.status_at = kFakeNow - 100ms;
        s.standby.confirmed = kFakeNow - 1s;
    }

    /// Holds the lead for another 3 s, verified active.
    void lead() {
        auto& s = its_state;
        s.role = model::Role::kLeader;
        s.holding.term = model::Term{42};
        s.holding.valid_until = kFakeNow + 3s;
        s.holding.activation = core::Activation::kVerified;
        s.node.activity = model::NodeActivity::kActive;
        s.standby.confirmed.reset();
    }

    const core::State& state() const override { return its_state; }
    const model::Policy& policy() const override { return its_policy; }
    const config::Config& config() const override { return its_config; }
    model::Instant now() const override { return kFakeNow; }
    const support::LoopLag& lag() const override { return its_lag; }
    bool etcd_answers() const override { return etcd; }
    bool guardian_answers() const override { return guardian; }
    std::int64_t wall_clock_ms() const override { return kFakeUnixMs; }
    model::Instant heard_etcd() const override { return kFakeNow - 200ms; }
    boost::asio::awaitable<HistoryRead> history() override { co_return stored; }
    std::optional<std::int64_t> resigned_unix_ms() const override { return resigned; }
    std::optional<std::string> would() const override { return its_would; }
    std::string resign() override {
        calls.emplace_back("resign");
        if (problem.empty()) resigned = kFakeUnixMs;
        return problem;
    }
    std::string rejoin() override {
        calls.emplace_back("rejoin");
        if (problem.empty()) resigned.reset();
        return problem;
    }
    std::vector<notify::Standing> told() const override { return standings; }
    std::vector<std::string> reload() override {
        calls.emplace_back("reload");
        if (problem.empty()) return {};
        return {problem};
    }
    orders::Desk& orders() override {
        calls.emplace_back("orders");
        throw std::runtime_error("no etcd in this test");
    }

    core::State its_state;
    model::Policy its_policy;
    config::Config its_config;
    support::LoopLag its_lag;
    bool etcd = true;
    bool guardian = true;
    std::vector<notify::Standing> standings;
    HistoryRead stored;
    std::optional<std::int64_t> resigned;
    std::optional<std::string> its_would;
    std::string problem;  ///< of whatever is asked of it
    std::vector<std::string> calls;
};

}  // namespace elector::admin
