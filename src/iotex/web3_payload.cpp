#include "iotex/web3_payload.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "iotex/excerpt.hpp"

namespace elector::iotex {
namespace {

namespace json = boost::json;

// Year 2255: up to here the time since the epoch fits into nanoseconds, too.
constexpr std::uint64_t kLatestTimestamp = 9'000'000'000;

Error malformed(std::string_view expected, std::string_view body) {
    return {ErrorKind::kMalformed,
            "expected " + std::string(expected) + ", got " + excerpt(body) + " [web3:malformed]"};
}

Error rpc_error(const json::value& error) {
    std::string code = "unknown";
    std::string message = "without a message";
    if (const auto* object = error.if_object()) {
        const auto* number = object->if_contains("code");
        const auto* text = object->if_contains("message");
        if (number != nullptr && number->is_int64()) code = std::to_string(number->get_int64());
        if (text != nullptr && text->is_string()) message = excerpt(text->get_string());
    }
    return {ErrorKind::kRpc,
            "the node answered with an error, " + message + " [web3:" + code + "]"};
}

/// A JSON-RPC quantity: "0x" and hex digits that fit 64 bits.
std::optional<std::uint64_t> quantity(const json::value* value) {
    if (value == nullptr || !value->is_string()) return std::nullopt;
    const std::string_view text = value->get_string();
    if (!text.starts_with("0x") || text.size() == 2) return std::nullopt;
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data() + 2, end, number, 16);
    if (failure != std::errc{} || stop != end) return std::nullopt;
    return number;
}

/// The "result" member of an answer, or the error that it is.
Result<json::value> result_of(std::string_view body) {
    boost::system::error_code failure;
    json::value document = json::parse(body, failure);
    if (failure || !document.is_object()) return malformed("a JSON-RPC answer", body);
    auto& object = document.get_object();
    if (const auto* error = object.if_contains("error"); error != nullptr && !error->is_null()) {
        return rpc_error(*error);
    }
    auto* result = object.if_contains("result");
    if (result == nullptr) return malformed("a JSON-RPC result", body);
    return std::move(*result);
}

}  // namespace

Result<std::uint64_t> parse_block_number(std::string_view body) {
    const auto result = result_of(body);
    if (!result) return result.error();
    const auto height = quantity(&*result);
    if (!height) return malformed("a hexadecimal height", body);
    return *height;
}

Result<Tip> parse_latest_block(std::string_view body) {
    const auto result = result_of(body);
    if (!result) return result.error();
    const auto* block = result->if_object();
    if (block == nullptr) return malformed("a block", body);
    const auto height = quantity(block->if_contains("number"));
    const auto timestamp = quantity(block->if_contains("timestamp"));
    if (!height || !timestamp || *timestamp > kLatestTimestamp) {
        return malformed("a block with number and timestamp", body);
    }
    return Tip{*height, std::chrono::seconds(static_cast<std::int64_t>(*timestamp))};
}

std::string block_request(std::uint64_t height) {
    std::array<char, 20> digits{};
    const auto done = std::to_chars(digits.data(), digits.data() + digits.size(), height, 16);
    return R"({"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["0x)" +
           std::string(digits.data(), done.ptr) + R"(",false]})";
}

Result<MadeBlock> parse_made_block(std::string_view body) {
    const auto result = result_of(body);
    if (!result) return result.error();
    const auto* block = result->if_object();
    if (block == nullptr) return malformed("a block", body);
    const auto height = quantity(block->if_contains("number"));
    const auto* miner = block->if_contains("miner");
    if (!height || miner == nullptr || !miner->is_string())
        return malformed("a block with number and miner", body);
    std::string producer(miner->get_string());
    std::transform(producer.begin(), producer.end(), producer.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (producer.size() != 42 || !producer.starts_with("0x") ||
        producer.find_first_not_of("0123456789abcdef", 2) != std::string::npos)
        return malformed("an address as miner", body);
    return MadeBlock{*height, producer};
}

namespace {

/// One step of the checksum of BIP 173.
std::uint32_t checked(std::uint32_t sum, std::uint32_t value) {
    constexpr std::array<std::uint32_t, 5> parts = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                                    0x2a1462b3};
    const auto top = sum >> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (std::size_t i = 0; i < parts.size(); ++i)
        if ((top >> i & 1) != 0) sum ^= parts[i];
    return sum;
}

}  // namespace

std::optional<std::string> web3_address(std::string_view text) {
    constexpr std::string_view letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    constexpr std::string_view digits = "0123456789abcdef";
    constexpr std::size_t length = 41;  // "io1", 160 bits in letters of five, a checksum of six
    if (text.size() != length || !text.starts_with("io1")) return std::nullopt;
    std::uint32_t sum = 1;
    for (const unsigned value : {3U, 3U, 0U, 9U, 15U}) sum = checked(sum, value);  // of "io"
    std::string hex = "0x";
    std::uint32_t rest = 0;
    unsigned bits = 0;
    for (std::size_t i = 3; i < length; ++i) {
        const auto value = letters.find(text[i]);
        if (value == std::string_view::npos) return std::nullopt;
        sum = checked(sum, static_cast<std::uint32_t>(value));
        if (i >= length - 6) continue;
        rest = (rest << 5 | static_cast<std::uint32_t>(value)) & 0xfff;
        for (bits += 5; bits >= 4; bits -= 4) hex += digits[rest >> (bits - 4) & 15];
    }
    if (sum != 1) return std::nullopt;
    return hex;
}

}  // namespace elector::iotex
