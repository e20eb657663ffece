#include "guardian/status.hpp"

#include <algorithm>
#include <array>

#include "guardian/log.hpp"

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

Shown shown(const Machine& machine) {
    if (machine.acting() || machine.waiting_for_lock()) return Shown::kTrouble;
    return machine.armed() ? Shown::kLeading : Shown::kWaiting;
}

Summary::Summary(const Counts& counts, std::string_view doing) {
    if (!doing.empty()) put(doing), put("; ");
    put(Number(static_cast<std::int64_t>(counts[Shown::kLeading])));
    put(" leading, ");
    put(Number(static_cast<std::int64_t>(counts[Shown::kWaiting])));
    put(" waiting");
    if (counts[Shown::kTrouble] == 0) return;
    put(", ");
    put(Number(static_cast<std::int64_t>(counts[Shown::kTrouble])));
    put(" in trouble: ");
}

void Summary::put(std::string_view text) {
    const auto n = std::min(text.size(), text_.size() - size_);
    std::copy_n(text.begin(), n, text_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += n;
}

void Summary::trouble(std::string_view group) {
    constexpr std::size_t kForTheRest = 20;  // " and 1023 more"
    if (unnamed_ > 0 || size_ + group.size() + kForTheRest > text_.size()) {
        ++unnamed_;
        return;
    }
    if (named_++ > 0) put(", ");
    put(group);
}

StatusText Summary::text() const {
    Summary whole = *this;
    if (unnamed_ > 0) {
        whole.put(named_ > 0 ? " and " : "");
        whole.put(Number(static_cast<std::int64_t>(unnamed_)));
        whole.put(named_ > 0 ? " more" : " nodes");
    }
    return status_text({whole.text_.data(), whole.size_});
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
