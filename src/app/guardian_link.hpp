// Owns the elector's end of the link to its guardian: arms it, tells it, and asks all the time
// whether it is still there. Must never decide what its loss means.
// Thread rule: the io_context's thread.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "app/link_watch.hpp"
#include "app/log.hpp"
#include "config/config.hpp"
#include "guardian/message.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"
#include "support/timer.hpp"

namespace elector::app {

/// The bounds that a guardian has to know of a holding under this policy.
guardian::Bounds bounds_of(const model::Policy& policy);
/// A port of the node, which the configuration allows on loopback only.
guardian::Address address_of(const config::Url& url);

using Steady = std::chrono::steady_clock::time_point;
/// When a guardian is asked again that is asked or has answered now: at a beat (model::due_again)
/// or between two of them, in 400 to 600 ms. `armed`: when an arming was last answered, which is as
/// good as a ping and comes shortly after a beat. `pinged`: when it was pinged last, which it is
/// once a second whatever else it is asked, as a sign that this process lives.
Steady next_ping(Steady now, model::Duration beat, std::optional<Steady> armed, Steady pinged);

/// Whether this process was started by a guardian: `fd` is the link. No child of ours gets it.
bool adopt_link(int fd);
/// Nor the locks, which are so many descriptors from there on.
bool adopt_locks(int first, std::size_t count);

/// One link for all members of this process: the socket, its pings, what waits for room in it.
class GuardianLink {
  public:
    using Post = std::function<void(model::Event)>;

    /// One member's share of the link: what is said is about its node. It lives as long as the
    /// link.
    class Ward {
      public:
        Ward(GuardianLink& link, std::size_t index, Post post)
            : link_(link), index_(index), post_(std::move(post)) {}

        /// True when the effect was the guardian's.
        /// Without `probe` the guardian does not count the node as dead: its probe port never
        /// accepted.
        bool run(const model::Effect& effect, const model::Policy& policy,
                 const std::optional<config::Url>& probe);
        /// What the guardian runs as fence command, from now on.
        void tell_fence(const guardian::FenceWords& words);
        /// An activation was answered, for certain.
        void activation_answered(model::Nonce nonce);
        /// One line for people.
        void status(std::string_view line);

      private:
        friend class GuardianLink;
        bool order(const model::RunFence& e);
        void send(const guardian::Message& message);
        void ask(const guardian::Message& message);
        void hear(const guardian::Message& message);
        void lost();

        GuardianLink& link_;
        std::size_t index_;
        Post post_;
        model::OpId ordered_;  ///< a run of the fence command without an answer
    };

    /// Takes over `fd`, one end of a SOCK_SEQPACKET pair.
    GuardianLink(boost::asio::io_context& io, int fd, Log& log);
    ~GuardianLink() { close(); }
    GuardianLink(const GuardianLink&) = delete;
    GuardianLink& operator=(const GuardianLink&) = delete;

    /// The one who speaks for that node, made at the first call. `post` hears GuardianArmed, and
    /// GuardianLost once: at once if that has happened already. REQUIRES: below kMaxWards.
    Ward& ward(std::size_t index, Post post);
    /// Pings leave at this beat (model::due_again), together with what the members do then.
    void in_step_with(model::Duration beat) { beat_ = beat; }
    /// A reload has taken effect, or was refused.
    void reload_done();
    void close();

  private:
    void on_ready();
    void look();
    bool ordered() const;
    void armed();
    void wait_ping();
    void read_all();
    void ping();
    void send(const guardian::Message& message, std::size_t ward = 0);
    void await_answer();
    bool put(const std::vector<std::byte>& packet);
    void empty_queue();
    void lost(const char* why);
    bool works() const { return !closed_ && !lost_; }

    int socket_;
    LinkWatch watch_;
    support::Timer timer_;
    Log& log_;
    std::vector<std::unique_ptr<Ward>> wards_;    ///< by index; null: nobody has asked for it
    std::deque<std::vector<std::byte>> waiting_;  ///< what the socket had no room for, in order
    model::Duration beat_{};
    std::uint64_t pings_ = 0;
    Steady pinged_at_;
    std::size_t awaited_ = 0;         ///< answers to questions since the last ping
    std::optional<Steady> armed_at_;  ///< when that was answered
    bool awaits_ = false;  ///< those of pings are read with the next: nothing waits for them
    std::optional<std::chrono::steady_clock::time_point> unanswered_since_;
    bool lost_ = false;
    bool closed_ = false;
};

}  // namespace elector::app
