#include "app/recorder.hpp"

#include "app/json_values.hpp"
#include "model/overloaded.hpp"

namespace elector::app {

using namespace model;

std::string describe(const Event& event) { return json::serialize(to_value(event)); }
std::string describe(const Effect& effect) { return json::serialize(to_value(effect)); }

void Recorder::step(const Policy& policy, const core::State& state, Instant now,
                    const Event& event) {
    if (parts_.empty() || parts_.back().entries.size() >= kKept)
        parts_.push_back({policy, state, {}});
    if (parts_.size() > 2) parts_.pop_front();
    keep({now, event});
}

std::string Recorder::dump() const {
    json::object header{{"recorder", 4}};
    if (!parts_.empty()) {
        header["policy"] = to_value(parts_.front().policy);
        header["state"] = to_value(parts_.front().state);
    }
    std::string text = json::serialize(header) + "\n";
    for (const auto& part : parts_) {
        for (const auto& entry : part.entries) {
            json::object line;
            std::visit(Overloaded{[&](const Event& e) {
                                      line["now_ns"] = entry.now.time_since_epoch().count();
                                      line["event"] = to_value(e);
                                  },
                                  [&](const Effect& e) { line["effect"] = to_value(e); },
                                  [&](const Policy& p) { line["policy"] = to_value(p); }},
                       entry.what);
            text += json::serialize(line) + "\n";
        }
    }
    return text;
}

}  // namespace elector::app
