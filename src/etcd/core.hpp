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

    static constexpr std::size_t kSweep = 32;
    std::vector<std::weak_ptr<Stoppable>> parts_;
    std::shared_ptr<AccessMove> move_;  ///< under way, if any
    std::size_t sweep_at_ = kSweep;     ///< forgetting the dead now and then keeps calls cheap
};

/// The error of everything that is asked of, or pending in, a client that closes.
Error closed_error();

}  // namespace elector::etcd
