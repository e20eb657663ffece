#include "iotex/web3_payload.hpp"

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

}  // namespace elector::iotex
