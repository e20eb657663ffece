// Owns the judgement of a signing log: double signatures, overlaps, late emissions, gaps.
// Must never know the node model; standard library only.
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace elector::checker {

enum class Kind : std::uint8_t {
    proposal,
    proposal_endorsement,
    lock_endorsement,
    commit_endorsement,
    active_on,   ///< the node's active flag rose
    active_off,  ///< it fell by request
    start,       ///< the node's process started, its flag down until an active_on follows
    stop,        ///< the node's process ended, and its flag with it
};

constexpr bool is_signature(Kind k) { return k <= Kind::commit_endorsement; }

/// One log line. Nodes are numbered by the caller. Height and round count for signatures only.
struct Entry {
    std::int64_t time_ns = 0;
    std::uint32_t node = 0;
    Kind kind = Kind::proposal;
    std::uint64_t height = 0;
    std::uint32_t round = 0;
    bool operator==(const Entry&) const = default;
};

/// Different nodes signed for one (height, round): the first signature of each, in order.
struct DoubleSignature {
    std::vector<Entry> first_of_each;
    bool operator==(const DoubleSignature&) const = default;
};

/// A span in which a node's active flag was up.
struct Active {
    std::uint32_t node = 0;
    std::int64_t from_ns = 0;
    std::int64_t to_ns = 0;
    bool open = false;  ///< still up when the log ended
    /// The process ended without a line; `to_ns` is its last line before it started again.
    bool end_unknown = false;
    bool operator==(const Active&) const = default;
};

struct Overlap {
    std::uint32_t first = 0;  ///< the node that was active before
    std::uint32_t second = 0;
    std::int64_t from_ns = 0;
    std::int64_t to_ns = 0;
    bool operator==(const Overlap&) const = default;
};

/// A signature by a node although another one was activated last.
struct LateEmission {
    Entry emission;
    std::uint32_t activated = 0;
    std::int64_t activated_ns = 0;
    bool operator==(const LateEmission&) const = default;
};

/// Nobody's flag was up, between the last active node's end and the next activation.
struct Gap {
    std::int64_t from_ns = 0;
    std::int64_t to_ns = 0;
    std::uint32_t before = 0;
    std::optional<std::uint32_t> after;  ///< none: the log ended first
    bool operator==(const Gap&) const = default;
};

struct NodeCount {
    std::uint64_t proposals = 0;
    std::uint64_t endorsements = 0;
    std::uint64_t activations = 0;
    std::uint64_t starts = 0;
    std::uint64_t stops = 0;
    std::int64_t active_ns = 0;
    bool operator==(const NodeCount&) const = default;
};

struct Report {
    std::uint64_t entries = 0;
    std::uint64_t rounds_signed = 0;  ///< distinct (height, round)
    std::int64_t from_ns = 0;
    std::int64_t to_ns = 0;
    std::vector<NodeCount> nodes;  ///< by node number
    std::vector<DoubleSignature> double_signatures;
    std::vector<Active> active;
    std::vector<Overlap> overlaps;
    std::vector<LateEmission> late_emissions;
    std::vector<Gap> gaps;
    std::int64_t longest_gap_ns = 0;

    bool safe() const { return double_signatures.empty(); }
};

class Checker {
  public:
    /// REQUIRES: entries in order of time. Returns the (height, round)'s signatures when this
    /// entry is the first of another node there; valid until the next call.
    const DoubleSignature* add(const Entry& e);
    std::uint64_t double_signatures() const { return double_signatures_; }
    Report report() const;

  private:
    struct Round {
        std::uint64_t height;
        std::uint32_t number;
        bool operator==(const Round&) const = default;
    };
    struct RoundHash {
        std::size_t operator()(const Round& r) const {
            return static_cast<std::size_t>((r.height * 0x9e3779b97f4a7c15ULL) ^ r.number);
        }
    };
    struct Node {
        NodeCount count;
        std::optional<std::int64_t> active_since_ns;
        std::int64_t last_ns = 0;
    };

    const DoubleSignature* add_signature(const Entry& e);
    void end_active(std::uint32_t node, std::int64_t to_ns, bool end_unknown);
    Node& node(std::uint32_t n);

    std::uint64_t entries_ = 0;
    std::int64_t first_ns_ = 0;
    std::int64_t last_ns_ = 0;
    std::vector<Node> nodes_;
    std::unordered_map<Round, DoubleSignature, RoundHash> rounds_;
    std::uint64_t double_signatures_ = 0;
    std::vector<Active> active_;
    std::optional<Entry> last_activation_;
    std::vector<LateEmission> late_;
};

}  // namespace elector::checker
