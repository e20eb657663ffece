// Owns the short wait in which the confirmations of many groups become one request. Must never
// judge an answer, nor let one group's refusal be another's. Thread rule: the io_context's thread.
#pragma once

#include <functional>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "app/tasks.hpp"
#include "etcd/client.hpp"
#include "etcd/confirmations.hpp"

namespace elector::app {

class Confirmations {
  public:
    using Answer = std::function<void(const etcd::Result<etcd::TxnReply>&)>;
    /// How a transaction that only reads gets to etcd.
    using Send = std::function<boost::asio::awaitable<etcd::Result<etcd::TxnReply>>(etcd::Txn)>;

    /// How long the first of them waits for others: a tenth of what a margin allows.
    static constexpr std::chrono::milliseconds kGather{20};

    Confirmations(boost::asio::io_context& io, Tasks& tasks, Send send);

    /// Answered once, later.
    void ask(etcd::Confirmation asked, Answer answer);
    void close();

  private:
    struct Waiting {
        std::vector<etcd::Confirmation> asked;
        std::vector<Answer> answers;
    };
    void flush();
    boost::asio::awaitable<void> ask_all(Waiting waiting);
    boost::asio::awaitable<void> ask_one(etcd::Confirmation asked, Answer answer);

    Tasks& tasks_;
    Send send_;
    Waiting waiting_;
    boost::asio::steady_timer timer_;
};

}  // namespace elector::app
