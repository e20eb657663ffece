// Owns what all parts of one client share: transport, endpoints, options, and who must be told to
// stop. Must never decide anything. Thread rule: the io_context's thread.
#pragma once

#include <memory>
#include <random>
#include <vector>

#include "etcd/endpoints.hpp"

namespace elector::etcd {

/// A call, the keep-alive stream or a watch: something that can be told to end.
class Stoppable {
  public:
    /// Ends with kCancelled, without waiting.
    virtual void stop() = 0;
    /// The endpoints have changed; a stream at one that is gone moves.
    virtual void on_endpoints_changed() {}
    /// The cluster has a new leader; a stream at a member that does not know it should move.
    virtual void on_new_term() {}

  protected:
    ~Stoppable() = default;
};

class LeaseKeeper;
class Tokens;
class AccessMove;

class ClientCore {
  public:
    /// Throws std::invalid_argument.
    ClientCore(boost::asio::io_context& context, ClientOptions client_options);
    ~ClientCore();

    /// Remembers `part` until it dies.
    void enlist(std::weak_ptr<Stoppable> part);
    /// Stops every part; from then on `closed`.
    void stop_all();
    /// As Client::set_access.
    Result<void> set_access(Access access);
    /// What an answer through consensus proves. The latest one counts, not the highest: a store
    /// that was set back has a lower term.
    void learn_term(std::uint64_t raft_term);
    /// True for a stream's message from a member that has missed the newest election: a deposed
    /// leader whose disk stands still acknowledges keep-alives of leases that are long gone.
    bool outdated(const Header& header) const { return header.raft_term < raft_term_; }

    boost::asio::io_context& io;
    ClientOptions options;  ///< the Access in use, and what never changes
    Transport transport;
    Endpoints endpoints;
    std::minstd_rand random;  ///< only for the jitter of back-offs
    std::shared_ptr<Tokens> tokens;
    std::shared_ptr<LeaseKeeper> keeper;
    bool closed = false;

  private:
    std::vector<std::shared_ptr<Stoppable>> parts();
    void moved(const ChannelPtr& first, std::string token);

    std::uint64_t raft_term_ = 0;
    static constexpr std::size_t kSweep = 32;
    std::vector<std::weak_ptr<Stoppable>> parts_;
    std::shared_ptr<AccessMove> move_;  ///< under way, if any
    std::size_t sweep_at_ = kSweep;     ///< forgetting the dead now and then keeps calls cheap
};

/// The error of everything that is asked of, or pending in, a client that closes.
Error closed_error();
/// The error of a stream whose messages are outdated().
Error outdated_error(const ChannelPtr& channel);

}  // namespace elector::etcd
