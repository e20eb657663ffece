#include "health/process.hpp"

namespace elector::health {
namespace {

Fate on_lost(Process& process, Port& port, Port& other, Instant now) {
    port.lost = now;
    // Both connections ending together is the end of the process, not of a connection.
    if (!other.lost || now - *other.lost >= 1s) return Fate::kNothing;
    port.lost.reset();
    other.lost.reset();
    ++process.life;
    return Fate::kLost;
}

/// SAFETY: S12. A probe port at which nobody has ever listened is somebody's mistake, and its
/// refusals say nothing of a process that the admin port has shown to live.
bool tells(const Port& probe, const Port& admin) { return probe.accepted || !admin.accepted; }

/// SAFETY: S12. Refusals of both ports, seen again after the grace.
bool refused_for(const Port& port, Duration grace) {
    return port.refused_since && port.last_refused >= *port.refused_since + grace;
}

Fate on_refused(Process& process, Port& port, Duration grace, Instant now) {
    if (!port.refused_since) port.refused_since = now;
    port.last_refused = now;
    const bool dead = refused_for(process.admin, grace) && refused_for(process.probe, grace) &&
                      tells(process.probe, process.admin);
    if (!dead || process.dead) return Fate::kNothing;
    process.dead = true;
    ++process.life;
    return Fate::kDied;
}

}  // namespace

Fate on_port(Process& process, const Policy& p, const PortChanged& e, Instant now) {
    const bool admin = e.port == NodePort::kAdmin;
    auto& port = admin ? process.admin : process.probe;
    auto& other = admin ? process.probe : process.admin;
    switch (e.state) {
        case PortState::kLost:
            return on_lost(process, port, other, now);
        case PortState::kConnected:
            port.accepted = true;
            port.refused_since.reset();
            return Fate::kNothing;
        case PortState::kRefused:
            return on_refused(process, port, p.refused_grace, now);
        case PortState::kUnreachable:
            break;
    }
    return Fate::kNothing;
}

void on_answer(Process& process) {
    process.dead = false;
    process.admin.refused_since.reset();
}

}  // namespace elector::health
