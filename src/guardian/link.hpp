// Owns the guardian's end of the link to its elector: whole messages, in both directions.
// Must never wait, allocate, or take what is not a message. Thread rule: one thread.
#pragma once

#include <optional>

#include "guardian/log.hpp"
#include "guardian/message.hpp"

namespace elector::guardian {

class Link {
  public:
    explicit Link(const Log& log) : log_(log) {}
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
    /// What there is no room for is lost: an elector that does not read is not kept alive by words.
    void send(const Message& message);

  private:
    const Log& log_;
    int fd_ = -1;
    bool told_garbage_ = false;
};

}  // namespace elector::guardian
