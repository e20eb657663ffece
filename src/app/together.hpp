// Owns the short wait in which what many groups ask of etcd becomes one request. Must never judge
// an answer, nor let one group's refusal be another's. Thread rule: the io_context's thread.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "app/tasks.hpp"
#include "etcd/client.hpp"
#include "etcd/confirmations.hpp"
#include "support/timer.hpp"

namespace elector::app {

/// `Asked`: one group's part, which has an answer like a transaction of its own.
template <class Asked>
class Together {
  public:
    using Reply = etcd::Result<etcd::TxnReply>;
    using Answer = std::function<void(const Reply&)>;
    using Replies = etcd::Result<std::vector<etcd::TxnReply>>;
    /// One request; the replies in the order of what was asked.
    using Send = std::function<boost::asio::awaitable<Replies>(std::vector<Asked>)>;

    /// How long the first of them waits for others: a tenth of what a margin allows.
    static constexpr std::chrono::milliseconds kGather{20};

    /// `name` is the task's, `most` how many fit in one request.
    Together(boost::asio::io_context& io, Tasks& tasks, const char* name, std::size_t most,
             Send send);

    /// Answered once, later.
    void ask(Asked asked, Answer answer);
    /// Who still waits is not answered.
    void close();

  private:
    struct Waiting {
        std::vector<Asked> asked;
        std::vector<Answer> answers;
    };
    void flush();
    boost::asio::awaitable<void> ask_all(Waiting waiting);
    void ask_each(Waiting waiting);

    Tasks& tasks_;
    const char* const name_;
    const std::size_t most_;
    const Send send_;
    Waiting waiting_;
    support::Timer timer_;
};

using Confirmations = Together<etcd::Confirmation>;
/// Each is judged by etcd, by its own conditions.
using Publications = Together<etcd::Txn>;

extern template class Together<etcd::Confirmation>;
extern template class Together<etcd::Txn>;

}  // namespace elector::app
