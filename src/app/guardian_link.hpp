// Owns the elector's end of the link to its guardian: arms it, tells it, and asks all the time
// whether it is still there. Must never decide what its loss means.
// Thread rule: the io_context's thread.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "app/log.hpp"
#include "config/config.hpp"
#include "guardian/message.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"

namespace elector::app {

/// The bounds that a guardian has to know of a holding under this policy.
guardian::Bounds bounds_of(const model::Policy& policy);
/// A port of the node, which the configuration allows on loopback only.
guardian::Address address_of(const config::Url& url);

/// Whether this process was started by a guardian: `fd` is the link. No child of ours gets it, nor
/// the lock.
bool adopt_link(int fd, int lock_fd);

class GuardianLink {
  public:
    using Post = std::function<void(model::Event)>;

    /// Takes over `fd`, one end of a SOCK_SEQPACKET pair. `post` hears GuardianArmed, and
    /// GuardianLost once.
    GuardianLink(boost::asio::io_context& io, int fd, Log& log, Post post);

    /// True when the effect was the guardian's.
    /// Without `probe` the guardian does not count the node as dead: its probe port never accepted.
    bool run(const model::Effect& effect, const model::Policy& policy,
             const std::optional<config::Url>& probe);
    /// What the guardian runs as fence command, from now on.
    void tell_fence(const guardian::FenceWords& words);
    /// An activation was answered, for certain.
    void activation_answered(model::Nonce nonce);
    /// A reload has taken effect, or was refused.
    void reload_done();
    /// One line for people.
    void status(std::string_view line);
    void close();

  private:
    void wait_message();
    void wait_ping();
    void read_all();
    void ping();
    bool order(const model::RunFence& e);
    void send(const guardian::Message& message);
    void lost(const char* why);

    boost::asio::posix::stream_descriptor socket_;
    boost::asio::steady_timer timer_;
    Log& log_;
    Post post_;
    std::uint64_t pings_ = 0;
    std::optional<std::chrono::steady_clock::time_point> unanswered_since_;
    model::OpId ordered_;  ///< a run of the fence command without an answer
    bool lost_ = false;
    bool closed_ = false;
};

}  // namespace elector::app
