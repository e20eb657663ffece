// Owns the texts a node's ports speak: /ha targets and bodies, metrics, JSON-RPC.
// Must never do I/O.
// Thread rule: values only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simnode/model/types.hpp"

namespace elector::simnode {

/// A request target taken apart as the node does it: path as it stands, query percent-decoded.
struct Target {
    std::string path;
    std::vector<std::pair<std::string, std::string>> query;

    /// The first value of a name (case-sensitive).
    const std::string* find(std::string_view name) const;
};
Target parse_target(std::string_view target);

/// What a target means on the admin port; nothing: 404.
enum class AdminCall : std::uint8_t { status, activate, deactivate, set_unknown, pause, unpause };
std::optional<AdminCall> admin_call(const Target& t);

std::string ha_status_body(bool active);

struct MetricsInput {
    const NodeParams* node = nullptr;
    Gauges gauges;
    std::uint64_t epoch = 0;
    std::uint64_t messages_sent = 0;
    std::int64_t process_start_ns = 0;  ///< CLOCK_REALTIME
    std::size_t padding_bytes = 0;      ///< so much text of no interest in front
};
/// Prometheus text, with the traps of the real one: mislabelled, stale and missing series.
std::string metrics_text(const MetricsInput& in);

/// The addresses of the group's delegate, which its nodes have unless told otherwise, and of all
/// others, as web3 names them.
inline constexpr std::string_view kOurMiner = "0x53696d756c617465642064656c65676174652121";
inline constexpr std::string_view kOtherMiner = "0x416e6f746865722064656c656761746520686572";

/// What web3 says of blocks beside their height.
struct Made {
    std::function<bool(std::uint64_t height)> by_us;
    Duration interval{};
};
/// The answer to one JSON-RPC body; `epoch_ns` turns virtual time into CLOCK_REALTIME.
std::string web3_answer(std::string_view body, const Tip& tip, std::int64_t epoch_ns,
                        const Made& made = {});

}  // namespace elector::simnode
