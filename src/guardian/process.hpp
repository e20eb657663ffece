// Owns the guardian as seen by whoever starts it: what it is told of its nodes, its children and
// its end. The process itself is in household.cpp. Thread rule: called from main.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "guardian/fence_command.hpp"
#include "guardian/log.hpp"
#include "guardian/machine.hpp"
#include "guardian/node_locks.hpp"
#include "guardian/service_manager.hpp"

namespace elector::guardian {

/// Where a child finds what its guardian gives it.
inline constexpr int kLinkFd = 3;
inline constexpr int kLockFd = 4;       ///< the elector's, and those behind it: one for each node
inline constexpr int kConfirmedFd = 3;  ///< the closer's: the connection that answered `false`
inline constexpr int kReportFd = 4;     ///< the closer's: where it says of each order how it went
/// So many orders are given to one closer; the connections of the later ones lie behind kReportFd.
inline constexpr std::size_t kMaxOrders = 32;

/// What one node is guarded with.
struct WardOptions {
    std::string group;  ///< the name of its table; empty: the file has none, and it is the only one
    Address admin;
    Address probe;  ///< until a holding brings its own
    Bounds bounds;  ///< until a holding brings its own
    Duration set_timeout{};
    FenceIdentity fence_identity;
    KeptWords fence;  ///< until the elector brings its own
};

struct Options {
    std::vector<WardOptions> wards;  ///< in the order of the configuration; at least one
    /// The elector's whole command line.
    std::vector<std::string> elector;
    /// What the closer's command line ends with, after the words of closer_words.
    std::vector<std::string> closer_tail;
    std::string version;
    /// Of the program that elector and closers are; -1: this very one.
    int program = -1;
};

/// What a closer is told, in the order of its arguments, by the guardian and to itself.
struct Order {
    bool unfenced = false;
    GateKind gate = GateKind::kTime;
    model::Term term;
    model::Nonce nonce;
    model::LeaseId lease;
    Instant confirmed;
    std::string key;
    std::string group{};            ///< the table that the holding is of; empty: the file has none
    int connection = kConfirmedFd;  ///< that answered `false`
    bool spared = false;            ///< drained, and its elector lives: the lease is in use
    bool operator==(const Order&) const = default;
};
inline constexpr std::size_t kOrderWords = 8;
/// None: not the words of an order.
std::optional<Order> parse_order(const std::vector<std::string>& words);
/// Between two orders of one closer.
inline constexpr std::string_view kAndWord = "and";
/// As many as there are, at the beginning of `words`, which loses them. Empty: not the words of
/// any.
std::vector<Order> take_orders(std::vector<std::string>& words);
/// What a closer says of one order, in two bytes: its place among them, and what it came to.
struct Report {
    std::uint8_t order = 0;
    std::uint8_t code = 0;
};
static_assert(sizeof(Report) == 2);

/// What a demotion without a holding came to.
struct Fenced {
    bool certain = false;  ///< standby, or dead
    bool dead = false;     ///< both ports refuse
    Answer last = Answer::kFailed;
    Duration took{};
};
/// Brings the nodes to standby and has that confirmed, and nothing else: no elector, no etcd. With
/// a fence command that is run too when its node does not answer in time. One answer for each node,
/// in their order.
std::vector<Fenced> fence_nodes(const Options& options, NodeLocks& locks, const Log& log);

/// Instead of guard(), when the locks could not be had for that.
void tell_too_few_descriptors(const Log& log, const Options& options);
/// What is said when another service has the node; `why` is the lock's.
std::string cannot_take(const std::string& why);

/// Runs until the service ends; its exit code. Each of `locks` is held, or held by the remains of
/// another.
int guard(const Options& options, NodeLocks& locks, ServiceManager& manager, const Log& log);

}  // namespace elector::guardian
