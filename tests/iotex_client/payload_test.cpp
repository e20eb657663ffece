#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "iotex/excerpt.hpp"
#include "iotex/ha_payload.hpp"
#include "iotex/url.hpp"
#include "iotex/web3_payload.hpp"

using namespace elector::iotex;

namespace {

std::string ha(std::string_view body) {
    const auto state = parse_ha_status(body);
    if (!state) return std::string(to_string(state.error().kind));
    return *state == HaStatus::kActive ? "active" : "standby";
}

std::string number(std::string_view body) {
    const auto height = parse_block_number(body);
    return height ? std::to_string(*height) : std::string(to_string(height.error().kind));
}

std::string block(std::string_view body) {
    const auto tip = parse_latest_block(body);
    if (!tip) return std::string(to_string(tip.error().kind));
    return std::to_string(tip->height) + "@" + std::to_string(tip->timestamp.count());
}

std::string ready(unsigned status, std::string_view body) {
    const auto state = parse_readiness(status, body);
    if (!state) return std::string(to_string(state.error().kind));
    return *state ? "ready" : "not ready";
}

std::string url(std::string_view text) {
    const auto parsed = parse_url(text);
    return parsed ? authority(*parsed) : std::string(to_string(parsed.error().kind));
}

std::string quantity(const std::string& hex) { return R"({"result":")" + hex + R"("})"; }

}  // namespace

TEST_CASE("an HA status is read only from exactly the documented answer") {
    CHECK(ha("{\"active\":true}\n") == "active");
    CHECK(ha("{\"active\":false}\n") == "standby");
    CHECK(ha(" \r\n{ \"active\" :\tfalse } \n\n") == "standby");
    const std::vector<std::string> wrong = {
        "",
        "\n",
        "true",
        "{}",
        "[]",
        "null",
        "{\"active\":\"true\"}",
        "{\"active\":1}",
        "{\"active\":null}",
        "{\"active\":[true]}",
        "{\"Active\":true}",
        "{\"active\":TRUE}",
        "{\"active\":true",
        "{\"active\":true}}",
        "{\"active\":true}{\"active\":false}",
        "{\"active\":true,\"active\":false}",
        "{\"active\":false,\"paused\":true}",
        "<html><body>{\"active\":true}</body></html>",
        "404 page not found\n",
        "\xef\xbb\xbf{\"active\":true}",
        std::string("{\"active\":true}\0", 16),
        std::string("\0\0\0\0", 4),
        std::string(100000, '['),
        std::string(100000, '{'),
        "{\"a\":" + std::string(5000, '['),
    };
    for (const auto& body : wrong) {
        CAPTURE(body.substr(0, 60));
        CHECK(ha(body) == "malformed");
    }
}

TEST_CASE("an unreadable HA status is quoted briefly and printably") {
    const auto state = parse_ha_status("\x1b[31m<b>\"no\"\n" + std::string(200, 'x'));
    CHECK(state.error().text ==
          "expected {\"active\":true} or {\"active\":false}, got \"\\x1b[31m<b>\\\"no\\\"\\x0a" +
              std::string(35, 'x') + "...\" [ha:malformed]");
    CHECK(excerpt("") == "an empty body");
    CHECK(excerpt("a\\b") == "\"a\\\\b\"");
}

TEST_CASE("readiness is 200 OK or 503, nothing else") {
    CHECK(ready(200, "OK") == "ready");
    CHECK(ready(200, "OK\n") == "ready");
    CHECK(ready(503, "FAIL") == "not ready");
    CHECK(ready(503, "<html>") == "not ready");
    CHECK(ready(200, "") == "malformed");
    CHECK(ready(200, "<html>") == "malformed");
    CHECK(ready(200, "NOT OK") == "malformed");
    CHECK(ready(404, "OK") == "http_status");
    CHECK(ready(0, "OK") == "http_status");
    CHECK(ready(301, "") == "http_status");
}

TEST_CASE("a block number is a hexadecimal quantity of 64 bits") {
    CHECK(number(R"({"jsonrpc":"2.0","id":1,"result":"0x2faf080"})") == "50000000");
    CHECK(number(quantity("0x0")) == "0");
    CHECK(number(quantity("0xFf")) == "255");
    CHECK(number(quantity("0x00000000000000000001")) == "1");
    CHECK(number(quantity("0xffffffffffffffff")) == "18446744073709551615");
    CHECK(number(R"({"error":null,"result":"0x1"})") == "1");
    const std::vector<std::string> hex = {"",
                                          "0x",
                                          "x1",
                                          "1",
                                          "0x10000000000000000",
                                          "0x-1",
                                          "-0x1",
                                          "0x 1",
                                          " 0x1",
                                          "0x1 ",
                                          "0xg",
                                          "0x1g",
                                          "0x+1",
                                          "0x1.0",
                                          "0X1",
                                          "0x\\u0000",
                                          std::string(100, 'f')};
    for (const auto& text : hex) {
        CAPTURE(text);
        CHECK(number(quantity(text)) == "malformed");
    }
    const std::vector<std::string> wrong = {"",
                                            "null",
                                            "[]",
                                            "{}",
                                            "\"0x1\"",
                                            R"({"result":1})",
                                            R"({"result":null})",
                                            R"({"result":{}})",
                                            R"({"result":"0x1")",
                                            R"([{"result":"0x1"}])",
                                            std::string("\0", 1),
                                            std::string(100000, '[')};
    for (const auto& body : wrong) {
        CAPTURE(body.substr(0, 60));
        CHECK(number(body) == "malformed");
    }
}

