// Owns the words between the guardian and its elector: fixed-size packets, their encoding, and what
// is refused as garbage. Both ends are the same binary; the version is there all the same.
// Must never allocate. Thread rule: values only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "model/clock.hpp"
#include "model/ids.hpp"

namespace elector::guardian {

inline constexpr std::uint8_t kLinkVersion = 1;
inline constexpr std::size_t kPacketSize = 512;
inline constexpr std::size_t kMaxKey = 320;

using Packet = std::array<std::byte, kPacketSize>;

/// A candidate key, kept in place.
struct KeyText {
    std::array<char, kMaxKey> text{};
    std::uint16_t size = 0;

    std::string_view view() const { return {text.data(), size}; }
    bool operator==(const KeyText&) const = default;
};

/// None: empty, longer than kMaxKey, or with a NUL inside.
std::optional<KeyText> key_text(std::string_view key);

/// A TCP port on this host's loopback.
struct Address {
    bool v6 = false;  ///< [::1]; else the IPv4 address below
    std::array<std::uint8_t, 4> v4{127, 0, 0, 1};
    std::uint16_t port = 0;
    bool operator==(const Address&) const = default;
};

/// The bounds of a holding, of the policy that it was claimed under.
struct Bounds {
    model::Duration margin{};         ///< A3: the guardian gets to run within this of a deadline
    model::Duration quiesce{};        ///< first `false` to certain silence
    model::Duration late_set{};       ///< how long an unanswered set may still take effect
    model::Duration unconfirmed{};    ///< a standby that takes longer counts as failed
    model::Duration refused_grace{};  ///< both ports refuse for so long: the process is dead
    bool operator==(const Bounds&) const = default;
};

// --- from the elector
/// "Guard this holding until then." Each one replaces the one before.
struct Arm {
    model::OpId op;
    model::Instant valid_until;
    model::Term term;
    model::Nonce nonce;
    model::LeaseId lease;
    model::Revision holder_mod;
    KeyText key;
    Bounds bounds;
    Address probe;
    bool operator==(const Arm&) const = default;
};
/// It lets go by itself and needs no killing before `deadline`.
struct Draining {
    model::Instant deadline;
    bool operator==(const Draining&) const = default;
};
/// The marker is written.
struct Disarm {
    bool operator==(const Disarm&) const = default;
};
/// No activation of this holding is on its way any more. Until told, one is assumed.
struct ActivationAnswered {
    bool operator==(const ActivationAnswered&) const = default;
};
struct Ping {
    std::uint64_t number = 0;
    bool operator==(const Ping&) const = default;
};
// --- from the guardian
struct Armed {
    model::OpId op;
    bool operator==(const Armed&) const = default;
};
struct Pong {
    std::uint64_t number = 0;
    bool operator==(const Pong&) const = default;
};

using Message = std::variant<Arm, Draining, Disarm, ActivationAnswered, Ping, Armed, Pong>;

Packet encode(const Message& message);
/// None: not a packet of this version in every byte, or values that no elector sends.
std::optional<Message> decode(std::span<const std::byte> bytes);

}  // namespace elector::guardian
