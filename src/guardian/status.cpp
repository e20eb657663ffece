#include "guardian/status.hpp"

namespace elector::guardian {

StatusText status_of(const Machine& machine, const StatusText& elector_says) {
    if (machine.waiting_for_lock())
        return status_text(
            "keeps the node standby until an elector without a working guardian has ended");
    if (machine.acting()) {
        if (!machine.confirmed())
            return status_text(
                "the elector that led is gone or stood still; brings the node to standby");
        return status_text(machine.node_dead()
                               ? "the elector that led is gone, and the node is dead; records that"
                               : "the elector that led is gone; the node is standby; records that");
    }
    if (!machine.elector_runs()) return status_text("starts the elector");
    if (machine.stopping()) return status_text("stops: hands over and ends");
    return elector_says.size > 0 ? elector_says : status_text("the elector starts");
}

}  // namespace elector::guardian
