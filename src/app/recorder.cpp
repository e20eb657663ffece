#include "app/recorder.hpp"

#include <type_traits>
#include <utility>

#include "app/json_values.hpp"
#include "core/step.hpp"

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

    bool begins_step() const override { return std::is_constructible_v<Event, T>; }

    void redo(Policy& policy, core::State& state) const override {
        if constexpr (std::is_same_v<T, Policy>) {
            policy = value;
        } else if constexpr (std::is_constructible_v<Event, T>) {
            Effects again;
            core::step(policy, state, now, Event(value), again);
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
    if (!base_) base_.emplace(Base{policy, state});
    if (entries_.size() >= 2 * kept_) forget_older_half();
    std::visit([&](const auto& e) { keep(kept(now, e)); }, event);
}

/// Whole steps only.
void Recorder::forget_older_half() {
    auto end = entries_.end() - static_cast<std::ptrdiff_t>(kept_);
    while (end != entries_.begin() && !(*end)->begins_step()) --end;
    for (auto entry = entries_.begin(); entry != end; ++entry)
        (*entry)->redo(base_->policy, base_->state);
    entries_.erase(entries_.begin(), end);
}

void Recorder::effect(const Effect& effect) {
    std::visit([&](const auto& e) { keep(kept(Instant{}, e)); }, effect);
}

void Recorder::policy(const Policy& policy) { keep(kept(Instant{}, policy)); }

std::string Recorder::dump() const {
    json::object header{{"recorder", 5}};
    if (base_) {
        header["policy"] = to_value(base_->policy);
        header["state"] = to_value(base_->state);
    }
    std::string text = json::serialize(header) + "\n";
    for (const auto& entry : entries_) {
        json::object line;
        entry->write(line);
        text += json::serialize(line) + "\n";
    }
    return text;
}

}  // namespace elector::app
