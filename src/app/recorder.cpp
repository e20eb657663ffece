#include "app/recorder.hpp"

#include <type_traits>
#include <utility>

#include "app/json_values.hpp"

namespace elector::app {

using namespace model;

std::string describe(const Event& event) { return json::serialize(to_value(event)); }
std::string describe(const Effect& effect) { return json::serialize(to_value(effect)); }

template <class T>
struct Recorder::KeptOf final : Kept {
    KeptOf(Instant at, const T& kept_value) : now(at), value(kept_value) {}

    void write(json::object& line) const override {
        if constexpr (std::is_same_v<T, Policy>) {
            line["policy"] = to_value(value);
        } else if constexpr (std::is_constructible_v<Event, T>) {
            line["now_ns"] = now.time_since_epoch().count();
            line["event"] = to_value(Event(value));
        } else {
            line["effect"] = to_value(Effect(value));
        }
    }

    Instant now;
    T value;
};

template <class T>
std::unique_ptr<const Recorder::Kept> Recorder::kept(Instant now, const T& value) {
    return std::make_unique<const KeptOf<T>>(now, value);
}

void Recorder::step(const Policy& policy, const core::State& state, Instant now,
                    const Event& event) {
    if (parts_.empty() || parts_.back().entries.size() >= kept_)
        parts_.push_back({policy, state, {}});
    if (parts_.size() > 2) parts_.pop_front();
    std::visit([&](const auto& e) { keep(kept(now, e)); }, event);
}

void Recorder::effect(const Effect& effect) {
    std::visit([&](const auto& e) { keep(kept(Instant{}, e)); }, effect);
}

void Recorder::policy(const Policy& policy) { keep(kept(Instant{}, policy)); }

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
            entry->write(line);
            text += json::serialize(line) + "\n";
        }
    }
    return text;
}

}  // namespace elector::app
