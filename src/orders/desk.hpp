// Owns the way of an order to etcd: written with what it was judged by, withdrawn, and the pause.
// Must never judge: see switchover.hpp. Thread rule: the io_context's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include <boost/asio/awaitable.hpp>

#include "etcd/client.hpp"
#include "orders/switchover.hpp"

namespace elector::orders {

/// A switchover order goes away by itself after this: a hand-over takes far less.
inline constexpr std::chrono::seconds kOrderTtl{30};

struct Placed {
    bool done = false;       ///< false: something of what it was judged by has changed
    std::int64_t lease = 0;  ///< of the order, for withdraw()
};

class Desk {
  public:
    /// `seed`: for the ids of leases, so from a source of chance. Client and keys outlive the desk.
    Desk(etcd::Client& client, const etcd::Keys& keys, std::uint64_t seed,
         std::chrono::milliseconds patience = std::chrono::seconds{5});

    /// The whole election, read linearizably.
    boost::asio::awaitable<etcd::Result<model::ElectionView>> look();

    /// Not repeated: an unknown outcome is an error. Whatever is not in force is cleaned away.
    boost::asio::awaitable<etcd::Result<Placed>> place(model::SwitchoverOrder order, Basis basis);
    /// Takes an order back, obeyed or not; what cannot be taken back ends by itself.
    boost::asio::awaitable<void> withdraw(std::int64_t lease);

    /// Replaces a pause that there is. With a span etcd ends it.
    boost::asio::awaitable<etcd::Result<model::PauseOrder>> pause(
        model::PauseOrder order, std::optional<std::chrono::seconds> span);
    /// True when there was a pause.
    boost::asio::awaitable<etcd::Result<bool>> resume();

  private:
    std::int64_t new_lease();
    etcd::CallOptions once() const;
    etcd::CallOptions again() const;

    etcd::Client& client_;
    const etcd::Keys& keys_;
    std::uint64_t random_;  ///< of splitmix64: one desk for each of many groups
    std::chrono::milliseconds patience_;
};

/// How long a pause may last, as text: "90s", "30m", "2h". Else what is wrong with it.
std::variant<std::chrono::seconds, std::string> pause_span(const std::string& text);

}  // namespace elector::orders
