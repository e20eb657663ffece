#include "guardian/link.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace elector::guardian {

Link::Link(const Log& log, std::size_t wards) : log_(log), kept_(wards), order_(wards) {}

int Link::open() {
    std::array<int, 2> pair{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) return -1;
    fd_ = pair[0];
    return pair[1];
}

void Link::close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    drop_kept();
}

std::optional<Letter> Link::receive() {
    std::array<std::byte, kPacketSize + 1> bytes;
    while (fd_ >= 0) {
        const auto n = ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return std::nullopt;
        if (n <= 0) {
            close();
            return std::nullopt;
        }
        const auto letter = decode({bytes.data(), static_cast<std::size_t>(n)});
        if (letter && letter->ward < kept_.size()) return letter;
        if (std::exchange(told_garbage_, true)) continue;
        log_(Level::kError, "link_garbage",
             {{"alarm", "true"},
              {"why",
               "The elector has sent what no elector sends; it is ignored, so that the "
               "elector cannot activate its node."}});
    }
    return std::nullopt;
}

void Link::send(const Message& message, std::size_t ward) {
    if (fd_ >= 0 && (keeps() || !put(message, ward))) keep(message, ward);
}

/// False: there is no room for it now.
bool Link::put(const Message& message, std::size_t ward) {
    const auto packet = encode(message, ward);
    for (;;) {
        const auto n = ::send(fd_, packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n >= 0 || errno != EINTR) return n >= 0 || (errno != EAGAIN && errno != ENOBUFS);
    }
}

void Link::keep(const Message& message, std::size_t ward) {
    if (const auto* pong = std::get_if<Pong>(&message)) {
        kept_pong_ = *pong;
        return;
    }
    auto& kept = kept_[ward];
    if (const auto* armed = std::get_if<Armed>(&message)) kept.armed = *armed;
    if (const auto* done = std::get_if<FenceDone>(&message)) kept.done = *done;
    if (std::exchange(kept.queued, true)) return;
    order_[(first_ + kept_count_++) % order_.size()] = static_cast<std::uint16_t>(ward);
}

void Link::send_kept() {
    if (kept_pong_ && !put(*kept_pong_, 0)) return;
    kept_pong_.reset();
    while (kept_count_ > 0 && send_kept(order_[first_])) {
        kept_[order_[first_]].queued = false;
        first_ = (first_ + 1) % order_.size();
        --kept_count_;
    }
}

bool Link::send_kept(std::size_t ward) {
    auto& kept = kept_[ward];
    if (kept.done && !put(*kept.done, ward)) return false;
    kept.done.reset();
    if (kept.armed && !put(*kept.armed, ward)) return false;
    kept.armed.reset();
    return true;
}

void Link::drop_kept() {
    for (auto& kept : kept_) kept = Kept{};
    kept_count_ = first_ = 0;
    kept_pong_.reset();
}

}  // namespace elector::guardian
