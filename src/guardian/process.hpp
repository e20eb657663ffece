// Owns the guardian as a process: one poll() loop over signals, a timer of CLOCK_BOOTTIME, the
// link, its children and a few sockets; it does what the machine decides. Memory is locked, and
// nothing is allocated, no thread is made and no gRPC call happens from the first wait on. Must
// never decide, nor wait for etcd: that is done by children. Thread rule: called from main.
#pragma once

#include <string>
#include <vector>

#include "guardian/fence_command.hpp"
#include "guardian/log.hpp"
#include "guardian/machine.hpp"
#include "guardian/node_lock.hpp"
#include "guardian/service_manager.hpp"

namespace elector::guardian {

/// Where a child finds what its guardian gives it.
inline constexpr int kLinkFd = 3;
inline constexpr int kLockFd = 4;       ///< the elector's: it only keeps it open
inline constexpr int kConfirmedFd = 3;  ///< the closer's: the connection that answered `false`

struct Options {
    Address admin;
    Address probe;  ///< until a holding brings its own
    Bounds bounds;  ///< until a holding brings its own
    Duration set_timeout{};
    FenceIdentity fence_identity;
    FenceWords fence;  ///< until the elector brings its own
    /// The elector's whole command line; the program is this very one.
    std::vector<std::string> elector;
    /// What the closer's command line ends with, after the words of closer_words.
    std::vector<std::string> closer_tail;
    std::string version;
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
    bool operator==(const Order&) const = default;
};
inline constexpr std::size_t kOrderWords = 7;
/// None: not the words of an order.
std::optional<Order> parse_order(const std::vector<std::string>& words);

/// What a demotion without a holding came to.
struct Fenced {
    bool certain = false;  ///< standby, or dead
    bool dead = false;     ///< both ports refuse
    Answer last = Answer::kFailed;
    Duration took{};
};
/// Brings the node to standby and has that confirmed, and nothing else: no elector, no etcd. With a
/// fence command that is run too when the node does not answer in time.
Fenced fence_node(const Options& options, NodeLock& lock, const Log& log);

/// Runs until the service ends; its exit code. `lock` is held, or held by the remains of another.
int guard(const Options& options, NodeLock& lock, bool lock_held, ServiceManager& manager,
          const Log& log);

}  // namespace elector::guardian
