#include "orders/desk.hpp"

#include <utility>

#include "config/duration.hpp"
#include "etcd/records.hpp"
#include "model/split_mix.hpp"

namespace elector::orders {
namespace asio = boost::asio;

Desk::Desk(etcd::Client& client, const etcd::Keys& keys, std::uint64_t seed,
           std::chrono::milliseconds patience)
    : client_(client), keys_(keys), random_(seed), patience_(patience) {}

std::int64_t Desk::new_lease() {
    return static_cast<std::int64_t>(model::split_mix(random_) >> 1) | 1;
}

etcd::CallOptions Desk::once() const {
    etcd::CallOptions options;
    options.timeout = patience_;
    return options;
}

etcd::CallOptions Desk::again() const {
    auto options = once();
    options.idempotent = true;  // the id of a lease is ours
    return options;
}

asio::awaitable<etcd::Result<model::ElectionView>> Desk::look() {
    const model::ReadElection question{};
    auto txn = etcd::to_txn(keys_, question);
    const auto options = once();
    auto reply = co_await client_.txn(std::move(txn), options);
    if (!reply) co_return reply.error();
    co_return etcd::to_event(keys_, question, *reply).view;
}

asio::awaitable<etcd::Result<Placed>> Desk::place(model::SwitchoverOrder order, Basis basis) {
    const auto lease = new_lease();
    const auto granting = again();
    const auto granted = co_await client_.lease_grant(lease, kOrderTtl.count(), granting);
    if (!granted) co_return granted.error();
    auto txn = to_txn(keys_, order, basis, lease);
    const auto options = once();
    const auto reply = co_await client_.txn(std::move(txn), options);
    if (!reply) co_return reply.error();
    if (!reply->succeeded) co_await withdraw(lease);
    co_return Placed{reply->succeeded, lease};
}

asio::awaitable<void> Desk::withdraw(std::int64_t lease) {
    const auto options = again();
    const auto ended = co_await client_.lease_revoke(lease, options);
    static_cast<void>(ended);
}

asio::awaitable<etcd::Result<model::PauseOrder>> Desk::pause(
    model::PauseOrder order, std::optional<std::chrono::seconds> span) {
    std::int64_t lease = 0;
    if (span) {
        lease = new_lease();
        const auto granting = again();
        const auto granted = co_await client_.lease_grant(lease, span->count(), granting);
        if (!granted) co_return granted.error();
    }
    etcd::PutOp put{keys_.pause, etcd::to_json(order), lease};
    const auto options = once();
    const auto reply = co_await client_.put(std::move(put), options);
    if (!reply) co_return reply.error();
    co_return order;
}

asio::awaitable<etcd::Result<bool>> Desk::resume() {
    etcd::DeleteOp gone{keys_.pause, {}};
    const auto options = once();
    const auto reply = co_await client_.remove(std::move(gone), options);
    if (!reply) co_return reply.error();
    co_return reply->deleted > 0;
}

std::variant<std::chrono::seconds, std::string> pause_span(const std::string& text) {
    constexpr auto longest = std::chrono::hours(30 * 24);
    const auto parsed = config::parse_duration(text);
    const auto* read = std::get_if<model::Duration>(&parsed);
    if (!read || *read < std::chrono::seconds(1) || *read > longest)
        return "is no span from \"1s\" to \"720h\"; write it like \"90s\", \"30m\" or \"2h\"";
    return std::chrono::ceil<std::chrono::seconds>(*read);
}

}  // namespace elector::orders
