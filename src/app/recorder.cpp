#include "app/recorder.hpp"

#include <type_traits>

#include <boost/describe.hpp>
#include <boost/json.hpp>

#include "core/overloaded.hpp"

// The fields of every value that can happen or be asked for, in one place. A field that is missing
// here is missing in a dump; the recorder test walks all of them.
namespace elector::core {
BOOST_DESCRIBE_STRUCT(OpId, (), (value))
BOOST_DESCRIBE_STRUCT(Revision, (), (value))
BOOST_DESCRIBE_STRUCT(LeaseId, (), (value))
BOOST_DESCRIBE_STRUCT(Nonce, (), (value))
BOOST_DESCRIBE_STRUCT(ConnectionId, (), (value))
BOOST_DESCRIBE_STRUCT(Height, (), (value))
BOOST_DESCRIBE_STRUCT(Gate, (), (tip, wait))
BOOST_DESCRIBE_STRUCT(ForeignKey, (), (key, create, value))
BOOST_DESCRIBE_STRUCT(HolderRecord, (),
                      (state, term, member, instance, nonce, hold, quiesce, gate, reason, foreign))
BOOST_DESCRIBE_STRUCT(StoredRecord, (), (mod, bytes, record))
BOOST_DESCRIBE_STRUCT(MemberRecord, (),
                      (name, instance, candidate_key, activity, activity_age, tip, lag_blocks,
                       lag_bucket, priority, eligible, blocked_by, operator_address, version,
                       api_url, roll_call))
BOOST_DESCRIBE_STRUCT(PauseOrder, (), (who, why))
BOOST_DESCRIBE_STRUCT(SwitchoverOrder, (), (mod, term, to, who, why))
BOOST_DESCRIBE_STRUCT(HistoryEntry, (), (term, member, reason, held, standby, marker, actor))
BOOST_DESCRIBE_STRUCT(Candidate, (), (key, create, value))
BOOST_DESCRIBE_STRUCT(MemberEntry, (), (create, mod, record))
BOOST_DESCRIBE_STRUCT(ElectionView, (),
                      (cluster_id, raft_term, revision, queue, members, holder, pause, switchover,
                       roll_call))
BOOST_DESCRIBE_STRUCT(CandidateCame, (), (candidate))
BOOST_DESCRIBE_STRUCT(CandidateGone, (), (key))
BOOST_DESCRIBE_STRUCT(MemberCame, (), (entry))
BOOST_DESCRIBE_STRUCT(MemberGone, (), (name))
BOOST_DESCRIBE_STRUCT(HolderChanged, (), (holder))
BOOST_DESCRIBE_STRUCT(PauseChanged, (), (pause))
BOOST_DESCRIBE_STRUCT(SwitchoverChanged, (), (order))
BOOST_DESCRIBE_STRUCT(RollCallChanged, (), (roll_call))
BOOST_DESCRIBE_STRUCT(Change, (), (at, what))

BOOST_DESCRIBE_STRUCT(Woke, (), ())
BOOST_DESCRIBE_STRUCT(ShutdownRequested, (), ())
BOOST_DESCRIBE_STRUCT(LeaseAnswered, (), (op, outcome, ttl))
BOOST_DESCRIBE_STRUCT(LeaseRevoked, (), (op, outcome))
BOOST_DESCRIBE_STRUCT(ElectionRead, (), (op, outcome, view))
BOOST_DESCRIBE_STRUCT(StoreChanged, (), (revision, changes))
BOOST_DESCRIBE_STRUCT(WatchResumed, (), (gap))
BOOST_DESCRIBE_STRUCT(TxnAnswered, (), (op, outcome, revision, member))
BOOST_DESCRIBE_STRUCT(RecordAnswered, (), (op, outcome, holder))
BOOST_DESCRIBE_STRUCT(StatusRead, (), (op, failure, active, connection))
BOOST_DESCRIBE_STRUCT(SetAnswered, (), (op, failure, not_sent))
BOOST_DESCRIBE_STRUCT(ReadinessRead, (), (op, failure, ready))
BOOST_DESCRIBE_STRUCT(TipRead, (), (op, failure, height, age))
BOOST_DESCRIBE_STRUCT(MetricsRead, (), (op, failure, height, target, operator_address))
BOOST_DESCRIBE_STRUCT(PortChanged, (), (port, state))
BOOST_DESCRIBE_STRUCT(GuardianArmed, (), (op))
BOOST_DESCRIBE_STRUCT(GuardianLost, (), ())

BOOST_DESCRIBE_STRUCT(GrantLease, (), (op, lease, ttl))
BOOST_DESCRIBE_STRUCT(KeepLeaseAlive, (), (op, lease))
BOOST_DESCRIBE_STRUCT(RevokeLease, (), (op, lease))
BOOST_DESCRIBE_STRUCT(ReadElection, (), (op))
BOOST_DESCRIBE_STRUCT(Register, (), (op, lease, record, expected_mod))
BOOST_DESCRIBE_STRUCT(PublishMember, (), (op, lease, record, expected_mod))
BOOST_DESCRIBE_STRUCT(Queue, (), (op, lease, record, expected_mod))
BOOST_DESCRIBE_STRUCT(Release, (), (op, lease, key, create, record))
BOOST_DESCRIBE_STRUCT(Depose, (), (op, key, create, holder))
BOOST_DESCRIBE_STRUCT(Claim, (), (op, key, create, found, record))
BOOST_DESCRIBE_STRUCT(Confirm, (), (op, key, create, holder_mod))
BOOST_DESCRIBE_STRUCT(Drain, (), (op, found, record, key, history))
BOOST_DESCRIBE_STRUCT(MarkUnfenced, (), (op, found, record))
BOOST_DESCRIBE_STRUCT(RecordForeign, (), (op, found, foreign, record))
BOOST_DESCRIBE_STRUCT(ClearForeign, (), (op, found, gone, record))
BOOST_DESCRIBE_STRUCT(QueryStatus, (), (op, fresh_connection))
BOOST_DESCRIBE_STRUCT(Deactivate, (), (op))
BOOST_DESCRIBE_STRUCT(Activate, (), (op, connection, not_after))
BOOST_DESCRIBE_STRUCT(ReadReadiness, (), (op))
BOOST_DESCRIBE_STRUCT(ReadTip, (), (op))
BOOST_DESCRIBE_STRUCT(ReadMetrics, (), (op))
BOOST_DESCRIBE_STRUCT(ArmGuardian, (), (op, valid_until, term, nonce, lease, key, holder))
BOOST_DESCRIBE_STRUCT(TellGuardianDraining, (), (deadline))
BOOST_DESCRIBE_STRUCT(DisarmGuardian, (), ())
BOOST_DESCRIBE_STRUCT(PinCluster, (), (cluster))
BOOST_DESCRIBE_STRUCT(Announce, (), (notice, detail))
BOOST_DESCRIBE_STRUCT(Exit, (), (code))
BOOST_DESCRIBE_STRUCT(Policy, (),
                      (member, instance, queue_prefix, version, api_url, priority, nofailover,
                       guardian, observe, cluster, hold, renew, margin, max_hold, drift_ppm,
                       block_interval, quiesce, settle, overtime, start_delay, poll_interval,
                       refused_grace, web3, fall, rise, max_lag, max_tip_age, rank_settle,
                       cool_first, cool_max, cool_forget, last_standing, publish_interval,
                       metrics_interval))
}  // namespace elector::core

