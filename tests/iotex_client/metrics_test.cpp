#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "iotex/metrics_payload.hpp"

using namespace elector::iotex;
using namespace std::chrono_literals;

namespace {

const std::string kAddress = "io1" + std::string(38, 'q');
const std::string kOther = "io1" + std::string(38, 'p');

/// Feeds `page` in pieces of `step` bytes.
Result<NodeMetrics> parsed(std::string_view page, std::size_t step = std::string_view::npos) {
    MetricsParser parser;
    for (std::size_t at = 0; at < page.size();) {
        const auto piece = page.substr(at, step);
        parser.feed(piece);
        at += piece.size();
    }
    return parser.finish();
}

std::string heartbeat(const std::string& type, const std::string& source,
                      const std::string& value) {
    return "iotex_heartbeat_status{source=\"" + source + "\",status_type=\"" + type + "\"} " +
           value + "\n";
}

std::optional<std::uint64_t> tip(const std::string& line) {
    const auto found = parsed(line + "\nprocess_start_time_seconds 1\n");
    return found->tip_height;
}

std::string page() {
    return "# HELP iotex_heartbeat_status Node heartbeat status.\n"
           "# TYPE iotex_heartbeat_status gauge\n" +
           heartbeat("blockchainHeight", "1", "3.4567891e+07") +
           heartbeat("targetHeight", "1", "34567893") +
           heartbeat("numConnectedPeers", "node", "40") +
           heartbeat("consensusEpoch", "1", "9e+07") + heartbeat("operatorAddress", kAddress, "1") +
           heartbeat("packageVersion", "v2.4.4", "1") +
           "iotex_node_info_height_gauge{address=\"io1a\",version=\"v2.4.4\"} 34567890\n"
           "iotex_node_info_height_gauge{address=\"io1b\",version=\"v2.4.4\"} 34567894\n"
           "iotex_p2p_message_counter{direction=\"in\",message=\"3\",peer=\"x\",protocol="
           "\"broadcast\","
           "status=\"success\"} 1000\n"
           "iotex_p2p_message_counter{direction=\"out\",message=\"3\",peer=\"x\",protocol="
           "\"broadcast\","
           "status=\"success\"} 7\n"
           "iotex_p2p_message_counter{direction=\"out\",message=\"3\",peer=\"y\",protocol="
           "\"broadcast\","
           "status=\"success\"} 5\n"
           "iotex_p2p_message_counter{direction=\"out\",message=\"3\",peer=\"y\",protocol="
           "\"broadcast\","
           "status=\"failure\"} 9\n"
           "iotex_p2p_message_counter{direction=\"out\",message=\"1\",peer=\"y\",protocol="
           "\"broadcast\","
           "status=\"success\"} 9\n"
           "iotex_p2p_message_counter{direction=\"out\",message=\"3\",peer=\"y\",protocol="
           "\"unicast\","
           "status=\"success\"} 9\n"
           "# TYPE process_start_time_seconds gauge\n"
           "process_start_time_seconds 1.75536173025e+09\n";
}

NodeMetrics expected() {
    NodeMetrics m;
    m.tip_height = 34567891;
    m.target_height = 34567893;
    m.connected_peers = 40;
    m.operator_addresses = {kAddress};
    m.package_version = "v2.4.4";
    m.consensus_messages_sent = 12;
    m.process_start = 1755361730250ms;
    m.best_peer_height = 34567894;
    return m;
}

}  // namespace

TEST_CASE("all known series are found, whatever the size of the pieces") {
    CHECK(*parsed(page()) == expected());
    for (std::size_t step = 1; step < 200; ++step) {
        CAPTURE(step);
        CHECK(*parsed(page(), step) == expected());
    }
}

TEST_CASE("a page without any known series is not a node's metrics") {
    for (const std::string text :
         {"", "\n\n\n", "<html>no</html>\n", "go_goroutines 5\n", "iotex_heartbeat_status{} \n",
          "process_start_time_seconds x\n"}) {
        CAPTURE(text);
        CHECK(parsed(text).error().kind == ErrorKind::kMalformed);
    }
}

TEST_CASE("a last line without its newline may be cut short and does not count") {
    auto want = expected();
    want.process_start.reset();
    CHECK(*parsed(page() + "iotex_node_info_height_gauge{address=\"c\"} 99999999") == expected());
    const auto whole = page();
    CHECK(*parsed(whole.substr(0, whole.size() - 1)) == want);
}

TEST_CASE("a parser that is finished starts anew") {
    MetricsParser parser;
    parser.feed("process_start_time_seconds 1\niotex_heartbeat_st");
    CHECK(parser.finish().has_value());
    parser.feed("atus 5\n");
    CHECK(parser.finish().has_error());
}

TEST_CASE("overlong lines are skipped and their neighbours are kept") {
    const std::string filler(MetricsParser::kMaxLine + 1, 'x');
    const std::string hidden =
        "iotex_node_info_height_gauge{address=\"" + filler + "\"} 99999999\n";
    CHECK(*parsed(hidden + page() + hidden) == expected());
    CHECK(*parsed(hidden + page() + hidden, 7) == expected());
    const std::string endless(1 << 20, 'y');
    CHECK(*parsed(page() + endless + "\n" + endless, 1000) == expected());
}

