#include "app/guardian_link.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <boost/asio/ip/address.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "model/overloaded.hpp"

namespace elector::app {
namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

/// A frozen guardian is no danger before the elector fails too; but it has to be noticed long
/// before a holding ends. Longer than a busy machine lets a process wait.
constexpr milliseconds kPingEvery{500};
constexpr milliseconds kSilence{1000};
/// An arming that was answered is a sign of life as good as a ping. They come shortly after a beat,
/// and so the pings beside them come later than that, when the arming has just spared them.
constexpr milliseconds kAfterArming{50};
/// But it is pinged all the same now and then, as a sign of our own life to it.
constexpr milliseconds kPingAtLeast{1000};
/// What the guardian, which reads all the time, has to be given at the end to read the last words.
constexpr int kLastWordsMs = 200;
/// More than is said in the second after which a guardian that does not read is lost.
constexpr std::size_t kWaitingPerWard = 32;

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

Steady next_ping(Steady now, model::Duration beat, std::optional<Steady> armed, Steady pinged) {
    constexpr auto kGive = kPingEvery / 5;
    const auto early = now + kPingEvery - kGive;
    const bool arms = armed && now - *armed < 3 * kPingEvery;
    const auto after_beat = arms ? kAfterArming : milliseconds(0);
    const auto since = (early.time_since_epoch() + beat - after_beat) % kPingEvery;
    const Steady latest = std::min<Steady>(now + kPingEvery + kGive, pinged + kPingAtLeast);
    return std::min<Steady>(early + (kPingEvery - since) % kPingEvery, latest);
}

bool adopt_link(int fd) {
    int type = 0;
    socklen_t size = sizeof type;
    const bool socket = ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
    return socket && type == SOCK_SEQPACKET && ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

bool adopt_locks(int first, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        if (::fcntl(first + static_cast<int>(i), F_SETFD, FD_CLOEXEC) != 0) return false;
    return true;
}

// --- one node

bool GuardianLink::Ward::run(const model::Effect& effect, const model::Policy& policy,
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
                              if (key) ask(arm);  // else never armed, and so never active
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

void GuardianLink::Ward::tell_fence(const guardian::FenceWords& words) { send(words); }

/// Without a guardian somebody else has to run it.
bool GuardianLink::Ward::order(const model::RunFence& e) {
    if (!link_.works()) return false;
    guardian::FenceOrder order;
    order.op = e.op;
    order.term = e.term;
    e.reason.copy(order.reason.data(), guardian::kMaxReason);
    ordered_ = e.op;
    ask(order);
    return true;
}

void GuardianLink::Ward::activation_answered(model::Nonce nonce) {
    send(guardian::ActivationAnswered{nonce});
}

void GuardianLink::Ward::status(std::string_view line) {
    send(guardian::Status{guardian::status_text(line)});
}

void GuardianLink::Ward::send(const guardian::Message& message) { link_.send(message, index_); }

void GuardianLink::Ward::ask(const guardian::Message& message) {
    link_.send(message, index_);
    link_.await_answer();
}

void GuardianLink::Ward::hear(const guardian::Message& message) {
    if (const auto* armed = std::get_if<guardian::Armed>(&message))
        post_(model::GuardianArmed{armed->op});
    if (const auto* done = std::get_if<guardian::FenceDone>(&message)) {
        ordered_ = {};
        post_(model::FenceAnswered{done->op, done->success});
    }
}

void GuardianLink::Ward::lost() {
    const auto ordered = std::exchange(ordered_, model::OpId{});
    if (ordered != model::OpId{}) post_(model::FenceAnswered{ordered, false});
    post_(model::GuardianLost{});
}

// --- the link

GuardianLink::GuardianLink(asio::io_context& io, int fd, Log& log)
    : socket_(fd),
      watch_(io, fd, [this] { on_ready(); }),
      timer_(io),
      log_(log),
      pinged_at_(std::chrono::steady_clock::now()) {
    wait_ping();
}

GuardianLink::Ward& GuardianLink::ward(std::size_t index, Post post) {
    if (index >= wards_.size()) wards_.resize(index + 1);
    auto& ward = wards_[index];
    ward = std::make_unique<Ward>(*this, index, std::move(post));
    if (lost_) ward->lost();
    return *ward;
}

void GuardianLink::reload_done() { send(guardian::ReloadDone{}); }

void GuardianLink::send(const guardian::Message& message, std::size_t ward) {
    if (closed_) return;
    if (lost_) empty_queue();
    const auto packet = guardian::encode(message, ward);
    if (waiting_.empty() && put({packet.begin(), packet.end()})) return;
    // Where it does not read it will be missed for that.
    if (waiting_.size() >= kWaitingPerWard * (wards_.size() + 1)) return;
    waiting_.emplace_back(packet.begin(), packet.end());
    look();
}

void GuardianLink::await_answer() {
    ++awaited_;
    awaits_ = true;
    look();
}

/// False: there is no room for it now.
bool GuardianLink::put(const std::vector<std::byte>& packet) {
    for (;;) {
        const auto n = ::send(socket_, packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n >= 0 || errno != EINTR) return n >= 0 || (errno != EAGAIN && errno != ENOBUFS);
    }
}

void GuardianLink::empty_queue() {
    while (!waiting_.empty() && put(waiting_.front())) waiting_.pop_front();
}

void GuardianLink::on_ready() {
    if (closed_) return;
    empty_queue();
    if (works()) read_all();
    look();
}

bool GuardianLink::ordered() const {
    return std::any_of(wards_.begin(), wards_.end(),
                       [](const auto& ward) { return ward && ward->ordered_ != model::OpId{}; });
}

/// It wakes for the link's end, for room, and for what somebody waits for.
void GuardianLink::look() {
    if (!works()) return watch_.close();
    watch_.want(awaits_, !waiting_.empty());
}

void GuardianLink::read_all() {
    std::array<std::byte, guardian::kPacketSize + 1> bytes;
    while (works()) {
        const auto n = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) return lost("it has ended");
        const auto letter = guardian::decode({bytes.data(), static_cast<std::size_t>(n)});
        const bool known =
            letter && (letter->ward == 0 || (letter->ward < wards_.size() && wards_[letter->ward]));
        if (!known) return lost("it says what no guardian says");
        if (const auto* pong = std::get_if<guardian::Pong>(&letter->message)) {
            const bool last = pong->number == pings_;
            unanswered_since_.reset();
            if (!last) unanswered_since_ = std::chrono::steady_clock::now();
        } else if (letter->ward < wards_.size() && wards_[letter->ward]) {
            if (std::holds_alternative<guardian::Armed>(letter->message)) armed();
            wards_[letter->ward]->hear(letter->message);
        }
    }
}

/// The question that was asked last is answered: the next one has time.
void GuardianLink::armed() {
    if (awaited_ > 0) --awaited_;
    armed_at_ = std::chrono::steady_clock::now();
    if (unanswered_since_ || awaited_ > 0 || !timer_.pending()) return;
    timer_.move_to(next_ping(*armed_at_, beat_, armed_at_, pinged_at_).time_since_epoch());
}

void GuardianLink::wait_ping() {
    auto next = next_ping(std::chrono::steady_clock::now(), beat_, armed_at_, pinged_at_);
    if (unanswered_since_) next = std::min(next, *unanswered_since_ + kSilence);
    timer_.at(next, [this] {
        if (closed_ || lost_) return;
        ping();
        if (works()) wait_ping();
    });
}

void GuardianLink::ping() {
    read_all();  // this process may be the one that stood still
    if (closed_ || lost_) return;
    const auto now = std::chrono::steady_clock::now();
    if (unanswered_since_ && now - *unanswered_since_ >= kSilence)
        return lost("it has not answered for a second");
    pinged_at_ = now;
    if (!unanswered_since_) unanswered_since_ = now;
    // What was not answered by now is read with the pings' answers.
    awaits_ = std::exchange(awaited_, 0) > 0 || ordered();
    send(guardian::Ping{++pings_});
    look();
}

/// It may only have stood still: what it has to know for when it goes on is still sent.
void GuardianLink::lost(const char* why) {
    lost_ = true;
    timer_.cancel();
    watch_.close();
    log_(Level::kError, "guardian_lost",
         {{"alarm", "true"},
          {"cause", why},
          {"next",
           "the elector lets go of the lead, if it has it, and ends; the service manager "
           "starts both again"}});
    for (const auto& ward : wards_)
        if (ward) ward->lost();
}

/// What was said last still goes: an end that the guardian has not heard of is one to it that
/// failed.
void GuardianLink::close() {
    if (closed_) return;
    empty_queue();
    while (!waiting_.empty() && !lost_) {
        pollfd room{socket_, POLLOUT, 0};
        if (::poll(&room, 1, kLastWordsMs) != 1) break;
        empty_queue();
    }
    closed_ = true;
    timer_.cancel();
    watch_.close();
    ::close(socket_);
}

}  // namespace elector::app
