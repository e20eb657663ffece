#include "app/confirmations.hpp"

#include <span>
#include <utility>

namespace elector::app {
namespace asio = boost::asio;

namespace {

/// What all groups together are refused, one of them may be the only cause of.
bool refused(const etcd::Error& error) {
    return error.kind == etcd::ErrorKind::kPermissionDenied ||
           error.kind == etcd::ErrorKind::kInvalid;
}

etcd::Error misfit() {
    etcd::Error error;
    error.kind = etcd::ErrorKind::kInternal;
    error.text = "etcd's reply does not fit the request";
    return error;
}

}  // namespace

Confirmations::Confirmations(asio::io_context& io, Tasks& tasks, Send send)
    : tasks_(tasks), send_(std::move(send)), timer_(io) {}

void Confirmations::ask(etcd::Confirmation asked, Answer answer) {
    waiting_.asked.push_back(std::move(asked));
    waiting_.answers.push_back(std::move(answer));
    const auto waiting = waiting_.asked.size();
    if (waiting >= etcd::kMostConfirmations) return flush();
    if (waiting > 1) return;
    timer_.expires_after(kGather);
    timer_.async_wait([this](boost::system::error_code aborted) {
        if (!aborted && !waiting_.asked.empty()) flush();
    });
}

void Confirmations::flush() {
    timer_.cancel();
    auto all = std::exchange(waiting_, {});
    auto task = ask_all(std::move(all));
    tasks_.spawn("confirm", std::move(task));
}

asio::awaitable<void> Confirmations::ask_all(Waiting waiting) {
    auto request = etcd::to_txn(std::span<const etcd::Confirmation>(waiting.asked));
    const auto reply = co_await send_(std::move(request));
    if (!reply && refused(reply.error()) && waiting.asked.size() > 1) {
        for (std::size_t i = 0; i < waiting.asked.size(); ++i) {
            auto task = ask_one(waiting.asked[i], waiting.answers[i]);
            tasks_.spawn("confirm", std::move(task));
        }
        co_return;
    }
    std::vector<etcd::TxnReply> split;
    if (reply) split = etcd::split(waiting.asked, *reply);
    for (std::size_t i = 0; i < waiting.asked.size(); ++i) {
        if (!reply) {
            waiting.answers[i](reply.error());
        } else if (split.empty()) {
            waiting.answers[i](misfit());
        } else {
            waiting.answers[i](split[i]);
        }
    }
}

asio::awaitable<void> Confirmations::ask_one(etcd::Confirmation asked, Answer answer) {
    Waiting one;
    one.asked.push_back(std::move(asked));
    one.answers.push_back(std::move(answer));
    auto task = ask_all(std::move(one));
    co_await std::move(task);
}

void Confirmations::close() {
    timer_.cancel();
    waiting_ = {};
}

}  // namespace elector::app
