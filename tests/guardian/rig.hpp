// Owns the machine under test with a clock to turn, and writes down what it wants and when.
// Must never answer by itself. Thread rule: one thread.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "guardian/machine.hpp"

namespace elector::guardian::test {

using namespace std::chrono_literals;

inline constexpr Bounds kBounds{250ms, 11s, 3500ms, 4s, 200ms};

class Rig {
  public:
    explicit Rig(bool lock_held = true) : machine(at(0ms), lock_held, kBounds) {}
    explicit Rig(const Machine& other) : machine(other) {}

    static Instant at(Duration since) { return Instant(1000s + since); }
    Instant now() const { return at(clock_); }

    /// Lets time pass, looking at every wake-up.
    void until(Duration then) {
        if (beats) machine.heard(now());
        look();
        while (!ended_ && machine.wake() <= at(then)) {
            clock_ = std::max(clock_, machine.wake() - at(0ms));
            if (beats) machine.heard(now());
            look();
        }
        clock_ = then;
        if (beats) machine.heard(now());
        look();
    }
    /// Nothing looks meanwhile: the whole host stands still.
    void stand_still(Duration until) { clock_ = until; }
    /// What it has wanted since the last call: "4750 kill 4800 deactivate ...".
    std::string said() { return std::exchange(said_, {}); }

    /// An elector that runs and holds until `valid`; its activation unanswered so far.
    void arm(Duration valid, std::uint64_t nonce = 5, Duration gate_open = {}) {
        Arm m;
        m.op = {1};
        m.valid_until = at(valid);
        m.gate_open_at = at(gate_open);
        m.term = {9};
        m.nonce = {nonce};
        m.lease = {3};
        m.holder_mod = {4};
        m.key = *key_text("/k/3");
        m.bounds = bounds;
        m.probe.port = 1;
        accepted = machine.arm(now(), m);
    }
    void started() { machine.started(now()); }
    void gone(std::optional<int> code = std::nullopt) { machine.elector_gone(now(), code); }
    void drain(Duration deadline) { machine.draining(now(), {at(deadline)}); }
    void only_owes() { machine.draining(now(), {now() + bounds.quiesce, true}); }
    void told(Answer answer) { machine.set_answered(now(), answer); }
    void asked(Answer answer) { machine.status_read(now(), answer); }
    void closed(bool done) { machine.closed(now(), done); }
    void fenced(bool success) { machine.fenced(now(), success); }
    void knocked(bool refused) { machine.knocked(now(), refused); }
    /// An elector that led is gone, and its node answers nothing; there is a fence command.
    void hang() {
        machine.fence_set(10s);
        lead();
        gone();
        until(101ms);
        said();
    }

    /// Runs, armed until 5 s, activation answered; nothing said.
    void lead() {
        until(0ms);
        started();
        arm(5s);
        machine.activation_answered();
        until(100ms);
        said();
    }
    /// The next query that it asks for is answered so.
    void ask_again(Answer answer, Duration then) {
        until(then);
        asked(answer);
    }

    Machine machine;
    Bounds bounds = kBounds;  ///< of holdings to come
    bool beats = true;        ///< the elector's loop turns
    bool accepted = false;

  private:
    void look() {
        while (!ended_) {
            const auto actions = machine.decide(now());
            if (actions == Actions{}) break;
            write(actions);
            ended_ = actions.end.has_value();
        }
    }
    void write(const Actions& a) {
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(clock_).count();
        if (!said_.empty()) said_ += ' ';
        said_ += std::to_string(ms);
        if (a.kill) said_ += " kill";
        if (a.deactivate) said_ += " deactivate";
        if (a.ask) said_ += " ask";
        if (a.knock) said_ += " knock";
        if (a.close) said_ += a.close->unfenced ? " unfenced" : " drained:" + word(a.close->gate);
        if (a.fence) said_ += " fence";
        if (a.fence_told) said_ += " no-effect";
        if (a.start) said_ += " start";
        if (a.end) said_ += " end:" + std::to_string(*a.end);
    }
    static std::string word(GateKind gate) {
        static constexpr std::array kWords{"tip", "time", "dead", "restarted"};
        return kWords[static_cast<std::size_t>(gate)];
    }

    Duration clock_{};
    std::string said_;
    bool ended_ = false;
};

}  // namespace elector::guardian::test
