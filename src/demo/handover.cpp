#include "demo/handover.hpp"

#include <array>

namespace elector::demo {

using model::Duration;
using model::Instant;

std::string_view name(Kind kind) {
    constexpr std::array<std::string_view, 9> kNames{
        "first start",    "planned",         "unhealthy",    "node killed", "elector killed",
        "elector frozen", "guardian killed", "cut off etcd", "by itself"};
    return kNames[static_cast<std::size_t>(kind)];
}

std::optional<Duration> Handover::gap() const {
    if (!went_silent || !went_active) return std::nullopt;
    return *went_active - *went_silent;
}

std::optional<Duration> Handover::total() const {
    const auto& begin = ordered ? ordered : decided ? decided : claimed;
    if (!begin || !verified) return std::nullopt;
    return *verified - *begin;
}

std::vector<Phase> Handover::phases() const {
    Moment last = ordered;
    const auto phase = [&last](std::string_view title, const Moment& at) {
        Phase p{title, std::nullopt};
        if (at && last) p.span = *at - *last;
        if (at) last = at;
        return p;
    };
    // A named sequence: each call moves `last` on.
    std::vector<Phase> all;
    all.push_back(phase("decide", decided));
    all.push_back(phase("standby", standby));
    all.push_back(phase("marker", marker));
    all.push_back(phase("claim", claimed));
    all.push_back(phase("activate", activation_sent));
    all.push_back(phase("verify", verified));
    return all;
}

Handover& HandoverMeter::current_or(Kind kind) {
    if (!current_) {
        current_.emplace();
        current_->kind = kind;
    }
    return *current_;
}

void HandoverMeter::order(Kind kind, Instant at) {
    if (current_ && current_->decided) return;  // one is under way already
    current_.reset();
    current_or(kind).ordered = at;
}

void HandoverMeter::forget_order() {
    if (current_ && !current_->decided && !current_->claimed) current_.reset();
}

void HandoverMeter::on_line(const std::string& member, const LogLine& line) {
    if (line.is("role_change")) return on_role(member, line);
    // A guardian that acts for whom the lead has left already changes nothing.
    if (line.is("guardian_acts") && member == leads_)
        return let_go(member, line["reason"], line.at);
    if (line.is("switchover_refused")) forget_order();
    if (current_) on_progress(member, line);
}

void HandoverMeter::on_role(const std::string& member, const LogLine& line) {
    if (line["from"] == "leader") return let_go(member, line["reason"], line.at);
    if (line["to"] != "leader") return;
    auto& h = current_or(Kind::kFirst);
    h.to = leads_ = member;
    h.claimed = line.at;
}

void HandoverMeter::let_go(const std::string& member, std::string_view cause, Instant at) {
    auto& h = current_or(Kind::kUnasked);
    if (h.claimed && h.to == member) {  // the successor gave up before its node was active
        h.to.clear();
        h.claimed.reset();
        h.activation_sent.reset();
        return;
    }
    if (h.decided) return;
    h.from = member;
    h.cause = cause;
    h.decided = at;
}

void HandoverMeter::on_progress(const std::string& member, const LogLine& line) {
    auto& h = *current_;
    // Two members' lines need not come in the order of their times.
    const bool letting_go = h.from == member && h.decided && (!h.claimed || line.at <= *h.claimed);
    const bool standby = line.is("standby_confirmed") || line.is("guardian_standby");
    const bool marker =
        line.is("marker_written") || (line.is("closed") && line["what"] == "drained");
    if (letting_go && standby && !h.standby) h.standby = line.at;
    if (letting_go && marker && !h.marker) h.marker = line.at;
    if (h.to != member || !h.claimed) return;
    if (line.is("activation_sent")) h.activation_sent = line.at;
    if (!line.is("active")) return;
    h.verified = line.at;
    if (h.from.empty() && h.kind != Kind::kFirst) h.from = member;
    ended_.push_back(h);
    current_.reset();
}

void HandoverMeter::on_entry(const std::string& node, const checker::Entry& entry, Instant at) {
    if (entry.kind == checker::Kind::active_on) {
        active_.insert(node);
        if (!current_) return;
        current_->went_active = at;
        current_->went_silent = last_silent_;
        return;
    }
    const bool fell = entry.kind == checker::Kind::active_off ||
                      entry.kind == checker::Kind::stop || entry.kind == checker::Kind::start;
    if (fell && active_.erase(node) > 0) last_silent_ = at;
}

}  // namespace elector::demo