namespace elector::app {
namespace json = boost::json;
using namespace core;

namespace {

template <class T>
concept Described = boost::describe::has_describe_members<T>::value;

json::value to_value(bool v) { return v; }
json::value to_value(const RoleChanged& v) {
    return json::object{
        {"from", name(v.row->from)}, {"to", name(v.row->to)}, {"code", v.row->code}};
}

json::value to_value(const std::string& v) { return v.c_str(); }
json::value to_value(Duration v) { return v.count(); }
json::value to_value(Instant v) { return v.time_since_epoch().count(); }
template <class T>
requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) json::value to_value(T v) { return v; }
template <class T>
requires std::is_enum_v<T> json::value to_value(T v) { return static_cast<int>(v); }
template <Described T>
json::value to_value(const T& v);
template <class T>
json::value to_value(const std::optional<T>& v);
template <class T>
json::value to_value(const std::vector<T>& v);
template <class... T>
json::value to_value(const std::variant<T...>& v);

template <class T>
json::value to_value(const std::optional<T>& v) {
    return v ? to_value(*v) : json::value(nullptr);
}
template <class T>
json::value to_value(const std::vector<T>& v) {
    json::array list;
    for (const auto& item : v) list.push_back(to_value(item));
    return list;
}

/// "elector::core::StatusRead" from the compiler's own spelling; both compilers end with `T = …]`.
template <class T>
std::string_view type_name() {
    const std::string_view all = __PRETTY_FUNCTION__;
    const auto end = all.find_first_of("];", all.find("T = "));
    const auto begin = all.rfind(':', end) + 1;
    return all.substr(begin, end - begin);
}

template <class... T>
json::value to_value(const std::variant<T...>& v) {
    return std::visit(
        [](const auto& item) -> json::value {
            json::object o;
            o[type_name<std::decay_t<decltype(item)>>()] = to_value(item);
            return o;
        },
        v);
}

template <Described T>
json::value to_value(const T& v) {
    json::object o;
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
        [&](auto member) { o[member.name] = to_value(v.*member.pointer); });
    return o;
}

}  // namespace

std::string describe(const Event& event) { return json::serialize(to_value(event)); }
std::string describe(const Effect& effect) { return json::serialize(to_value(effect)); }

std::string Recorder::dump() const {
    const json::object header{{"recorder", 1},
                              {"seed", seed_},
                              {"started_ns", started_.time_since_epoch().count()},
                              {"dropped", dropped_}};
    std::string text = json::serialize(header) + "\n";
    for (const auto& entry : entries_) {
        json::object line;
        std::visit(Overloaded{[&](const Event& e) {
                                  line["now_ns"] = entry.now.time_since_epoch().count();
                                  line["event"] = to_value(e);
                              },
                              [&](const Effect& e) { line["effect"] = to_value(e); },
                              [&](const Policy& p) { line["policy"] = to_value(p); }},
                   entry.what);
        text += json::serialize(line) + "\n";
    }
    return text;
}

}  // namespace elector::app
