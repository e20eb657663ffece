// Owns the words between the guardian and its elector: packets as long as what they say, the node
// that each is about, their encoding, and what is refused as garbage. Both ends are of the same
// build; the version is there all the same. Must never allocate. Thread rule: values only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/clock.hpp"
#include "model/ids.hpp"

namespace elector::guardian {

inline constexpr std::uint8_t kLinkVersion = 5;
inline constexpr std::size_t kMaxWards = 1024;    ///< nodes of one guardian
inline constexpr std::size_t kPacketSize = 4096;  ///< of the longest
inline constexpr std::size_t kMaxKey = 320;
inline constexpr std::size_t kMaxFenceWords = 64;
inline constexpr std::size_t kMaxFenceBytes = 3800;
inline constexpr std::size_t kMaxReason = 47;
inline constexpr std::size_t kMaxStatus = 240;

/// Of one message: no byte more than it needs.
struct Packet {
    std::array<std::byte, kPacketSize> bytes{};
    std::size_t used = 0;

    const std::byte* data() const { return bytes.data(); }
    std::size_t size() const { return used; }
    const std::byte* begin() const { return data(); }
    const std::byte* end() const { return data() + used; }
    std::byte& operator[](std::size_t at) { return bytes[at]; }
};

/// Text that is kept in place.
template <std::size_t kMost>
struct Text {
    std::array<char, kMost> text{};
    std::uint16_t size = 0;

    std::string_view view() const { return {text.data(), size}; }
    bool operator==(const Text&) const = default;
};
using KeyText = Text<kMaxKey>;        ///< a candidate key
using StatusText = Text<kMaxStatus>;  ///< one line for people

/// None: empty, longer than kMaxKey, or with a NUL inside.
std::optional<KeyText> key_text(std::string_view key);
/// Cut to what fits, between two characters of UTF-8; control characters become spaces.
StatusText status_text(std::string_view line);

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

/// The fence command and what it is told of the node, kept in place: words that each end with a
/// NUL, the probe's URL first. Without a count there is no command.
struct FenceWords {
    std::array<char, kMaxFenceBytes> text{};
    std::uint16_t size = 0;
    std::uint16_t count = 0;  ///< words of the command
    model::Duration timeout{};
    bool operator==(const FenceWords&) const = default;
};

/// None: more words or bytes than there is room for, or with a NUL inside.
std::optional<FenceWords> fence_words(std::string_view probe_url,
                                      const std::vector<std::string>& command,
                                      model::Duration timeout);

// --- from the elector
/// "Guard this holding until then." Each one replaces the one before.
struct Arm {
    model::OpId op;
    model::Instant valid_until;
    model::Term term;
    model::Nonce nonce;
    model::LeaseId lease;
    model::Revision holder_mod;
    model::Instant gate_open_at;  ///< until then a dead node's marker waits longer
    KeyText key;
    Bounds bounds;
    Address probe;  ///< port 0: none that has ever accepted
    bool operator==(const Arm&) const = default;
};
/// It lets go by itself and needs no killing before `deadline`; nor after it, while its node is
/// confirmed standby and only the marker is owed.
struct Draining {
    model::Instant deadline;
    bool standby = false;
    bool operator==(const Draining&) const = default;
};
/// The marker is written.
struct Disarm {
    bool operator==(const Disarm&) const = default;
};
/// No activation of that holding is on its way any more. Until told, one is assumed.
struct ActivationAnswered {
    model::Nonce nonce;
    bool operator==(const ActivationAnswered&) const = default;
};
/// "Run the fence command", which is the guardian's to run, so that it is never run twice at once.
struct FenceOrder {
    model::OpId op;
    model::Term term;
    std::array<char, kMaxReason + 1> reason{};  ///< ends with a NUL
    bool operator==(const FenceOrder&) const = default;
};
struct Ping {
    std::uint64_t number = 0;
    bool operator==(const Ping&) const = default;
};
/// A reload is done with: the file is in effect, or was refused whole.
struct ReloadDone {
    bool operator==(const ReloadDone&) const = default;
};
/// What the elector is doing, in words for people.
struct Status {
    StatusText line;
    bool operator==(const Status&) const = default;
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
/// The command has ended, or was not run.
struct FenceDone {
    model::OpId op;
    bool success = false;
    bool operator==(const FenceDone&) const = default;
};

using Message = std::variant<Arm, Draining, Disarm, ActivationAnswered, Ping, Armed, Pong,
                             FenceWords, FenceOrder, FenceDone, ReloadDone, Status>;

/// A message and the node that it is about: the place of its group in the configuration. What
/// concerns the two processes themselves (pings, reloads) is about node 0.
struct Letter {
    std::uint16_t ward = 0;
    Message message;
    bool operator==(const Letter&) const = default;
};

/// REQUIRES: `ward` below kMaxWards.
Packet encode(const Message& message, std::size_t ward = 0);
/// None: not a packet of this version in every byte, or values that no elector sends.
std::optional<Letter> decode(std::span<const std::byte> bytes);

}  // namespace elector::guardian
