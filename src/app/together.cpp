#include "app/together.hpp"

#include <utility>

namespace elector::app {
namespace asio = boost::asio;

namespace {

/// What all groups together are refused, one of them may be the only cause of: a key that it has no
/// right to, a lease that is gone.
bool of_one(const etcd::Error& error) {
    return error.kind == etcd::ErrorKind::kPermissionDenied ||
           error.kind == etcd::ErrorKind::kLeaseNotFound || error.kind == etcd::ErrorKind::kInvalid;
}

etcd::Error misfit(const char* text) {
    etcd::Error error;
    error.kind = etcd::ErrorKind::kInternal;
    error.text = text;
    error.outcome_unknown = true;
    return error;
}

}  // namespace

template <class Asked>
Together<Asked>::Together(asio::io_context& io, Tasks& tasks, const char* name, std::size_t most,
                          Send send)
    : tasks_(tasks), name_(name), most_(most), send_(std::move(send)), timer_(io) {}

template <class Asked>
void Together<Asked>::ask(Asked asked, Answer answer) {
    waiting_.asked.push_back(std::move(asked));
    waiting_.answers.push_back(std::move(answer));
    const auto waiting = waiting_.asked.size();
    if (waiting >= most_) return flush();
    if (waiting == 1) timer_.after(kGather, [this] { flush(); });
}

template <class Asked>
void Together<Asked>::flush() {
    timer_.cancel();
    auto all = std::exchange(waiting_, {});
    auto task = ask_all(std::move(all));
    tasks_.spawn(name_, std::move(task));
}

template <class Asked>
asio::awaitable<void> Together<Asked>::ask_all(Waiting waiting) {
    auto asked = waiting.asked;
    Replies replies = misfit("the request was not made");
    try {
        replies = co_await send_(std::move(asked));
    } catch (const std::exception& failure) {
        replies = misfit(failure.what());
    }
    if (!replies && of_one(replies.error()) && waiting.asked.size() > 1) {
        ask_each(std::move(waiting));
        co_return;
    }
    const bool fits = replies && replies->size() == waiting.answers.size();
    for (std::size_t i = 0; i < waiting.answers.size(); ++i) {
        if (fits) {
            waiting.answers[i]((*replies)[i]);
        } else {
            waiting.answers[i](replies ? misfit("etcd's reply does not fit the request")
                                       : replies.error());
        }
    }
}

template <class Asked>
void Together<Asked>::ask_each(Waiting waiting) {
    for (std::size_t i = 0; i < waiting.asked.size(); ++i) {
        Waiting one;
        one.asked.push_back(std::move(waiting.asked[i]));
        one.answers.push_back(std::move(waiting.answers[i]));
        auto task = ask_all(std::move(one));
        tasks_.spawn(name_, std::move(task));
    }
}

template <class Asked>
void Together<Asked>::close() {
    timer_.cancel();
    waiting_ = {};
}

template class Together<etcd::Confirmation>;
template class Together<etcd::Txn>;

}  // namespace elector::app
