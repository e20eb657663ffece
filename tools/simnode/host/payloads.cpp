#include "simnode/host/payloads.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <boost/json.hpp>

namespace elector::simnode {
namespace {

namespace json = boost::json;

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Nothing when an escape is broken (the node drops such a pair).
std::optional<std::string> unescape(std::string_view s) {
    std::string out;
    for (std::size_t i = 0; i < s.size(); ++i) {
        if (s[i] == '+') {
            out += ' ';
        } else if (s[i] != '%') {
            out += s[i];
        } else {
            if (i + 2 >= s.size() || hex_digit(s[i + 1]) < 0 || hex_digit(s[i + 2]) < 0)
                return std::nullopt;
            out += static_cast<char>(hex_digit(s[i + 1]) * 16 + hex_digit(s[i + 2]));
            i += 2;
        }
    }
    return out;
}

std::string lower(std::string s) {
    for (char& c : s)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return s;
}

/// As Prometheus' text format writes numbers: exponents from a million on.
std::string number(double v) {
    std::array<char, 32> buffer;
    const bool big = v >= 1e6;
    const auto end = std::to_chars(buffer.begin(), buffer.end(), v,
                                   big ? std::chars_format::scientific : std::chars_format::fixed);
    return {buffer.begin(), end.ptr};
}

std::string number(std::uint64_t v) { return number(static_cast<double>(v)); }

std::string hex(std::uint64_t v) {
    std::array<char, 20> buffer;
    const auto end = std::to_chars(buffer.begin(), buffer.end(), v, 16);
    return "0x" + std::string(buffer.begin(), end.ptr);
}

std::string padding(std::size_t bytes) {
    std::string out;
    if (bytes == 0) return out;
    out.reserve(bytes + 128);
    out +=
        "# HELP iotex_db_query_time A series of no interest.\n# TYPE iotex_db_query_time gauge\n";
    for (std::uint64_t i = 0; out.size() < bytes; ++i)
        out += "iotex_db_query_time{bucket=\"" + std::to_string(i) + "\",kind=\"get\"} 0.25\n";
    return out;
}

std::string heartbeat(std::string_view source, std::string_view type, std::string value) {
    std::string line = "iotex_heartbeat_status{source=\"";
    line.append(source).append("\",status_type=\"").append(type).append("\"} ");
    return line + value + "\n";
}

std::string heartbeat_series(const MetricsInput& in) {
    const Gauges& g = in.gauges;
    std::string out = "# HELP iotex_heartbeat_status Node heartbeat status.\n";
    out += "# TYPE iotex_heartbeat_status gauge\n";
    out += heartbeat("1", "blockchainHeight", number(g.height));
    out += heartbeat("1", "actpoolSize", number(std::uint64_t{0}));
    // Mislabelled in the real node as well: the epoch series is the height, the round series the
    // epoch.
    out += heartbeat("1", "consensusEpoch", number(g.height));
    out += heartbeat("1", "consensusRound", number(in.epoch));
    out += heartbeat("1", "targetHeight", number(g.target_height));
    out += heartbeat(in.node->operator_address, "operatorAddress", "1");
    out += heartbeat("node", "numConnectedPeers", number(std::uint64_t{g.peers}));
    out += heartbeat("node", "pendingRolldposEvents", "0");
    out += heartbeat(in.node->version, "packageVersion", "1");
    return out;
}

std::string message_series(std::uint64_t sent) {
    const auto line = [](std::string_view direction, std::string_view message,
                         std::string_view status, std::uint64_t n) {
        std::string s = "iotex_p2p_message_counter{direction=\"";
        s.append(direction).append("\",message=\"").append(message);
        s.append("\",peer=\"12D3KooWSimulated\",protocol=\"broadcast\",status=\"").append(status);
        return s.append("\"} ").append(number(n)).append("\n");
    };
    std::string out = "# HELP iotex_p2p_message_counter P2P message stats\n";
    out += "# TYPE iotex_p2p_message_counter counter\n";
    out += line("in", "3", "success", 123456);
    out += line("out", "1", "success", 4242);
    out += line("out", "3", "failure", 1);
    if (sent > 0) out += line("out", "3", "success", sent);  // absent until the first one
    return out;
}

json::value block_json(const Tip& tip, std::uint64_t height, std::int64_t epoch_ns,
                       const Made& made) {
    const auto before = made.interval * static_cast<std::int64_t>(tip.height - height);
    const auto at = (tip.timestamp - before).count();
    const auto seconds = static_cast<std::uint64_t>((epoch_ns + at) / 1'000'000'000);
    const auto miner = made.by_us && made.by_us(height) ? kOurMiner : kOtherMiner;
    return json::object{{"author", json::string(miner)},
                        {"number", hex(height)},
                        {"hash", hex(height * 0x9e3779b97f4a7c15ULL)},
                        {"miner", json::string(miner)},
                        {"timestamp", hex(seconds)},
                        {"gasLimit", "0x2faf080"},
                        {"transactions", json::array{}}};
}

json::object rpc_error(json::value id, int code, std::string_view message) {
    json::object error{{"code", code}, {"message", message}};
    return {{"jsonrpc", "2.0"}, {"id", std::move(id)}, {"error", std::move(error)}};
}

/// The height that is asked for; nothing: none of ours.
std::optional<std::uint64_t> asked_height(const json::object& call, const Tip& tip) {
    const json::value* params = call.if_contains("params");
    const json::array* list = params != nullptr ? params->if_array() : nullptr;
    if (list == nullptr || list->size() != 2 || !(*list)[0].is_string()) return std::nullopt;
    const std::string_view word = (*list)[0].get_string();
    if (word == "latest") return tip.height;
    std::uint64_t height = 0;
    if (!word.starts_with("0x")) return std::nullopt;
    const char* end = word.data() + word.size();
    const auto done = std::from_chars(word.data() + 2, end, height, 16);
    if (done.ec != std::errc{} || done.ptr != end || height > tip.height) return std::nullopt;
    return height;
}

std::optional<json::value> rpc_result(std::string_view method, const json::object& call,
                                      const Tip& tip, std::int64_t epoch_ns, const Made& made) {
    if (method == "eth_blockNumber") return json::value(hex(tip.height));
    if (method == "eth_getBlockByNumber") {
        const auto height = asked_height(call, tip);
        return height ? block_json(tip, *height, epoch_ns, made) : json::value();
    }
    if (method == "eth_syncing") return json::value(false);
    if (method == "net_peerCount") return json::value("0x64");
    if (method == "eth_chainId") return json::value("0x1251");
    return std::nullopt;
}

}  // namespace

const std::string* Target::find(std::string_view name) const {
    const auto it =
        std::find_if(query.begin(), query.end(), [&](const auto& p) { return p.first == name; });
    return it == query.end() ? nullptr : &it->second;
}

Target parse_target(std::string_view target) {
    Target t;
    const std::size_t mark = target.find('?');
    t.path = target.substr(0, mark);
    if (mark == std::string_view::npos) return t;
    std::string_view rest = target.substr(mark + 1);
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
        if (pair.empty() || pair.find(';') != std::string_view::npos) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        auto name = unescape(pair.substr(0, equals));
        auto value = unescape(pair.substr(std::min(equals + 1, pair.size())));
        if (name && value) t.query.emplace_back(std::move(*name), std::move(*value));
    }
    return t;
}

std::optional<AdminCall> admin_call(const Target& t) {
    if (t.path == "/pause") return AdminCall::pause;
    if (t.path == "/unpause") return AdminCall::unpause;
    if (t.path != "/ha") return std::nullopt;
    const std::string* value = t.find("activate");
    if (value == nullptr) return AdminCall::status;
    const std::string word = lower(*value);
    if (word == "true") return AdminCall::activate;
    return word == "false" ? AdminCall::deactivate : AdminCall::set_unknown;
}

std::string ha_status_body(bool active) {
    return active ? "{\"active\":true}\n" : "{\"active\":false}\n";
}

std::string metrics_text(const MetricsInput& in) {
    std::string out = padding(in.padding_bytes);
    if (in.gauges.present) out += heartbeat_series(in);
    out += "# HELP iotex_node_info_height_gauge Height of other nodes.\n";
    out += "# TYPE iotex_node_info_height_gauge gauge\n";
    out += "iotex_node_info_height_gauge{address=\"io1another0delegate\",version=\"v2.4.4\"} " +
           number(in.gauges.target_height) + "\n";
    out += message_series(in.messages_sent);
    out += "# HELP process_start_time_seconds Start time of the process since unix epoch.\n";
    out += "# TYPE process_start_time_seconds gauge\n";
    const std::int64_t hundredths = in.process_start_ns / 10'000'000;
    out += "process_start_time_seconds " + number(static_cast<double>(hundredths) / 100.0) + "\n";
    return out;
}

std::string web3_answer(std::string_view body, const Tip& tip, std::int64_t epoch_ns,
                        const Made& made) {
    json::error_code ec;
    const json::value v = json::parse(body, ec);
    const json::object* call = ec ? nullptr : v.if_object();
    if (call == nullptr) return json::serialize(rpc_error(nullptr, -32700, "parse error")) + "\n";
    const json::value* given = call->if_contains("id");
    const json::value id = given != nullptr ? *given : json::value();
    const json::value* method = call->if_contains("method");
    if (method == nullptr || !method->is_string())
        return json::serialize(rpc_error(id, -32600, "invalid request")) + "\n";
    auto result = rpc_result(method->get_string(), *call, tip, epoch_ns, made);
    if (!result) return json::serialize(rpc_error(id, -32601, "method not found")) + "\n";
    const json::object answer{{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(*result)}};
    return json::serialize(answer) + "\n";
}

}  // namespace elector::simnode
