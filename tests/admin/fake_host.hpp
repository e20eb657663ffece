// Owns members for the tests of their API: what they know is whatever the test says.
// Thread rule: the test's thread.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
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

    const core::State& state() const override {
        ++looks;
        return its_state;
    }
    const model::Policy& policy() const override { return its_policy; }
    const config::Config& config() const override { return its_config; }
    model::Instant now() const override { return kFakeNow; }
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
    orders::Desk& orders() override {
        calls.emplace_back("orders");
        throw std::runtime_error("no etcd in this test");
    }

    core::State its_state;
    model::Policy its_policy;
    config::Config its_config;
    bool etcd = true;
    bool guardian = true;
    HistoryRead stored;
    std::optional<std::int64_t> resigned;
    std::optional<std::string> its_would;
    std::string problem;  ///< of whatever is asked of it
    std::vector<std::string> calls;
    mutable std::size_t looks = 0;  ///< at its state
};

/// As many members as the test puts into it.
class FakeHouse final : public House {
  public:
    explicit FakeHouse(std::vector<Host*> hosts) : its_groups(std::move(hosts)) {}

    std::span<Host* const> groups() const override { return its_groups; }
    const support::LoopLag& lag() const override { return its_lag; }
    std::vector<notify::Standing> told() const override { return standings; }
    std::vector<std::string> reload() override {
        ++reloads;
        if (problem.empty()) return {};
        return {problem};
    }

    std::vector<Host*> its_groups;
    support::LoopLag its_lag;
    std::vector<notify::Standing> standings;
    std::string problem;  ///< of a reload
    int reloads = 0;
};

/// A file with tables: groups "g0" and so on, all well.
struct FakeGroups {
    explicit FakeGroups(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            auto host = std::make_unique<FakeHost>();
            host->its_config.group = "g" + std::to_string(i);
            host->its_config.election.key = "/of/" + host->its_config.group;
            house.its_groups.push_back(host.get());
            hosts.push_back(std::move(host));
        }
    }

    std::vector<std::unique_ptr<FakeHost>> hosts;
    FakeHouse house{{}};
};

}  // namespace elector::admin
