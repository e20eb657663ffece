// Owns the JSON-RPC texts of the node's web3 port: requests and the reading of their answers.
// Pure: no Asio. Must never trust an answer. Thread rule: values only.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "iotex/result.hpp"

namespace elector::iotex {

/// The newest block of the node's own chain. `timestamp` is the block's, since the Unix epoch.
struct Tip {
    std::uint64_t height = 0;
    std::chrono::seconds timestamp{0};
    bool operator==(const Tip&) const = default;
};

/// A block of the chain, and who made it.
struct MadeBlock {
    std::uint64_t height = 0;
    std::string producer;  ///< "0x" and 40 lower-case hex digits
    bool operator==(const MadeBlock&) const = default;
};

inline constexpr std::string_view kBlockNumberRequest =
    R"({"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]})";
inline constexpr std::string_view kLatestBlockRequest =
    R"({"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["latest",false]})";

/// Reads the answer to kBlockNumberRequest. kRpc for an error object, kMalformed for anything else.
Result<std::uint64_t> parse_block_number(std::string_view body);

/// Reads the answer to kLatestBlockRequest. Errors as above.
Result<Tip> parse_latest_block(std::string_view body);

std::string block_request(std::uint64_t height);
/// Reads the answer to block_request(). Errors as above.
Result<MadeBlock> parse_made_block(std::string_view body);

/// "io1…", which the node's metrics give, as web3 writes the same address; nothing: it is none.
std::optional<std::string> web3_address(std::string_view operator_address);

}  // namespace elector::iotex
