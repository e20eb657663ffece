#include "orders/json.hpp"

#include <chrono>
#include <cmath>

#include "report/text.hpp"

namespace elector::orders {
namespace json = boost::json;

namespace {

std::int64_t ms(model::Duration d) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

/// Hundredths: more would be pretence.
double rounded(double blocks) { return std::round(blocks * 100) / 100; }

}  // namespace

json::object to_json(const Plan& plan, const config::Config& config) {
    const auto e = expected(config, plan);
    const auto block = config.node.block_interval;
    json::array ahead;
    for (const auto& name : plan.ahead) ahead.push_back(json::string(name));
    return {{"from", plan.from},
            {"to", plan.order.to},
            {"term", plan.order.term.value},
            {"makes_way_first", ahead},
            {"expected",
             {{"standby_ms", ms(e.standby)},
              {"gate_ms", ms(e.gate)},
              {"total_ms", ms(e.total())},
              {"total_at_most_ms", ms(e.total_at_most())},
              {"missed_blocks", rounded(missed_blocks(e.total(), block))},
              {"missed_blocks_at_most", rounded(missed_blocks(e.total_at_most(), block))}}}};
}

json::array to_json(const std::vector<report::Condition>& refusals) {
    json::array all;
    for (const auto& r : refusals)
        all.push_back({{"code", r.code}, {"sentence", r.sentence}, {"next", r.remedy}});
    return all;
}

json::object to_json(const model::PauseOrder& order) {
    return {{"v", 1},
            {"paused", true},
            {"who", order.who},
            {"why", order.why},
            {"until", order.until_unix_ms > 0 ? json::value(report::utc_text(order.until_unix_ms))
                                              : json::value(nullptr)}};
}

}  // namespace elector::orders
