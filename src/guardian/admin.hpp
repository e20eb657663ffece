// Owns one small HTTP/1.1 request at a time to the node's admin port, with nothing but a socket and
// a fixed buffer: what the guardian does must work when memory is short and nothing else runs.
// Must never allocate, block, retry or judge. Thread rule: the guardian's one thread.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include <sys/socket.h>

#include "guardian/machine.hpp"

namespace elector::guardian {

/// What has come of an answer's bytes so far. `complete` false: more has to come.
struct Parsed {
    bool complete = false;
    bool ended = false;  ///< the server will close; the connection is good for nothing more
    Answer answer = Answer::kFailed;
};

/// Judges the bytes of an answer, headers and body. To a set only a 200 counts, to a query only a
/// body that says exactly {"active":true} or {"active":false}.
Parsed parse_answer(std::string_view bytes, bool set);

/// A connected, or connecting, stream socket; -1 when the kernel gives none. `refused` tells an
/// immediate refusal.
int connect_to(const Address& address, bool& refused);

class AdminRequest {
  public:
    enum class Kind : std::uint8_t { kStatus, kDeactivate };

    ~AdminRequest() { drop(); }
    AdminRequest() = default;
    AdminRequest(const AdminRequest&) = delete;
    AdminRequest& operator=(const AdminRequest&) = delete;

    /// Ends what is under way without an answer, and begins anew. With `keep` the connection of the
    /// last request is used if it is still good.
    void begin(Kind kind, const Address& admin, bool keep, Instant deadline);
    /// For poll(); -1 and 0 when idle and unconnected.
    int fd() const { return fd_; }
    short events() const;
    /// Of the connection: another one has another number, though its descriptor be the same.
    std::uint32_t serial() const { return serial_; }
    bool busy() const { return busy_; }
    Instant deadline() const { return busy_ ? deadline_ : model::kNever; }
    /// Goes on as far as it can. The answer, once.
    std::optional<Answer> proceed(Instant now);
    /// The idle connection has ended, or says what nobody asked for. Closes it.
    bool idle_end();
    bool connected() const { return fd_ >= 0 && established_ && !timed_out_; }
    /// The answer took too long and may come yet: the connection is good for nothing but its end.
    bool timed_out() const { return fd_ >= 0 && timed_out_; }
    /// Hands the connection over; the caller closes it.
    int release();
    void drop();

  private:
    std::optional<Answer> done(Answer answer, bool keep_connection);
    std::optional<Answer> write_some();
    std::optional<Answer> read_some();

    int fd_ = -1;
    std::uint32_t serial_ = 0;
    bool busy_ = false;
    bool established_ = false;
    bool refused_ = false;
    bool timed_out_ = false;
    Kind kind_ = Kind::kStatus;
    Instant deadline_;
    std::array<char, 256> request_{};
    std::size_t request_size_ = 0;
    std::size_t sent_ = 0;
    std::array<char, 1024> answer_{};  ///< five times what a node says
    std::size_t got_ = 0;
};

}  // namespace elector::guardian
