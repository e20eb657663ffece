// Owns the guardian's end of the link to its elector: whole messages, in both directions.
// What the elector's socket has no room for is kept, as much as is still worth saying of each node.
// Must never wait, allocate after its making, or take what is not a message. Thread rule: one
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "guardian/log.hpp"
#include "guardian/message.hpp"

namespace elector::guardian {

class Link {
  public:
    explicit Link(const Log& log, std::size_t wards = 1);
    ~Link() { close(); }
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    /// The other end, for a new elector; -1: errno says why not. The one before must be closed.
    int open();
    void close();
    /// For poll(), readable; -1 when it is closed.
    int fd() const { return fd_; }

    /// None: nothing more for now, or the other end was closed, and then this one is too.
    std::optional<Letter> receive();
    /// What there is no room for is kept until send_kept(): of each node the last acknowledgement
    /// and the end of its fence command, and the last pong. Without a link it is dropped.
    void send(const Message& message, std::size_t ward = 0);
    /// Something is kept: wait for room.
    bool keeps() const { return kept_pong_ || kept_count_ > 0; }
    void send_kept();

  private:
    /// What one node's member has not been told yet.
    struct Kept {
        bool queued = false;
        std::optional<Armed> armed;
        std::optional<FenceDone> done;
    };
    bool put(const Message& message, std::size_t ward);
    void keep(const Message& message, std::size_t ward);
    bool send_kept(std::size_t ward);
    void drop_kept();

    const Log& log_;
    std::vector<Kept> kept_;
    std::vector<std::uint16_t> order_;  ///< a ring of those who have something kept
    std::size_t first_ = 0;
    std::size_t kept_count_ = 0;
    std::optional<Pong> kept_pong_;
    int fd_ = -1;
    bool told_garbage_ = false;
};

}  // namespace elector::guardian
