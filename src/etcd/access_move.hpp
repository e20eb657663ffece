// Owns the step from one way to etcd to another: the new one is proved first, and the old one is
// used until then. Must never end a call. Thread rule: the io_context's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "etcd/core.hpp"

namespace elector::etcd {

class AccessMove final : public Stoppable, public std::enable_shared_from_this<AccessMove> {
  public:
    /// Over which channel an answer came, and the token that came with it.
    using Proved = std::function<void(const ChannelPtr& first, std::string token)>;

    AccessMove(ClientCore& core, Access access, std::vector<ChannelPtr> channels);

    /// Asks all endpoints at once, and again after a while until one has answered. `proved` is then
    /// called, once.
    void start(Proved proved);
    void stop() override;

    const Access& access() const { return access_; }
    const std::vector<ChannelPtr>& channels() const { return channels_; }

  private:
    void ask(const ChannelPtr& channel);
    void answered(const ChannelPtr& channel, const RpcStatus& status, const std::string& reply);
    void failed(Error error);

    ClientCore& core_;
    const Access access_;
    const std::vector<ChannelPtr> channels_;
    Proved proved_;
    std::vector<CallHandle> calls_;
    std::size_t unanswered_ = 0;
    boost::asio::steady_timer again_;
};

}  // namespace elector::etcd
