#include "app/replay.hpp"

#include "app/json_values.hpp"
#include "core/invariants.hpp"
#include "core/step.hpp"

namespace elector::app {
namespace {

using namespace core;

class Replay {
  public:
    explicit Replay(const ReplayTold& told) : told_(told) {}

    void line(const json::value& v) {
        const auto& o = v.as_object();
        if (o.contains("recorder")) return begin(o);
        if (!begun_) throw std::invalid_argument("the first line is no header of a recorder");
        if (const auto* effect = o.if_contains("effect")) return compare(*effect);
        nothing_left();
        if (const auto* policy = o.if_contains("policy")) return from_value(*policy, policy_);
        Event event;
        Instant now;
        from_value(o.at("event"), event);
        from_value(o.at("now_ns"), now);
        step(now, event);
    }
    void nothing_left() const {
        if (next_ < effects_.size())
            throw std::invalid_argument("the core asks for more now: " +
                                        json::serialize(to_value(effects_[next_])));
    }
    Replayed result;

  private:
    void begin(const json::object& header) {
        if (header.at("recorder").to_number<int>() != 5)
            throw std::invalid_argument("the dump is of another version of the recorder");
        if (!header.contains("state")) throw std::invalid_argument("nothing was recorded yet");
        from_value(header.at("policy"), policy_);
        from_value(header.at("state"), state_);
        begun_ = true;
    }
    void step(Instant now, const Event& event) {
        effects_.clear();
        next_ = 0;
        ++result.steps;
        try {
            core::step(policy_, state_, now, event, effects_);
        } catch (const InvariantBroken& broken) {
            effects_.clear();  // what was asked for in that step was never recorded
            result.problem = std::string("an invariant broke: ") + broken.what();
        }
        if (told_) told_(now, event, effects_);
    }
    void compare(const json::value& recorded) {
        const auto text = json::serialize(recorded);
        const auto now =
            next_ < effects_.size() ? json::serialize(to_value(effects_[next_])) : "nothing more";
        if (now != text)
            throw std::invalid_argument("recorded was " + text + ", the core asks for " + now);
        ++next_;
        ++result.effects;
    }

    const ReplayTold& told_;
    bool begun_ = false;
    Policy policy_;
    State state_;
    Effects effects_;
    std::size_t next_ = 0;
};

}  // namespace

Replayed replay(std::istream& dump, const ReplayTold& told) {
    Replay run(told);
    std::size_t number = 0;
    std::string text;
    try {
        while (std::getline(dump, text)) {
            ++number;
            run.line(parse_line(text));
        }
        ++number;
        run.nothing_left();
        if (number == 1) throw std::invalid_argument("the dump is empty");
    } catch (const std::exception& e) {
        run.result.problem = "line " + std::to_string(number) + ": " + e.what();
    }
    return run.result;
}

}  // namespace elector::app
