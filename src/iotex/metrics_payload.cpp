#include "iotex/metrics_payload.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>
#include <utility>

namespace elector::iotex {
namespace {

constexpr std::string_view kHeartbeat = "iotex_heartbeat_status";
constexpr std::string_view kMessages = "iotex_p2p_message_counter";
constexpr std::string_view kPeerHeight = "iotex_node_info_height_gauge";
constexpr std::string_view kProcessStart = "process_start_time_seconds";
constexpr std::size_t kMaxAddresses = 8;
constexpr double kMaxExact = 9007199254740992.0;  // 2^53: integers above it are not exact

/// The labels that we look at; absent ones are empty.
struct Labels {
    std::string status_type, source, protocol, message, direction, status;

    std::string* find(std::string_view name) {
        if (name == "status_type") return &status_type;
        if (name == "source") return &source;
        if (name == "protocol") return &protocol;
        if (name == "message") return &message;
        if (name == "direction") return &direction;
        if (name == "status") return &status;
        return nullptr;
    }
};

void skip_spaces(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

bool skip(std::string_view& text, char wanted) {
    skip_spaces(text);
    if (!text.starts_with(wanted)) return false;
    text.remove_prefix(1);
    return true;
}

bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == ':';
}

std::string_view take_name(std::string_view& text) {
    const auto stop = std::find_if_not(text.begin(), text.end(), is_name_char);
    const auto name = text.substr(0, static_cast<std::size_t>(stop - text.begin()));
    text.remove_prefix(name.size());
    return name;
}

/// Takes a quoted label value up to its closing quote, with \\, \" and \n put back.
bool take_quoted(std::string_view& text, std::string* value) {
    if (!skip(text, '"')) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '"') {
            text.remove_prefix(i + 1);
            return true;
        }
        if (c == '\\') {
            if (++i == text.size()) return false;
            c = text[i] == 'n' ? '\n' : text[i];
        }
        if (value != nullptr) *value += c;
    }
    return false;
}

/// Takes `{name="value",…}` when there is one. False when it is broken or repeats a name.
bool take_labels(std::string_view& text, Labels& labels) {
    if (!skip(text, '{')) return true;
    for (;;) {
        if (skip(text, '}')) return true;
        skip_spaces(text);
        const auto name = take_name(text);
        std::string* value = labels.find(name);
        if (name.empty() || (value != nullptr && !value->empty())) return false;
        if (!skip(text, '=') || !take_quoted(text, value)) return false;
        if (!skip(text, ',')) return skip(text, '}');
    }
}

/// A finite number with nothing but an optional time stamp behind it.
std::optional<double> take_number(std::string_view text) {
    skip_spaces(text);
    double number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, number);
    if (failure != std::errc{} || !std::isfinite(number)) return std::nullopt;
    std::string_view rest(stop, static_cast<std::size_t>(end - stop));
    if (!rest.empty() && rest.front() != ' ' && rest.front() != '\t') return std::nullopt;
    if (rest.find_first_not_of(" \t-0123456789") != std::string_view::npos) return std::nullopt;
    return number;
}

std::optional<std::uint64_t> whole(double number) {
    if (number < 0 || number > kMaxExact || number != std::floor(number)) return std::nullopt;
    return static_cast<std::uint64_t>(number);
}

void keep_lowest(std::optional<std::uint64_t>& kept, std::optional<std::uint64_t> seen) {
    if (seen && (!kept || *seen < *kept)) kept = seen;
}

void keep_highest(std::optional<std::uint64_t>& kept, std::optional<std::uint64_t> seen) {
    if (seen && (!kept || *seen > *kept)) kept = seen;
}

void add_address(std::vector<std::string>& kept, const std::string& address) {
    constexpr std::size_t kAddressLength = 41;  // "io1" and 38 characters of bech32
    const bool plain = std::all_of(address.begin(), address.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    });
    if (!plain || address.size() != kAddressLength || !address.starts_with("io1")) return;
    const auto place = std::lower_bound(kept.begin(), kept.end(), address);
    const bool known = place != kept.end() && *place == address;
    if (!known && kept.size() < kMaxAddresses) kept.insert(place, address);
}

void keep_version(std::string& kept, const std::string& version) {
    constexpr std::size_t kLongest = 64;
    const bool visible =
        std::all_of(version.begin(), version.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (kept.empty() && visible && version.size() <= kLongest) kept = version;
}

void take_heartbeat(NodeMetrics& found, const Labels& labels, double number) {
    if (labels.status_type == "blockchainHeight") {
        keep_lowest(found.tip_height, whole(number));
    } else if (labels.status_type == "targetHeight") {
        keep_highest(found.target_height, whole(number));
    } else if (labels.status_type == "numConnectedPeers") {
        keep_lowest(found.connected_peers, whole(number));
    } else if (labels.status_type == "operatorAddress" && number == 1) {
        add_address(found.operator_addresses, labels.source);
    } else if (labels.status_type == "packageVersion" && number == 1) {
        keep_version(found.package_version, labels.source);
    }
}

void take_message_count(NodeMetrics& found, const Labels& labels, double number) {
    const bool wanted = labels.protocol == "broadcast" && labels.message == "3" &&
                        labels.direction == "out" && labels.status == "success";
    constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
    const auto count = whole(number);
    if (!wanted || !count) return;
    const auto sum = found.consensus_messages_sent.value_or(0);
    found.consensus_messages_sent = *count > kMost - sum ? kMost : sum + *count;
}

void take_process_start(NodeMetrics& found, double number) {
    constexpr double kLatestSeconds = 9e9;  // year 2255: fits into nanoseconds, too
    if (number <= 0 || number > kLatestSeconds) return;
    found.process_start = std::chrono::milliseconds(std::llround(number * 1000));
}

}  // namespace

void MetricsParser::feed(std::string_view chunk) {
    while (!chunk.empty()) {
        const auto end = chunk.find('\n');
        const auto piece = chunk.substr(0, end);
        const bool complete = end != std::string_view::npos;
        if (!skipping_ && partial_.size() + piece.size() > kMaxLine) {
            skipping_ = true;
            partial_.clear();
        }
        if (!skipping_ && complete && partial_.empty()) {
            take_line(piece);  // the common case: no copy
        } else if (!skipping_) {
            partial_ += piece;
            if (complete) take_line(partial_);
        }
        if (complete) {
            skipping_ = false;
            partial_.clear();
        }
        chunk.remove_prefix(complete ? end + 1 : chunk.size());
    }
}

void MetricsParser::take_line(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto name = take_name(line);
    if (name != kHeartbeat && name != kMessages && name != kPeerHeight && name != kProcessStart)
        return;
    Labels labels;
    if (!take_labels(line, labels)) return;
    const auto number = take_number(line);
    if (!number) return;
    if (name == kHeartbeat) {
        take_heartbeat(found_, labels, *number);
    } else if (name == kMessages) {
        take_message_count(found_, labels, *number);
    } else if (name == kPeerHeight) {
        keep_highest(found_.best_peer_height, whole(*number));
    } else {
        take_process_start(found_, *number);
    }
}

Result<NodeMetrics> MetricsParser::finish() {
    const NodeMetrics found = std::move(found_);
    *this = MetricsParser{};
    if (found == NodeMetrics{}) {
        return Error{ErrorKind::kMalformed,
                     "none of the node's known series was there [metrics:malformed]"};
    }
    return found;
}

}  // namespace elector::iotex
