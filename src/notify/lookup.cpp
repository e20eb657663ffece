#include "notify/lookup.hpp"

#include <array>
#include <cstring>
#include <utility>

#include <ares.h>
#include <netinet/in.h>
#include <poll.h>

namespace elector::notify {
namespace asio = boost::asio;

namespace {

/// An answer takes milliseconds or seconds; nobody waits for the first ten of them.
constexpr std::chrono::milliseconds kLookEvery{10};
constexpr int kTryMs = 1500;
constexpr int kTries = 3;
constexpr std::size_t kMostAddresses = 8;

std::string said(int status) {
    return std::string(ares_strerror(status)) + " [dns:" + std::to_string(status) + "]";
}

std::vector<asio::ip::address> addresses_of(const ares_addrinfo* found) {
    std::vector<asio::ip::address> all;
    for (const auto* node = found->nodes; node && all.size() < kMostAddresses;
         node = node->ai_next) {
        if (node->ai_family == AF_INET) {
            sockaddr_in in{};
            std::memcpy(&in, node->ai_addr, sizeof in);
            all.emplace_back(asio::ip::address_v4(ntohl(in.sin_addr.s_addr)));
        } else if (node->ai_family == AF_INET6) {
            sockaddr_in6 in{};
            std::memcpy(&in, node->ai_addr, sizeof in);
            asio::ip::address_v6::bytes_type bytes;
            std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
            all.emplace_back(asio::ip::address_v6(bytes, in.sin6_scope_id));
        }
    }
    return all;
}

}  // namespace

Lookup::~Lookup() {
    ending_ = true;
    if (channel_) ares_destroy(channel_);  // answers, with "destroyed"
}

void Lookup::start(const std::string& host, Done done) {
    static const int library = ares_library_init(ARES_LIB_INIT_ALL);
    done_ = std::move(done);
    ares_options options{};
    options.timeout = kTryMs;
    options.tries = kTries;
    int status = library;
    if (status == ARES_SUCCESS)
        status = ares_init_options(&channel_, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
    if (status != ARES_SUCCESS) {
        channel_ = nullptr;
        answered_ = true;
        error_ = said(status);
    } else {
        ares_addrinfo_hints hints{};
        hints.ai_family = AF_UNSPEC;
        hints.ai_socktype = SOCK_STREAM;
        ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &Lookup::answer, this);
    }
    look_after(std::chrono::milliseconds(0));
}

void Lookup::look_after(std::chrono::milliseconds pause) {
    timer_.expires_after(pause);
    // A wait that is over already cannot be called back.
    timer_.async_wait([alive = std::weak_ptr(self_)](boost::system::error_code ec) {
        const auto self = alive.lock();
        if (!ec && self) (*self)->look();
    });
}

void Lookup::answer(void* self, int status, int, ares_addrinfo* found) {
    auto& lookup = *static_cast<Lookup*>(self);
    if (!lookup.ending_) {
        lookup.answered_ = true;
        if (status == ARES_SUCCESS) lookup.addresses_ = addresses_of(found);
        if (lookup.addresses_.empty())
            lookup.error_ = said(status == ARES_SUCCESS ? ARES_ENODATA : status);
    }
    if (found) ares_freeaddrinfo(found);
}

/// Lets c-ares read what has come, and try again what is overdue.
void Lookup::look() {
    if (!answered_) {
        std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
        const int wanted = ares_getsock(channel_, sockets.data(), ARES_GETSOCK_MAXNUM);
        std::array<pollfd, ARES_GETSOCK_MAXNUM> ready{};
        nfds_t count = 0;
        for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
            const auto bits = static_cast<unsigned>(wanted) >> static_cast<unsigned>(i);
            const short events =
                static_cast<short>(((bits & 1U) != 0 ? POLLIN : 0) |
                                   ((bits & (1U << ARES_GETSOCK_MAXNUM)) != 0 ? POLLOUT : 0));
            if (events != 0) ready[count++] = {sockets[static_cast<std::size_t>(i)], events, 0};
        }
        ::poll(ready.data(), count, 0);
        ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        for (nfds_t i = 0; i < count && !answered_; ++i) {
            const auto& one = ready[i];
            const bool in = (one.revents & (POLLIN | POLLERR | POLLHUP)) != 0;
            const bool out = (one.revents & POLLOUT) != 0;
            if (in || out)
                ares_process_fd(channel_, in ? one.fd : ARES_SOCKET_BAD,
                                out ? one.fd : ARES_SOCKET_BAD);
        }
    }
    if (answered_) {
        const auto done = std::move(done_);
        return done(std::move(addresses_), std::move(error_));  // may end us
    }
    look_after(kLookEvery);
}

}  // namespace elector::notify
