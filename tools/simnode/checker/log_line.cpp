#include "simnode/checker/log_line.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include <boost/json.hpp>

namespace elector::checker {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 8> kWords{"proposal",
                                                 "proposal_endorsement",
                                                 "lock_endorsement",
                                                 "commit_endorsement",
                                                 "active_on",
                                                 "active_off",
                                                 "start",
                                                 "stop"};

std::optional<Kind> kind_of(std::string_view text) {
    const auto it = std::find(kWords.begin(), kWords.end(), text);
    if (it == kWords.end()) return std::nullopt;
    return static_cast<Kind>(it - kWords.begin());
}

std::optional<std::uint64_t> number(const json::object& o, std::string_view key,
                                    std::uint64_t limit) {
    const json::value* v = o.if_contains(key);
    if (v == nullptr || !(v->is_int64() || v->is_uint64())) return std::nullopt;
    if (v->is_int64() && v->get_int64() < 0) return std::nullopt;
    const std::uint64_t n =
        v->is_int64() ? static_cast<std::uint64_t>(v->get_int64()) : v->get_uint64();
    return n <= limit ? std::optional(n) : std::nullopt;
}

std::string_view text_of(const json::object& o, std::string_view key) {
    const json::value* v = o.if_contains(key);
    return v != nullptr && v->is_string() ? std::string_view(v->get_string()) : std::string_view{};
}

std::string wrong(std::string_view what) { return std::string(what); }

}  // namespace

std::string_view word(Kind kind) { return kWords[static_cast<std::size_t>(kind)]; }

std::variant<Line, std::string> parse_line(std::string_view text) {
    json::error_code ec;
    const json::value v = json::parse(text, ec);
    if (ec) return "not JSON: " + ec.message();
    const json::object* o = v.if_object();
    if (o == nullptr) return wrong("not a JSON object");
    Line line;
    const auto time = number(*o, "time_ns", std::numeric_limits<std::int64_t>::max());
    if (!time) return wrong("\"time_ns\" must be a whole number of nanoseconds");
    line.entry.time_ns = static_cast<std::int64_t>(*time);
    line.node = text_of(*o, "node");
    if (line.node.empty()) return wrong("\"node\" must be a name");
    const auto kind = kind_of(text_of(*o, "kind"));
    if (!kind) return wrong("\"kind\" must be a known word");
    line.entry.kind = *kind;
    if (!is_signature(*kind)) return line;
    const auto height = number(*o, "height", std::numeric_limits<std::uint64_t>::max());
    const auto round = number(*o, "round", std::numeric_limits<std::uint32_t>::max());
    if (!height || !round) return wrong("a signature needs \"height\" and \"round\"");
    line.entry.height = *height;
    line.entry.round = static_cast<std::uint32_t>(*round);
    return line;
}

std::string format_line(std::string_view node, const Entry& e) {
    json::object o;
    o["time_ns"] = e.time_ns;
    o["node"] = node;
    o["kind"] = word(e.kind);
    if (is_signature(e.kind)) {
        o["height"] = e.height;
        o["round"] = e.round;
    }
    return json::serialize(o);
}

std::string Log::add(std::string_view text) {
    auto parsed = parse_line(text);
    if (auto* error = std::get_if<std::string>(&parsed)) return std::move(*error);
    Line& line = std::get<Line>(parsed);
    const auto it = std::find(names_.begin(), names_.end(), line.node);
    line.entry.node = static_cast<std::uint32_t>(it - names_.begin());
    if (it == names_.end()) names_.push_back(std::move(line.node));
    entries_.push_back(line.entry);
    return {};
}

Report Log::check() const {
    std::vector<Entry> sorted = entries_;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Entry& a, const Entry& b) { return a.time_ns < b.time_ns; });
    Checker checker;
    for (const Entry& e : sorted) checker.add(e);
    return checker.report();
}

}  // namespace elector::checker
