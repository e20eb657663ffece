#include "app/guardian_link.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <boost/asio/ip/address.hpp>

#include <fcntl.h>
#include <sys/socket.h>

#include "model/overloaded.hpp"

namespace elector::app {
namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

/// A frozen guardian is no danger before the elector fails too; but it has to be noticed long
/// before a holding ends. Longer than a busy machine lets a process wait.
constexpr milliseconds kPingEvery{250};
constexpr milliseconds kSilence{1000};

}  // namespace

guardian::Bounds bounds_of(const model::Policy& p) {
    return {p.margin, p.quiesce, model::late_set(p), model::unconfirmed_after(p), p.refused_grace};
}

guardian::Address address_of(const config::Url& url) {
    guardian::Address address;
    address.port = url.port;
    boost::system::error_code not_literal;  // the name localhost: the node binds 127.0.0.1
    const auto ip = asio::ip::make_address(url.host, not_literal);
    if (not_literal) return address;
    address.v6 = ip.is_v6();
    if (ip.is_v4()) address.v4 = ip.to_v4().to_bytes();
    return address;
}

bool adopt_link(int fd, int lock_fd) {
    int type = 0;
    socklen_t size = sizeof type;
    const bool socket = ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
    if (!socket || type != SOCK_SEQPACKET) return false;
    return ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && ::fcntl(lock_fd, F_SETFD, FD_CLOEXEC) == 0;
}

GuardianLink::GuardianLink(asio::io_context& io, int fd, Log& log, Post post)
    : socket_(io, fd), timer_(io), log_(log), post_(std::move(post)) {
    wait_message();
    wait_ping();
}

bool GuardianLink::run(const model::Effect& effect, const model::Policy& policy,
                       const std::optional<config::Url>& probe) {
    return std::visit(model::Overloaded{
                          [&](const model::ArmGuardian& e) {
                              guardian::Arm arm;
                              arm.op = e.op;
                              arm.valid_until = e.valid_until;
                              arm.gate_open_at = e.gate_open_at;
                              arm.term = e.term;
                              arm.nonce = e.nonce;
                              arm.lease = e.lease;
                              arm.holder_mod = e.holder.mod;
                              arm.bounds = bounds_of(policy);
                              if (probe) arm.probe = address_of(*probe);
                              const auto key = guardian::key_text(e.key);
                              if (key) arm.key = *key;
                              if (key) send(arm);  // else never armed, and so never active
                              return true;
                          },
                          [&](const model::TellGuardianDraining& e) {
                              send(guardian::Draining{e.deadline, e.standby});
                              return true;
                          },
                          [&](const model::DisarmGuardian&) {
                              send(guardian::Disarm{});
                              return true;
                          },
                          [&](const model::RunFence& e) { return order(e); },
                          [](const auto&) { return false; },
                      },
                      effect);
}

void GuardianLink::tell_fence(const guardian::FenceWords& words) { send(words); }

/// Without a guardian somebody else has to run it.
bool GuardianLink::order(const model::RunFence& e) {
    if (closed_ || lost_) return false;
    guardian::FenceOrder order;
    order.op = e.op;
    order.term = e.term;
    e.reason.copy(order.reason.data(), guardian::kMaxReason);
    ordered_ = e.op;
    send(order);
    return true;
}

void GuardianLink::activation_answered(model::Nonce nonce) {
    send(guardian::ActivationAnswered{nonce});
}

void GuardianLink::reload_done() { send(guardian::ReloadDone{}); }

void GuardianLink::status(std::string_view line) {
    send(guardian::Status{guardian::status_text(line)});
}

void GuardianLink::send(const guardian::Message& message) {
    if (closed_) return;
    const auto packet = guardian::encode(message);
    // Full: it does not read, and will be missed for that.
    static_cast<void>(
        ::send(socket_.native_handle(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

void GuardianLink::wait_message() {
    socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [this](boost::system::error_code ec) {
                           if (ec || closed_ || lost_) return;
                           read_all();
                           if (!closed_ && !lost_) wait_message();
                       });
}

void GuardianLink::read_all() {
    std::array<std::byte, guardian::kPacketSize + 1> bytes;
    while (!closed_ && !lost_) {
        const auto n = ::recv(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) return lost("it has ended");
        const auto message = guardian::decode({bytes.data(), static_cast<std::size_t>(n)});
        if (!message) return lost("it says what no guardian says");
        if (const auto* armed = std::get_if<guardian::Armed>(&*message))
            post_(model::GuardianArmed{armed->op});
        if (const auto* done = std::get_if<guardian::FenceDone>(&*message)) {
            ordered_ = {};
            post_(model::FenceAnswered{done->op, done->success});
        }
        if (const auto* pong = std::get_if<guardian::Pong>(&*message)) {
            const bool last = pong->number == pings_;
            unanswered_since_.reset();
            if (!last) unanswered_since_ = std::chrono::steady_clock::now();
        }
    }
}

void GuardianLink::wait_ping() {
    timer_.expires_after(kPingEvery);
    timer_.async_wait([this](boost::system::error_code ec) {
        if (ec || closed_ || lost_) return;
        ping();
        if (!closed_ && !lost_) wait_ping();
    });
}

void GuardianLink::ping() {
    read_all();  // this process may be the one that stood still
    if (closed_ || lost_) return;
    const auto now = std::chrono::steady_clock::now();
    if (unanswered_since_ && now - *unanswered_since_ >= kSilence)
        return lost("it has not answered for a second");
    if (!unanswered_since_) unanswered_since_ = now;
    send(guardian::Ping{++pings_});
}

/// It may only have stood still: what it has to know for when it goes on is still sent.
void GuardianLink::lost(const char* why) {
    lost_ = true;
    timer_.cancel();
    socket_.cancel();
    log_(Level::kError, "guardian_lost",
         {{"alarm", "true"},
          {"cause", why},
          {"next",
           "the elector lets go of the lead, if it has it, and ends; the service manager "
           "starts both again"}});
    const auto ordered = std::exchange(ordered_, model::OpId{});
    if (ordered != model::OpId{}) post_(model::FenceAnswered{ordered, false});
    post_(model::GuardianLost{});
}

void GuardianLink::close() {
    if (std::exchange(closed_, true)) return;
    timer_.cancel();
    boost::system::error_code ignored;
    socket_.close(ignored);
}

}  // namespace elector::app
