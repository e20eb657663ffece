// Owns the reading of the node's Prometheus text, in pieces of any size and in constant memory.
// Pure: no Asio. Must never trust a line: it came over the network. Thread rule: one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "iotex/result.hpp"

namespace elector::iotex {

/// What a node says about itself on /metrics; empty where it did not say. Heights here are
/// refreshed every 10 s and can freeze: good for display and for lag, never for a gate.
struct NodeMetrics {
    std::optional<std::uint64_t> tip_height;       ///< lowest, should several chains report one
    std::optional<std::uint64_t> target_height;    ///< highest block seen from peers; 0 = none yet
    std::optional<std::uint64_t> connected_peers;  ///< lowest
    std::vector<std::string>
        operator_addresses;  ///< "io1…", sorted; more than one after a key change
    std::string package_version;
    std::optional<std::uint64_t> consensus_messages_sent;  ///< counter since process start
    std::optional<std::chrono::milliseconds>
        process_start;                              ///< since the Unix epoch; changes on restart
    std::optional<std::uint64_t> best_peer_height;  ///< highest tip that other delegates announced
    bool operator==(const NodeMetrics&) const = default;
};

/// Feed the body in pieces, then finish() once.
class MetricsParser {
  public:
    void feed(std::string_view chunk);

    /// kMalformed when not one of the series we know was there (not a node's metrics page).
    /// A last line without its newline is dropped: it may have been cut in the middle of a number.
    Result<NodeMetrics> finish();

    /// Lines longer than this are skipped. None of the series we want comes near it.
    static constexpr std::size_t kMaxLine = 4096;

  private:
    void take_line(std::string_view line);

    NodeMetrics found_;
    std::string partial_;
    bool skipping_ = false;
};

}  // namespace elector::iotex
