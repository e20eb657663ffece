#include "simnode/host/payloads.hpp"

#include <doctest/doctest.h>

using namespace elector::simnode;

TEST_CASE("only the query of /ha counts, as the node reads it") {
    const std::pair<const char*, std::optional<AdminCall>> cases[] = {
        {"/ha", AdminCall::status},
        {"/ha?", AdminCall::status},
        {"/ha?activate=true", AdminCall::activate},
        {"/ha?activate=TrUe", AdminCall::activate},
        {"/ha?activate=%74rue", AdminCall::activate},
        {"/ha?x=1&activate=false", AdminCall::deactivate},
        {"/ha?activate=false&activate=true", AdminCall::deactivate},
        {"/ha?activate=true%20", AdminCall::set_unknown},
        {"/ha?activate=+true", AdminCall::set_unknown},
        {"/ha?activate=1", AdminCall::set_unknown},
        {"/ha?activate=", AdminCall::set_unknown},
        {"/ha?activate", AdminCall::set_unknown},
        {"/ha?Activate=true", AdminCall::status},
        {"/ha?activate=%zz", AdminCall::status},
        {"/ha?activate=true;x", AdminCall::status},
        {"/ha/", std::nullopt},
        {"/HA", std::nullopt},
        {"/", std::nullopt},
        {"/pause", AdminCall::pause},
        {"/unpause", AdminCall::unpause},
    };
    for (const auto& [target, call] : cases) {
        CAPTURE(target);
        CHECK((admin_call(parse_target(target)) == call));
    }
}

TEST_CASE("metrics carry the traps of the real ones") {
    NodeParams node;
    node.operator_address = "io1us";
    MetricsInput in;
    in.node = &node;
    in.process_start_ns = 1'700'000'000'120'000'000;
    const auto has = [](const std::string& text, const std::string& part) {
        return text.find(part) != std::string::npos;
    };
    const std::string young = metrics_text(in);
    CHECK_FALSE(has(young, "iotex_heartbeat_status"));
    CHECK_FALSE(has(young,
                    "direction=\"out\",message=\"3\",peer=\"12D3KooWSimulated\","
                    "protocol=\"broadcast\",status=\"success\""));
    CHECK(has(young, "process_start_time_seconds 1.70000000012e+09\n"));
    in.gauges = {true, 41'000'123, 41'000'125, 37};
    in.epoch = 28472;
    in.messages_sent = 17;
    const std::string grown = metrics_text(in);
    CHECK(has(grown, "{source=\"1\",status_type=\"blockchainHeight\"} 4.1000123e+07\n"));
    CHECK(has(grown, "{source=\"1\",status_type=\"targetHeight\"} 4.1000125e+07\n"));
    CHECK(has(grown, "{source=\"1\",status_type=\"consensusEpoch\"} 4.1000123e+07\n"));
    CHECK(has(grown, "{source=\"1\",status_type=\"consensusRound\"} 28472\n"));
    CHECK(has(grown, "{source=\"io1us\",status_type=\"operatorAddress\"} 1\n"));
    CHECK(has(grown, "{source=\"node\",status_type=\"numConnectedPeers\"} 37\n"));
    CHECK(has(grown, "protocol=\"broadcast\",status=\"success\"} 17\n"));
    in.padding_bytes = 1'000'000;
    CHECK(metrics_text(in).size() > 1'000'000);
    CHECK(has(metrics_text(in), "{source=\"1\",status_type=\"blockchainHeight\"} 4.1000123e+07\n"));
}

TEST_CASE("web3 gives the exact tip and its whole second") {
    const Tip tip{0x2719c44, 12'500ms};
    const std::int64_t epoch = 1'700'000'000'400'000'000;
    CHECK(web3_answer(R"({"jsonrpc":"2.0","id":7,"method":"eth_blockNumber","params":[]})", tip,
                      epoch) == "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":\"0x2719c44\"}\n");
    const std::string block = web3_answer(
        R"({"jsonrpc":"2.0","id":"a","method":"eth_getBlockByNumber","params":["latest",false]})",
        tip, epoch);
    CHECK(block.find("\"id\":\"a\"") != std::string::npos);
    CHECK(block.find("\"number\":\"0x2719c44\"") != std::string::npos);
    CHECK(block.find("\"timestamp\":\"0x6553f10c\"") != std::string::npos);
    const Made made{[](std::uint64_t height) { return height == 0x2719c42; }, 2500ms};
    const auto asked = [&](const std::string& height) {
        const auto question =
            R"({"id":1,"method":"eth_getBlockByNumber","params":[")" + height + R"(",false]})";
        return web3_answer(question, tip, epoch, made);
    };
    const auto ours = asked("0x2719c42");
    CHECK(ours.find("\"miner\":\"" + std::string(kOurMiner)) != std::string::npos);
    CHECK(ours.find("\"number\":\"0x2719c42\"") != std::string::npos);
    CHECK(ours.find("\"timestamp\":\"0x6553f107\"") != std::string::npos);
    CHECK(asked("0x2719c43").find(kOtherMiner) != std::string::npos);
    CHECK(asked("0x2719c45").find("\"result\":null") != std::string::npos);
    CHECK(asked("xyz").find("\"result\":null") != std::string::npos);
    CHECK(web3_answer(R"({"id":1,"method":"eth_syncing"})", tip, epoch).find("false") !=
          std::string::npos);
    CHECK(web3_answer(R"({"id":1,"method":"eth_nothing"})", tip, epoch).find("-32601") !=
          std::string::npos);
    CHECK(web3_answer("[", tip, epoch).find("-32700") != std::string::npos);
    CHECK(web3_answer("{}", tip, epoch).find("-32600") != std::string::npos);
}
