#include "guardian/status.hpp"

#include <array>

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

std::string_view word(Reason reason) {
    static constexpr std::array<std::string_view, 5> kWords{
        "none", "elector_gone", "elector_silent", "drain_overran", "ordered"};
    return kWords[static_cast<std::size_t>(reason)];
}

std::string_view sentence(Reason reason) {
    switch (reason) {
        case Reason::kElectorGone:
            return "The elector that led is gone: the guardian brings the node to standby itself.";
        case Reason::kElectorSilent:
            return "The elector stood still until its holding was about to end, or while it let "
                   "go: the guardian brings the node to standby itself.";
        case Reason::kDrainOverran:
            return "The elector let go and could not confirm in time that the node is standby: the "
                   "guardian goes on with that.";
        case Reason::kNone:
        case Reason::kOrdered:
            break;
    }
    return "";
}

}  // namespace elector::guardian