TEST_CASE("labels may be escaped, spaced, reordered and end in a comma") {
    CHECK(tip(R"(iotex_heartbeat_status{status_type="blockchainHeight",source="1"} 5)") == 5);
    CHECK(
        tip(R"(iotex_heartbeat_status { source = "1" , status_type = "blockchainHeight" , } 5)") ==
        5);
    CHECK(tip(R"(iotex_heartbeat_status{status_type="blockchainHeight",x="a\"} 9\\\n,y"} 5)") == 5);
    CHECK(tip("iotex_heartbeat_status{status_type=\"blockchainHeight\"}\t5 1755361730250") == 5);
    CHECK(tip("iotex_heartbeat_status{status_type=\"blockchainHeight\"} 5\r") == 5);
    CHECK(tip(R"(iotex_heartbeat_status{status_type="blockchain\Height"} 5)") == 5);
}

TEST_CASE("broken lines are ignored") {
    for (const std::string line :
         {R"(iotex_heartbeat_status{status_type="blockchainHeight" 5)",
          R"(iotex_heartbeat_status{status_type="blockchainHeight} 5)",
          R"(iotex_heartbeat_status{status_type="blockchainHeight\)",
          R"(iotex_heartbeat_status{status_type=blockchainHeight} 5)",
          R"(iotex_heartbeat_status{status_type"blockchainHeight"} 5)",
          R"(iotex_heartbeat_status{="blockchainHeight"} 5)",
          R"(iotex_heartbeat_status{status_type="x",status_type="blockchainHeight"} 5)",
          R"(iotex_heartbeat_status{,status_type="blockchainHeight"} 5)",
          R"(iotex_heartbeat_status{status_type="blockchainHeight"})",
          R"(iotex_heartbeat_status{status_type="blockchainHeight"} )",
          R"(iotex_heartbeat_status{status_type="blockchainHeight"} five)",
          R"(iotex_heartbeat_status{status_type="blockchainHeight"} 5x)",
          R"(iotex_heartbeat_status{status_type="blockchainHeight"} 5 x)",
          R"(iotex_heartbeat_status_{status_type="blockchainHeight"} 5)",
          R"( iotex_heartbeat_status{status_type="blockchainHeight"} 5)",
          R"(#iotex_heartbeat_status{status_type="blockchainHeight"} 5)",
          "iotex_heartbeat_status 5", "iotex_heartbeat_status{"}) {
        CAPTURE(line);
        CHECK(tip(line) == std::nullopt);
    }
    CHECK(tip(std::string("iotex_heartbeat_status\0{status_type=\"blockchainHeight\"} 5", 54)) ==
          std::nullopt);
}

TEST_CASE("a height is a whole number that a double holds exactly") {
    const auto value = [](const std::string& text) {
        return tip("iotex_heartbeat_status{status_type=\"blockchainHeight\"} " + text);
    };
    CHECK(value("0") == 0);
    CHECK(value("-0") == 0);
    CHECK(value("1e3") == 1000);
    CHECK(value("9007199254740992") == 9007199254740992U);
    for (const std::string text :
         {"-1", "0.5", "NaN", "+Inf", "-Inf", "Inf", "nan(1)", "1e400", "-1e400", "1e17",
          "9007199254740994", "18446744073709551616", "0x10", "--1", "."}) {
        CAPTURE(text);
        CHECK(value(text) == std::nullopt);
    }
    CHECK(value(std::string(3000, '9')) == std::nullopt);
}

TEST_CASE("of series given twice the cautious value counts") {
    const auto found =
        parsed(heartbeat("blockchainHeight", "1", "7") + heartbeat("blockchainHeight", "2", "5") +
               heartbeat("blockchainHeight", "1", "6") + heartbeat("targetHeight", "1", "8") +
               heartbeat("targetHeight", "1", "9") + heartbeat("numConnectedPeers", "node", "4") +
               heartbeat("numConnectedPeers", "node", "3") +
               heartbeat("packageVersion", "v1", "1") + heartbeat("packageVersion", "v2", "1"));
    NodeMetrics want;
    want.tip_height = 5;
    want.target_height = 9;
    want.connected_peers = 3;
    want.package_version = "v1";
    CHECK(*found == want);
}

TEST_CASE("operator addresses are checked, sorted, unique and few") {
    std::string text = heartbeat("operatorAddress", kAddress, "1") +
                       heartbeat("operatorAddress", kOther, "1") +
                       heartbeat("operatorAddress", kAddress, "1");
    CHECK(parsed(text)->operator_addresses == std::vector<std::string>{kOther, kAddress});
    for (char c = 'a'; c <= 'z'; ++c) {
        text += heartbeat("operatorAddress", "io1" + std::string(38, c), "1");
    }
    CHECK(parsed(text)->operator_addresses.size() == 8);
    const std::string none =
        heartbeat("operatorAddress", "io1short", "1") +
        heartbeat("operatorAddress", "0x1" + std::string(38, 'q'), "1") +
        heartbeat("operatorAddress", "io1" + std::string(38, 'Q'), "1") +
        heartbeat("operatorAddress", kAddress, "0") + heartbeat("packageVersion", "a b", "1") +
        heartbeat("packageVersion", std::string(65, 'v'), "1") +
        heartbeat("packageVersion", "v2", "0") + "process_start_time_seconds 1\n";
    NodeMetrics want;
    want.process_start = 1s;
    CHECK(*parsed(none) == want);
}

TEST_CASE("an absurd process start is ignored and a counter does not wrap") {
    CHECK(parsed("process_start_time_seconds 1e300\n").has_error());
    CHECK(parsed("process_start_time_seconds -5\n").has_error());
    std::string text;
    for (int i = 0; i < 4000; ++i) {
        text +=
            "iotex_p2p_message_counter{protocol=\"broadcast\",message=\"3\",direction=\"out\","
            "status=\"success\"} 9007199254740992\n";
    }
    CHECK(parsed(text)->consensus_messages_sent == std::numeric_limits<std::uint64_t>::max());
}
