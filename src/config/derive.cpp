#include "config/derive.hpp"

#include <algorithm>

#include "config/budget.hpp"

namespace elector::config {
namespace {

constexpr std::uint16_t kWeb3Port = 15014;

Duration whole_milliseconds(Duration span) {
    return std::chrono::duration_cast<milliseconds>(span);
}

Duration hold_of(Profile profile) {
    switch (profile) {
        case Profile::kFast:
            return seconds{3};
        case Profile::kStandard:
            return seconds{5};
        case Profile::kWan:
            return seconds{15};
    }
    return kMaxHold;
}

std::string state_directory(const Environment& environment) {
    const std::string given = environment.variable("STATE_DIRECTORY").value_or("");
    const std::string first = given.substr(0, given.find(':'));  // systemd joins several with ":"
    return first.empty() ? "/var/lib/iotex-elector" : first;
}

}  // namespace

void derive(Config& config, const Report& report, const Environment& environment) {
    const auto fill = [&report](std::string_view path, auto& field, const auto& value) {
        if (!report.is_given(path) || !report.sound({path})) field = value;
    };
    Election& e = config.election;
    fill("election.hold", e.hold, hold_of(e.profile));
    fill("election.renew", e.renew, whole_milliseconds(e.hold / 5));
    fill("election.overtime", e.overtime, overtime_floor(e.node_skew));
    fill("election.quiesce", e.quiesce, quiesce_floor(config.node.block_interval));
    fill("election.settle", e.settle, settle_floor(config.node.block_interval, e.overtime));
    const Duration attempt = std::max<Duration>(e.hold / 6, milliseconds{250});
    fill("etcd.request_timeout", config.etcd.request_timeout,
         whole_milliseconds(std::min<Duration>(attempt, milliseconds{500})));
    fill("node.request_timeout", config.node.request_timeout,
         config.node.block_interval + milliseconds{1500});
    fill("health.max_tip_age", config.health.max_tip_age, 4 * config.node.block_interval);
    fill("member.name", config.member.name, environment.host_name);
    if (config.state.dir.empty() || !report.is_given("state.dir")) {
        config.state.dir = state_directory(environment);
    }
    if (config.node.web3_mode == Web3Mode::kAuto) {
        config.node.web3 = Url{false, config.node.admin.host, kWeb3Port};
    }
}

}  // namespace elector::config
