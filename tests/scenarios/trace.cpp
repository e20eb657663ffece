#include "scenarios/trace.hpp"

#include <cstdio>
#include <utility>

#include "model/overloaded.hpp"

namespace elector::scenarios {
using namespace model;

std::string seconds(Duration d) {
    char text[32];
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(d).count();
    std::snprintf(text, sizeof text, "%lld.%03lld", static_cast<long long>(us / 1000000),
                  static_cast<long long>(us % 1000000 / 1000));
    return text;
}

void Trace::line(Instant at, const std::string& text) {
    if (!lines_.empty() && lines_.back().text == text) {
        lines_.back().last = at;
        ++lines_.back().times;
        return;
    }
    lines_.push_back(Line{at, at, text});
}

std::vector<std::string> Trace::take() {
    std::vector<std::string> out;
    for (const auto& l : lines_) {
        const auto time = seconds(l.first.time_since_epoch());
        auto text = std::string(time.size() < 8 ? 8 - time.size() : 0, ' ') + time + "  " + l.text;
        if (l.times > 1)
            text += "  (" + std::to_string(l.times) + " times, last " +
                    seconds(l.last.time_since_epoch()) + ")";
        out.push_back(text);
    }
    lines_.clear();
    std::string also;
    for (const auto& [what, times] : routine_)
        also += (also.empty() ? "" : ", ") + std::to_string(times) + " " + what;
    routine_.clear();
    if (!also.empty()) out.push_back("          (also: " + also + ")");
    return out;
}

std::string Names::lease(LeaseId lease) {
    const auto hex = candidate_suffix(lease);
    auto& name = leases_[hex];
    if (name.empty()) name = "L" + std::to_string(leases_.size());
    return name;
}

std::string Names::key(const std::string& key) {
    static const std::string queue = "/iotex-server/";
    if (key.compare(0, queue.size(), queue) != 0) return key;
    const auto suffix = key.substr(queue.size());
    const auto it = leases_.find(suffix);
    return "K/" + (it == leases_.end() ? suffix : it->second);
}

std::string Names::nonce(Nonce nonce) {
    auto& name = nonces_[nonce.value];
    if (name.empty()) name = "n" + std::to_string(nonces_.size());
    return name;
}

std::string describe(Names& names, const HolderRecord& r) {
    const auto hold_times = " hold " + seconds(r.hold) + " quiesce " + seconds(r.quiesce);
    std::string text;
    switch (r.state) {
        case HolderRecord::State::kActive:
            text = "active" + hold_times;
            break;
        case HolderRecord::State::kDrained:
            text = "drained gate{" + (r.gate.tip ? std::to_string(r.gate.tip->value) : "null") +
                   ", " + seconds(r.gate.wait) + "}";
            break;
        case HolderRecord::State::kUnfenced:
            text = "unfenced";
            break;
    }
    text += " term " + std::to_string(r.term.value) + " of " + (r.member.empty() ? "-" : r.member) +
            " (" + names.nonce(r.nonce) + ", " + r.reason + ")";
    for (const auto& f : r.foreign)
        text += " foreign{" + names.key(f.key) + ", " + std::to_string(f.create.value) + ", " +
                f.value + "}";
    return text;
}

std::string describe(Names& names, const StoredRecord& stored) {
    if (stored.mod == Revision{}) return "nothing";
    const auto at = " @" + std::to_string(stored.mod.value);
    return (stored.record ? describe(names, *stored.record) : "unreadable") + at;
}

std::string describe(const MemberRecord& r) {
    std::string text = r.eligible ? "eligible" : "unfit (" + r.blocked_by + ")";
    text += r.activity == NodeActivity::kActive    ? ", node active"
            : r.activity == NodeActivity::kStandby ? ", node standby"
                                                   : ", node unknown";
    if (r.tip) text += ", tip " + std::to_string(r.tip->value);
    if (r.lag_blocks != 0) text += ", lag " + std::to_string(r.lag_blocks);
    if (!r.candidate_key.empty()) text += ", queued";
    if (!r.roll_call.empty()) text += ", answers " + r.roll_call;
    return text;
}

namespace {

std::string severity(Severity s) {
    return s == Severity::kAlarm ? "ALARM " : s == Severity::kWarning ? "warning " : "notice ";
}

std::string at_create(Names& names, const std::string& key, Revision create) {
    return names.key(key) + " create " + std::to_string(create.value);
}

Telling tell_store(Names& n, const auto& effect) {
    return std::visit(
        Overloaded{
            [&](const GrantLease& e) {
                return Telling{"grant", "GRANT " + n.lease(e.lease) + " ttl " + seconds(e.ttl)};
            },
            [&](const KeepLeaseAlive&) {
                return Telling{"keepalive", "keep-alive", true};
            },
            [&](const RevokeLease& e) {
                return Telling{"revoke", "REVOKE " + n.lease(e.lease)};
            },
            [&](const ReadElection&) {
                return Telling{"read", "read", true};
            },
            [&](const Register& e) {
                return Telling{"register", "REGISTER " + e.record.name + " @" + n.lease(e.lease) +
                                               (e.expected_mod == Revision{} ? "" : " again")};
            },
            [&](const PublishMember&) {
                return Telling{"publish", "publish", true};
            },
            [&](const Queue& e) {
                return Telling{"queue", "QUEUE " + n.key(e.record.candidate_key)};
            },
            [&](const Release& e) {
                return Telling{"release", "RELEASE " + at_create(n, e.key, e.create)};
            },
            [&](const Depose& e) {
                return Telling{"depose", "DEPOSE " + at_create(n, e.key, e.create) + " if " +
                                             describe(n, e.holder)};
            },
            [&](const Claim& e) {
                // One after the other: whoever is named first is number one.
                const auto found = describe(n, e.found);
                const auto record = describe(n, e.record);
                return Telling{"claim", "CLAIM " + at_create(n, e.key, e.create) + ": " + record +
                                            " over " + found};
            },
            [&](const Confirm&) {
                return Telling{"confirm", "confirm", true};
            },
            [&](const Drain& e) {
                return Telling{"drain",
                               "DRAIN @" + std::to_string(e.found.mod.value) + ": " +
                                   describe(n, e.record) +
                                   (e.key.empty() ? ", no key" : ", delete " + n.key(e.key))};
            },
            [&](const MarkUnfenced& e) {
                return Telling{"unfenced", "UNFENCED @" + std::to_string(e.found.mod.value) + ": " +
                                               describe(n, e.record)};
            },
            [&](const RecordForeign& e) {
                return Telling{"foreign", "FOREIGN " +
                                              at_create(n, e.foreign.key, e.foreign.create) + ": " +
                                              describe(n, e.record)};
            },
            [&](const ClearForeign& e) {
                return Telling{"clear",
                               "CLEAR " + n.key(e.gone.key) + ": " + describe(n, e.record)};
            },
            [](const RecordDoubleActive& e) {
                return Telling{"double",
                               "RECORD double_active: " + e.entry.member + " and " + e.entry.other};
            },
            [](const auto&) { return Telling{}; }},
        effect);
}

Telling tell_rest(Names& n, const Effect& effect) {
    return std::visit(
        Overloaded{
            [](const QueryStatus& e) {
                return Telling{"status", e.fresh_connection ? "fresh status" : "status", true};
            },
            [](const Deactivate&) {
                return Telling{"deactivate", "activate=false"};
            },
            [](const Activate& e) {
                return Telling{"activate", "activate=true, not after " +
                                               seconds(e.not_after.time_since_epoch())};
            },
            [](const ReadReadiness&) {
                return Telling{"readiness", "readiness", true};
            },
            [](const ReadTip&) {
                return Telling{"tip", "tip", true};
            },
            [](const ReadMetrics&) {
                return Telling{"metrics", "metrics", true};
            },
            [&](const ArmGuardian& e) {
                return Telling{"arm", "arm guardian until " +
                                          seconds(e.valid_until.time_since_epoch()) + ", term " +
                                          std::to_string(e.term.value) + ", " + n.key(e.key) +
                                          " @" + std::to_string(e.holder.mod.value)};
            },
            [](const TellGuardianDraining& e) {
                if (e.standby) return Telling{"", "tell guardian: standby"};
                return Telling{
                    "", "tell guardian: draining until " + seconds(e.deadline.time_since_epoch())};
            },
            [](const DisarmGuardian&) {
                return Telling{"", "disarm guardian"};
            },
            [](const RunFence& e) {
                return Telling{"fence",
                               "FENCE term " + std::to_string(e.term.value) + ", " + e.reason};
            },
            [](const WatchElection& e) {
                return Telling{"", e.far ? "watch from afar" : "watch"};
            },
            [](const RoleChanged& e) {
                return Telling{"", "*** " + std::string(name(e.row->from)) + " -> " +
                                       std::string(name(e.row->to)) + " [" +
                                       std::string(e.row->code) + "]"};
            },
            [](const Announce& e) {
                const auto& row = model::describe(e.notice);
                return Telling{"", severity(row.severity) + std::string(row.name) +
                                       (e.detail.empty() ? "" : ": " + e.detail)};
            },
            [](const Exit& e) {
                return Telling{"", "EXIT " + std::to_string(e.code)};
            },
            [](const auto&) { return Telling{}; }},
        effect);
}

}  // namespace

Telling tell(Names& names, const Effect& effect) {
    auto telling = tell_store(names, effect);
    return telling.text.empty() ? tell_rest(names, effect) : telling;
}

}  // namespace elector::scenarios
