#include "etcd/records.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <boost/json.hpp>

namespace elector::etcd {
namespace json = boost::json;
using namespace model;

namespace {

/// No wait longer than this makes sense; a larger number is damage.
constexpr std::int64_t kMaxMs = 24LL * 3600 * 1000;
constexpr std::int64_t kMaxHeldMs = 1000LL * 365 * kMaxMs / 100;
constexpr std::size_t kMaxForeign = 64;
constexpr std::int64_t kMaxUnixMs = 253'402'300'799'999;  // the end of the year 9999

std::int64_t ms(Duration d) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

json::value number_or_null(const std::optional<Height>& h) {
    return h ? json::value(h->value) : json::value(nullptr);
}

std::string hex(std::uint64_t value) {
    char text[17] = {};
    const auto end = std::to_chars(text, text + 16, value, 16).ptr;
    return std::string(text, end);
}

/// Bytes from the store as a JSON object, or false. Its parts live where it lives: records are
/// small and parsed often.
class ParsedObject {
  public:
    explicit ParsedObject(std::string_view bytes) : value_(json::storage_ptr(&memory_)) {
        boost::system::error_code ec;
        json::parse_options options;
        options.max_depth = 8;
        value_ = json::parse(json::string_view(bytes.data(), bytes.size()), ec, &memory_, options);
        if (ec) value_ = nullptr;
    }
    ParsedObject(const ParsedObject&) = delete;
    ParsedObject& operator=(const ParsedObject&) = delete;
    explicit operator bool() const { return value_.is_object(); }
    const json::object& operator*() const { return value_.as_object(); }