TEST_CASE("a JSON-RPC error is an error even beside a result") {
    const std::string both = R"({"result":"0x1","error":{"code":-32000,"message":"not \n yet"}})";
    CHECK(number(both) == "rpc");
    CHECK(parse_block_number(both).error().text ==
          "the node answered with an error, \"not \\x0a yet\" [web3:-32000]");
    CHECK(number(R"({"error":"no"})") == "rpc");
    CHECK(number(R"({"error":{"code":"x","message":7}})") == "rpc");
    CHECK(parse_block_number(R"({"error":{}})").error().text ==
          "the node answered with an error, without a message [web3:unknown]");
    CHECK(block(R"({"error":{"code":1e99}})") == "rpc");
}

TEST_CASE("the newest block needs a number and a plausible timestamp") {
    const auto of = [](const std::string& n, const std::string& t) {
        return R"({"id":1,"result":{"hash":"0xab","number":)" + n + R"(,"timestamp":)" + t +
               R"(,"transactions":["0x1","0x2"]}})";
    };
    CHECK(block(of("\"0x10\"", "\"0x68a0b1c2\"")) == "16@1755361730");
    CHECK(block(of("\"0x10\"", "\"0x0\"")) == "16@0");
    CHECK(block(of("\"0x10\"", "\"0x218711a00\"")) == "16@9000000000");
    CHECK(block(of("\"0x10\"", "\"0x218711a01\"")) == "malformed");
    CHECK(block(of("\"0x10\"", "\"0xffffffffffffffff\"")) == "malformed");
    CHECK(block(of("16", "\"0x1\"")) == "malformed");
    CHECK(block(of("null", "\"0x1\"")) == "malformed");
    CHECK(block(R"({"result":null})") == "malformed");
    CHECK(block(R"({"result":{"number":"0x1"}})") == "malformed");
    CHECK(block(R"({"result":"0x1"})") == "malformed");
}

TEST_CASE("a URL is http, an IP address and a port") {
    CHECK(url("http://127.0.0.1:9009") == "127.0.0.1:9009");
    CHECK(url("http://127.0.0.1:9009/") == "127.0.0.1:9009");
    CHECK(url("http://localhost:8080") == "127.0.0.1:8080");
    CHECK(url("http://[::1]:15014") == "[::1]:15014");
    CHECK(*parse_url("http://[::1]:15014") == Url{"::1", 15014});
    const std::vector<std::string> wrong = {"",
                                            "http://",
                                            "http://:1",
                                            "127.0.0.1:9009",
                                            "https://127.0.0.1:9009",
                                            "HTTP://127.0.0.1:9009",
                                            "http://127.0.0.1",
                                            "http://127.0.0.1:",
                                            "http://127.0.0.1:0",
                                            "http://127.0.0.1:65536",
                                            "http://127.0.0.1:+80",
                                            "http://127.0.0.1:80a",
                                            "http://127.0.0.1: 80",
                                            "http://127.0.0.1:80/ha",
                                            "http://127.0.0.1:80//",
                                            "http://127.0.0.1:80?x",
                                            "http://me@127.0.0.1:80",
                                            "http://node:80",
                                            "http://127.1:80",
                                            "http://256.0.0.1:80",
                                            "http://::1:80",
                                            "http://[::1]",
                                            "http://[::1]80",
                                            "http://[::1",
                                            "http://[127.0.0.1]:80",
                                            "http://]:80",
                                            "http://127.0.0.1:80\n",
                                            std::string("http://127.0.0.1\0:80", 20)};
    for (const auto& text : wrong) {
        CAPTURE(text);
        CHECK(url(text) == "invalid");
    }
    CHECK(parse_url("https://a:1").error().text ==
          "cannot use URL \"https://a:1\": only http:// is supported [url:invalid]; nothing is "
          "contacted there; write it as http://127.0.0.1:9009");
}

TEST_CASE("asking a failed result for its value says what had failed") {
    const auto parsed = parse_url("nonsense");
    CHECK_THROWS_WITH_AS(parsed.value(), doctest::Contains("only http:// is supported"),
                         std::logic_error);
}

TEST_CASE("who made a block is read from an address and from nothing else") {
    const auto made = [](const std::string& miner) {
        const auto block =
            parse_made_block(R"({"result":{"number":"0x10","miner":)" + miner + "}}");
        return block ? std::to_string(block->height) + " " + block->producer
                     : std::string(to_string(block.error().kind));
    };
    const std::string address = "0x53696d756c617465642064656c65676174652121";
    CHECK(made("\"0x53696D756C617465642064656c65676174652121\"") == "16 " + address);
    for (const std::string wrong :
         {"null", "7", "\"\"", "\"0x53\"", "\"xx53696d756c617465642064656c65676174652121\"",
          "\"0x53696d756c617465642064656c6567617465212g\""})
        CHECK(made(wrong) == "malformed");
    CHECK(!parse_made_block(R"({"result":null})"));
    CHECK(!parse_made_block(R"({"result":{"number":"0x10"}})"));
    CHECK(
        block_request(0x2719c44) ==
        R"({"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["0x2719c44",false]})");
}

TEST_CASE("an operator address is turned into the form of web3, and a mistyped one is none") {
    const std::string good = "io12d5k6atvv96x2epqv3jkcet8v96x2gfp8awlts";
    CHECK(web3_address(good) == "0x53696d756c617465642064656c65676174652121");
    CHECK(web3_address("io1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqd39ym7") ==
          "0x0000000000000000000000000000000000000000");
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto wrong = good;
        wrong[i] = wrong[i] == 'q' ? 'p' : 'q';
        CHECK(!web3_address(wrong));
    }
    for (const auto* wrong : {"", "io1", "io1simulated0delegate0operator0address0aa",
                              "0x53696d756c617465642064656c65676174652121"})
        CHECK(!web3_address(wrong));
}
