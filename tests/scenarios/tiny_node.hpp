// Owns a small node for the stories: the active flag, how it falls silent, its tip, its ports.
// Must never know the election. Thread rule: one thread.
#pragma once

#include <algorithm>

#include "model/clock.hpp"

namespace elector::scenarios {

using namespace std::chrono_literals;

struct TinyNode {
    bool running = true;
    bool admin_refuses = false;
    bool probe_refuses = false;
    bool flag = false;  ///< as last set
    bool ignores_sets = false;
    bool ready = true;
    bool web3 = true;
    bool frozen = false;  ///< the tip does not follow the chain
    std::uint64_t tip = 100;
    model::Instant tip_time;
    model::Instant quiet_at;  ///< a deactivated node finishes its round first
    std::string operator_address = "io1group";

    bool admin_open() const { return running && !admin_refuses; }
    bool probe_open() const { return running && !probe_refuses; }
    bool active(model::Instant now) const { return flag || ignores_sets || now < quiet_at; }
    void set(bool activate, model::Instant now) {
        if (ignores_sets) return;
        if (flag && !activate) quiet_at = now + 700ms;
        flag = activate;
    }
    void block(std::uint64_t height, model::Instant now) {
        if (frozen || !running) return;
        tip = height;
        tip_time = now;
    }
};

}  // namespace elector::scenarios