  private:
    std::array<unsigned char, 4096> buffer_;
    json::monotonic_resource memory_{buffer_.data(), buffer_.size()};
    json::value value_;
};

const json::value* find(const json::object& o, const char* key) { return o.if_contains(key); }

std::optional<std::int64_t> integer(const json::object& o, const char* key) {
    const auto* v = find(o, key);
    if (!v) return std::nullopt;
    if (v->is_int64()) return v->as_int64();
    return std::nullopt;
}

std::optional<std::uint64_t> natural(const json::value* v) {
    if (!v) return std::nullopt;
    if (v->is_int64() && v->as_int64() >= 0) return static_cast<std::uint64_t>(v->as_int64());
    if (v->is_uint64()) return v->as_uint64();
    return std::nullopt;
}

std::optional<Duration> span(const json::object& o, const char* key) {
    const auto v = integer(o, key);
    if (!v || *v < 0 || *v > kMaxMs) return std::nullopt;
    return Duration(std::chrono::milliseconds(*v));
}

/// Milliseconds since 1970 by somebody's wall clock, for people; 0: none, or none that can be.
std::int64_t instant_ms(const json::object& o, const char* key) {
    const auto v = integer(o, key).value_or(0);
    return v > 0 && v <= kMaxUnixMs ? v : 0;
}

std::string text(const json::object& o, const char* key) {
    const auto* v = find(o, key);
    return v && v->is_string() ? std::string(v->as_string()) : std::string{};
}

std::optional<Gate> parse_gate(const json::object& o) {
    const auto* v = find(o, "gate");
    if (!v || !v->is_object()) return std::nullopt;
    const auto wait = span(v->as_object(), "wait_ms");
    const auto* tip = find(v->as_object(), "tip");
    if (!wait || !tip) return std::nullopt;
    Gate gate{std::nullopt, *wait};
    if (tip->is_null()) return gate;
    const auto height = natural(tip);
    if (!height) return std::nullopt;
    gate.tip = Height{*height};
    return gate;
}

/// None: there is a `foreign` that cannot be read; forgetting it would let somebody take over.
std::optional<std::vector<ForeignKey>> parse_foreign(const json::object& o) {
    std::vector<ForeignKey> list;
    const auto* v = find(o, "foreign");
    if (!v) return list;
    if (!v->is_array() || v->as_array().size() > kMaxForeign) return std::nullopt;
    for (const auto& item : v->as_array()) {
        if (!item.is_object()) return std::nullopt;
        const auto create = integer(item.as_object(), "create");
        if (!create) return std::nullopt;
        list.push_back(ForeignKey{text(item.as_object(), "key"), Revision{*create},
                                  text(item.as_object(), "value")});
    }
    return list;
}

std::string_view word(HolderRecord::State state) {
    switch (state) {
        case HolderRecord::State::kActive:
            return "active";
        case HolderRecord::State::kDrained:
            return "drained";
        case HolderRecord::State::kUnfenced:
            return "unfenced";
    }
    return "active";
}

HolderRecord::State parse_state(std::string_view state) {
    if (state == "drained") return HolderRecord::State::kDrained;
    if (state == "unfenced") return HolderRecord::State::kUnfenced;
    return HolderRecord::State::kActive;
}

std::string_view word(NodeActivity a) {
    switch (a) {
        case NodeActivity::kActive:
            return "active";
        case NodeActivity::kStandby:
            return "standby";
        case NodeActivity::kUnknown:
            return "unknown";
    }
    return "unknown";
}

NodeActivity parse_activity(std::string_view a) {
    if (a == "active") return NodeActivity::kActive;
    if (a == "standby") return NodeActivity::kStandby;
    return NodeActivity::kUnknown;
}

}  // namespace

std::string to_json(const HolderRecord& r) {
    json::object o{{"v", 1},
                   {"state", word(r.state)},
                   {"term", r.term.value},
                   {"member", r.member},
                   {"instance", r.instance},
                   {"nonce", hex(r.nonce.value)},
                   {"hold_ms", ms(r.hold)},
                   {"quiesce_ms", ms(r.quiesce)},
                   {"gate", {{"tip", number_or_null(r.gate.tip)}, {"wait_ms", ms(r.gate.wait)}}},
                   {"reason", r.reason}};
    if (!r.foreign.empty()) {
        json::array list;
        for (const auto& f : r.foreign)
            list.push_back({{"key", f.key}, {"create", f.create.value}, {"value", f.value}});
        o["foreign"] = std::move(list);
    }
    return json::serialize(o);
}

std::string to_json(const MemberRecord& r) {
    json::object o{{"v", 1},
                   {"instance", r.instance},
                   {"candidate_key", r.candidate_key},
                   {"node", word(r.activity)},
                   {"node_age_ms", ms(r.activity_age)},
                   {"tip", number_or_null(r.tip)},
                   {"lag", r.lag_blocks},
                   {"lag_bucket", r.lag_bucket},
                   {"priority", r.priority},
                   {"eligible", r.eligible},
                   {"blocked_by", r.blocked_by},
                   {"operator", r.operator_address},
                   {"version", r.version},
                   {"api", r.api_url}};
    if (!r.roll_call.empty()) o["roll_call"] = r.roll_call;
    if (r.unix_ms > 0) o["at_unix_ms"] = r.unix_ms;
    return json::serialize(o);
}

std::string to_json(const HistoryEntry& e) {
    json::object o{{"v", 1},
                   {"term", e.term.value},
                   {"from", e.member},
                   {"reason", e.reason},
                   {"held_ms", ms(e.held)},
                   {"standby_ms", ms(e.standby)},
                   {"marker_ms", ms(e.marker)}};
    if (!e.actor.empty()) o["actor"] = e.actor;
    if (!e.other.empty()) o["other"] = e.other;
    if (e.unix_ms > 0) o["at_unix_ms"] = e.unix_ms;
    return json::serialize(o);
}

std::string to_json(const SwitchoverOrder& order) {
    const json::object o{{"v", 1},
                         {"term", order.term.value},
                         {"to", order.to},
                         {"who", order.who},
                         {"why", order.why}};
    return json::serialize(o);
}

std::string to_json(const PauseOrder& order) {
    json::object o{{"v", 1}, {"who", order.who}, {"why", order.why}};
    if (order.until_unix_ms > 0) o["until_unix_ms"] = order.until_unix_ms;
    return json::serialize(o);
}

std::optional<HolderRecord> parse_holder(std::string_view bytes) {
    const ParsedObject o(bytes);
    if (!o) return std::nullopt;
    const auto* state = find(*o, "state");
    const auto term = integer(*o, "term");
    const auto hold = span(*o, "hold_ms");
    const auto quiesce = span(*o, "quiesce_ms");
    const auto gate = parse_gate(*o);
    auto foreign = parse_foreign(*o);
    if (!state || !state->is_string() || !term || !hold || !quiesce || !gate || !foreign)
        return std::nullopt;
    HolderRecord r;
    r.state = parse_state(state->as_string());
    r.term = Term{*term};
    r.member = text(*o, "member");
    r.instance = text(*o, "instance");
    const auto nonce = text(*o, "nonce");
    std::from_chars(nonce.data(), nonce.data() + nonce.size(), r.nonce.value, 16);
    r.hold = *hold;
    r.quiesce = *quiesce;
    r.gate = *gate;
    r.reason = text(*o, "reason");
    r.foreign = std::move(*foreign);
    return r;
}

std::optional<MemberRecord> parse_member(std::string_view name, std::string_view bytes) {
    const ParsedObject o(bytes);
    if (!o || text(*o, "instance").empty()) return std::nullopt;
    MemberRecord r;
    r.name = std::string(name);
    r.instance = text(*o, "instance");
    r.candidate_key = text(*o, "candidate_key");
    r.activity = parse_activity(text(*o, "node"));
    r.activity_age = span(*o, "node_age_ms").value_or(Duration{});
    if (const auto tip = natural(find(*o, "tip"))) r.tip = Height{*tip};
    r.lag_blocks = natural(find(*o, "lag")).value_or(0);
    r.lag_bucket = static_cast<int>(integer(*o, "lag_bucket").value_or(0) & 0xff);
    constexpr std::int64_t kMin = std::numeric_limits<int>::min();
    constexpr std::int64_t kMax = std::numeric_limits<int>::max();
    r.priority = static_cast<int>(std::clamp(integer(*o, "priority").value_or(0), kMin, kMax));
    const auto* eligible = find(*o, "eligible");
    r.eligible = eligible && eligible->is_bool() && eligible->as_bool();
    r.blocked_by = text(*o, "blocked_by");
    r.operator_address = text(*o, "operator");
    r.version = text(*o, "version");
    r.api_url = text(*o, "api");
    r.roll_call = text(*o, "roll_call");
    r.unix_ms = instant_ms(*o, "at_unix_ms");
    return r;
}

PauseOrder parse_pause(std::string_view bytes) {
    const ParsedObject o(bytes);
    if (!o) return PauseOrder{};
    return PauseOrder{text(*o, "who"), text(*o, "why"), instant_ms(*o, "until_unix_ms")};
}

std::optional<SwitchoverOrder> parse_switchover(std::string_view bytes) {
    const ParsedObject o(bytes);
    if (!o) return std::nullopt;
    const auto term = integer(*o, "term");
    if (!term) return std::nullopt;
    return SwitchoverOrder{Revision{}, Term{*term}, text(*o, "to"), text(*o, "who"),
                           text(*o, "why")};
}

std::optional<HistoryEntry> parse_history(std::string_view bytes) {
    const ParsedObject o(bytes);
    if (!o) return std::nullopt;
    const auto term = integer(*o, "term");
    if (!term) return std::nullopt;
    HistoryEntry e;
    e.term = Term{*term};
    e.member = text(*o, "from");
    e.reason = text(*o, "reason");
    const auto held = std::clamp<std::int64_t>(integer(*o, "held_ms").value_or(0), 0, kMaxHeldMs);
    e.held = std::chrono::milliseconds(held);  // a holding may last for years
    e.standby = span(*o, "standby_ms").value_or(Duration{});
    e.marker = span(*o, "marker_ms").value_or(Duration{});
    e.actor = text(*o, "actor");
    e.other = text(*o, "other");
    e.unix_ms = instant_ms(*o, "at_unix_ms");
    return e;
}

}  // namespace elector::etcd
