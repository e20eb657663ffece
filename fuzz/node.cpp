// Claims about the answers of a node, whatever it answers.
#include <algorithm>

#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"
#include "iotex/ha_payload.hpp"
#include "iotex/metrics_payload.hpp"
#include "iotex/url.hpp"
#include "iotex/web3_payload.hpp"

namespace elector::fuzz {
namespace {

constexpr std::size_t kLongestMessage = 512;
constexpr std::string_view kSpace = " \t\r\n";

template <class T>
void judge_error(const iotex::Result<T>& result) {
    if (result) return;
    const auto& text = result.error().text;
    require_readable(text, "an error");
    require(text.size() < kLongestMessage, "an error is short", text);
}

std::string without_spaces(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (kSpace.find(c) == std::string_view::npos) out += c;
    }
    return out;
}

void status(std::string_view body) {
    const auto result = iotex::parse_ha_status(body);
    judge_error(result);
    // Names and values may be escaped in JSON: then it is not the node's, but says the same.
    if (!result || body.find('\\') != std::string_view::npos) return;
    const bool active = *result == iotex::HaStatus::kActive;
    require_same(without_spaces(body), active ? R"({"active":true})" : R"({"active":false})",
                 "nothing but the documented answer is a status");
}

void readiness(std::string_view bytes) {
    const auto line_end = std::min(bytes.find('\n'), bytes.size());
    const auto body = bytes.substr(std::min(line_end + 1, bytes.size()));
    const unsigned code = bytes.starts_with("200") ? 200 : bytes.starts_with("503") ? 503 : 404;
    const auto result = iotex::parse_readiness(code, body);
    judge_error(result);
    const bool ready = result && *result;
    require(ready == (code == 200 && without_spaces(body) == "OK" &&
                      body.find("OK") != std::string_view::npos),
            "only OK with status 200 is ready", bytes);
}

void judge_metrics(const iotex::NodeMetrics& found) {
    constexpr std::uint64_t exact = std::uint64_t{1} << 53U;
    for (const auto& number :
         {found.tip_height, found.target_height, found.connected_peers, found.best_peer_height}) {
        require(number.value_or(0) <= exact, "a height is an exact number");
    }
    const auto& addresses = found.operator_addresses;
    require(addresses.size() <= 8, "addresses have an end");
    require(std::adjacent_find(addresses.begin(), addresses.end(), std::greater_equal<>()) ==
                addresses.end(),
            "addresses are sorted, each once");
    for (const auto& address : addresses) {
        require(address.size() == 41 && address.starts_with("io1"), "an address is one", address);
        require_readable(address, "an address");
    }
    if (!found.package_version.empty()) require_readable(found.package_version, "a version");
    require(found.package_version.size() <= 64, "a version is short", found.package_version);
    const auto start = found.process_start.value_or(std::chrono::milliseconds(1));
    require(start.count() >= 0 && start.count() <= 9'000'000'000'000, "a start is in our times");
}

void metrics(std::string_view body) {
    iotex::MetricsParser whole;
    whole.feed(body);
    const auto result = whole.finish();
    judge_error(result);
    if (result) judge_metrics(*result);
    iotex::MetricsParser pieces;
    std::size_t size = 1;
    for (auto rest = body; !rest.empty(); size = size % 7 + 1) {
        pieces.feed(rest.substr(0, size));
        rest.remove_prefix(std::min(size, rest.size()));
    }
    require(pieces.finish() == result, "how the network cuts an answer changes nothing", body);
}

void web3(std::string_view body, bool latest) {
    const auto number = iotex::parse_block_number(body);
    const auto tip = iotex::parse_latest_block(body);
    judge_error(number);
    judge_error(tip);
    require(!(number && tip), "an answer is to one of the two questions", body);
    if (latest && tip)
        require(tip->timestamp.count() >= 0 && tip->timestamp.count() <= 9'000'000'000,
                "a block is of our times", body);
}

void address(std::string_view text) {
    const auto url = iotex::parse_url(text);
    judge_error(url);
    if (!url) return;
    const auto again = iotex::parse_url("http://" + iotex::authority(*url));
    require(again == url, "an address is read back", iotex::authority(*url));
}

}  // namespace

void fuzz_node(std::string_view bytes) {
    switch (take_selector(bytes)) {
        case 's':
            return status(bytes);
        case 'r':
            return readiness(bytes);
        case 'm':
            return metrics(bytes);
        case 'b':
            return web3(bytes, false);
        case 't':
            return web3(bytes, true);
        case 'u':
            return address(bytes);
        default:
            return;
    }
}

}  // namespace elector::fuzz
