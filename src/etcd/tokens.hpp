// Owns the one token of a client that logs in: who waits for it, when it is fetched anew, and how
// often a refused log-in may be repeated. Must never show a password or a token. Thread rule: the
// io_context's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "etcd/core.hpp"

namespace elector::etcd {

/// etcd gives a token to a log-in, and forgets it: with simple tokens each etcd member does so by
/// itself, after five minutes without use, when it is restarted and when the user's password
/// changes; with JWT when it expires. So it is renewed long before, and once more for whoever is
/// told that it is no good.
class Tokens final : public Stoppable, public std::enable_shared_from_this<Tokens> {
  public:
    using Clock = std::chrono::steady_clock;
    using Done = std::function<void(const Result<void>&)>;

    explicit Tokens(ClientCore& core);

    /// Whether calls need one.
    bool needed() const { return !core_.options.username.empty(); }
    /// Nothing is to be waited for: there is one, none is needed, or etcd wants none.
    bool ready() const { return !needed() || valid_; }
    /// What a call carries. `also` is added to it.
    Metadata metadata(Metadata also = {}) const;
    /// Which token it is, for reject() and doubt().
    int generation() const { return generation_; }

    /// Logs in; `done` is called later, from the io_context. All who ask meanwhile share the one
    /// attempt. What worth_retrying() means has been reported to the endpoints already.
    void log_in(Done done);
    /// etcd knows the token of that generation no more.
    void reject(int generation);
    /// etcd refuses a watch with the same words whether the token or the right is missing: a token
    /// that is not quite new is given up for that.
    void doubt(int generation);
    /// A log-in that somebody else has made for the user that core.options names by now.
    void adopt(std::string token);

    void stop() override;

  private:
    void start();
    void answered(const ChannelPtr& channel, RpcStatus status, const std::string& reply);
    void succeeded();
    void failed(Error error);
    void settle(const Result<void>& result);
    void renew_in(std::chrono::milliseconds delay);

    ClientCore& core_;
    std::string token_;  ///< may be empty although valid: etcd asks nobody to log in
    bool valid_ = false;
    bool told_ = false;  ///< that it is logged in
    int generation_ = 0;
    Clock::time_point since_;
    CallHandle call_;
    std::vector<Done> waiting_;
    std::string refused_password_;  ///< not to be tried again at once
    Error refusal_;
    Clock::time_point refused_until_;
    boost::asio::steady_timer renewal_;
};

/// What an answer to a log-in says: a token (empty: etcd asks nobody to log in) or an error.
Result<std::string> token_of(const RpcStatus& status, const std::string& reply,
                             const std::string& endpoint);

}  // namespace elector::etcd
