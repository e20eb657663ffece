// Owns the measurement of hand-overs: which moment belongs to which phase. Fed by what the members
// log, guardians and closers included, and by what the nodes really did (their own logs).
// Must never look at a clock. Thread rule: values only.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "demo/log_line.hpp"
#include "simnode/checker/checker.hpp"

namespace elector::demo {

enum class Kind : std::uint8_t {
    kFirst,
    kPlanned,
    kUnhealthy,
    kNodeKilled,
    kElectorKilled,
    kElectorFrozen,
    kGuardianKilled,
    kCutOff,
    kUnasked
};

/// "planned", "unhealthy", "node killed", "cut off etcd", ...
std::string_view name(Kind kind);

struct Phase {
    std::string_view name;
    std::optional<model::Duration> span;
    bool operator==(const Phase&) const = default;
};

/// One change of the lead. What has not happened, or does not happen in this kind, is not set.
struct Handover {
    using Moment = std::optional<model::Instant>;
    Kind kind = Kind::kUnasked;
    std::string from;
    std::string to;
    std::string cause;       ///< reason code of the old leader, or of its guardian
    Moment ordered;          ///< the command was given, or the fault began
    Moment decided;          ///< the old leader began to let go, or its guardian to act
    Moment standby;          ///< its node was confirmed standby
    Moment marker;           ///< the drained marker stood in etcd
    Moment claimed;          ///< the successor held the record
    Moment activation_sent;  ///< its node was told
    Moment verified;         ///< its node was verified active
    Moment went_silent;      ///< by the nodes' own logs: the old one's flag fell, or it ended
    Moment went_active;      ///< by the nodes' own logs: the new one's flag rose

    bool ended() const { return verified.has_value(); }
    /// Nobody's node was active for so long, by the nodes' own logs.
    std::optional<model::Duration> gap() const;
    std::optional<model::Duration> total() const;
    /// decide, standby, marker, claim, activate, verify: each counts from the one before that
    /// happened.
    std::vector<Phase> phases() const;
    bool operator==(const Handover&) const = default;
};

class HandoverMeter {
  public:
    /// A command is about to be given, or a fault to begin.
    void order(Kind kind, model::Instant at);
    /// The command came to nothing, or the fault is mended: what happens next is not its doing.
    void forget_order();
    void on_line(const std::string& member, const LogLine& line);
    void on_entry(const std::string& node, const checker::Entry& entry, model::Instant at);

    /// The one under way.
    const std::optional<Handover>& current() const { return current_; }
    const std::vector<Handover>& ended() const { return ended_; }
    /// Nodes whose active flag is up, by their own logs.
    const std::set<std::string>& active() const { return active_; }

  private:
    void on_role(const std::string& member, const LogLine& line);
    void let_go(const std::string& member, std::string_view cause, model::Instant at);
    void on_progress(const std::string& member, const LogLine& line);
    Handover& current_or(Kind kind);

    std::optional<Handover> current_;
    std::vector<Handover> ended_;
    std::set<std::string> active_;
    std::string leads_;  ///< who has claimed last
    Handover::Moment last_silent_;
};

}  // namespace elector::demo
