// Owns the step from callbacks to coroutines: one value, delivered once to one awaiting coroutine.
// Must never resume a coroutine from inside the caller: a completion always goes through the
// io_context. Thread rule: the io_context's thread.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace elector::etcd {

/// Where the value goes. Copies share the one delivery; values after the first are dropped.
template <class T>
using Completion = std::function<void(T)>;

/// What to do when the awaiting coroutine is cancelled; it must lead to the completion. May be
/// empty.
using CancelAction = std::function<void()>;

namespace detail {

template <class T, class Handler>
class CoroutineCompletion {
  public:
    explicit CoroutineCompletion(Handler handler) : handler_(std::move(handler)) {}

    void deliver(T value) {
        if (delivered_) return;
        delivered_ = true;
        slot().clear();
        auto executor = boost::asio::get_associated_executor(handler_);
        boost::asio::post(executor,
                          [handler = std::move(handler_), value = std::move(value)]() mutable {
                              std::move(handler)(std::move(value));
                          });
    }

    /// Not at once: the slot must not lose its handler while that runs.
    void on_cancel(CancelAction action) {
        if (delivered_ || !action || !slot().is_connected()) return;
        auto executor = boost::asio::get_associated_executor(handler_);
        slot().assign([executor, action = std::move(action)](boost::asio::cancellation_type) {
            boost::asio::post(executor, action);
        });
    }

  private:
    auto slot() { return boost::asio::get_associated_cancellation_slot(handler_); }

    Handler handler_;
    bool delivered_ = false;
};

}  // namespace detail

/// Awaits what `start(Completion<T>)` sets going; start returns the CancelAction.
template <class T, class Start>
boost::asio::awaitable<T> await_completion(Start start) {
    auto initiate = [start = std::move(start)](auto handler) mutable {
        using Shared = detail::CoroutineCompletion<T, decltype(handler)>;
        const auto shared = std::make_shared<Shared>(std::move(handler));
        shared->on_cancel(start([shared](T value) { shared->deliver(std::move(value)); }));
    };
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(T)>(
        std::move(initiate), boost::asio::use_awaitable);
}

}  // namespace elector::etcd
