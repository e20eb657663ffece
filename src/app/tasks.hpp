// Owns how coroutines are started: named, counted, and never failing in silence.
// Thread rule: the io_context's thread.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

namespace elector::app {

class Tasks {
  public:
    /// `on_failure` hears of every exception that escapes a task: a defect, since adapters report
    /// expected failures as values.
    using OnFailure = std::function<void(const std::string& name, const std::string& what)>;

    Tasks(boost::asio::io_context& io, OnFailure on_failure)
        : io_(io), on_failure_(std::move(on_failure)) {}

    void spawn(std::string name, boost::asio::awaitable<void> task) {
        boost::asio::co_spawn(io_, std::move(task), finisher(std::move(name)));
    }

    /// A task that `cancel` can end; it then just stops, wherever it waits. co_spawn works with the
    /// signal until its handler has run, which may be after the task's own end: so that keeps it.
    void spawn(std::string name, boost::asio::awaitable<void> task,
               std::shared_ptr<boost::asio::cancellation_signal> cancel) {
        const auto slot = cancel->slot();
        auto finished = [finish = finisher(std::move(name)),
                         keep = std::move(cancel)](std::exception_ptr error) { finish(error); };
        boost::asio::co_spawn(io_, std::move(task),
                              boost::asio::bind_cancellation_slot(slot, std::move(finished)));
    }

    /// Something that is no coroutine; its exceptions are reported like a task's.
    template <class Work>
    void run(const char* name, Work&& work) {
        try {
            std::forward<Work>(work)();
        } catch (...) {
            report(name, std::current_exception());
        }
    }

    int running() const { return running_; }

  private:
    std::function<void(std::exception_ptr)> finisher(std::string name) {
        ++running_;
        return [this, name = std::move(name)](std::exception_ptr error) {
            --running_;
            if (error) report(name, error);
        };
    }

    void report(const std::string& name, const std::exception_ptr& error) {
        try {
            std::rethrow_exception(error);
        } catch (const boost::system::system_error& e) {
            if (e.code() != boost::asio::error::operation_aborted) on_failure_(name, e.what());
        } catch (const std::exception& e) {
            on_failure_(name, e.what());
        } catch (...) {
            on_failure_(name, "an exception of unknown type");
        }
    }

    boost::asio::io_context& io_;
    OnFailure on_failure_;
    int running_ = 0;
};

}  // namespace elector::app
