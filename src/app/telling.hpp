// Owns the way from lines of the log to people outside: what a target wants to hear is taken from
// the same line, with the same sentence. Must never be waited for, nor tell of itself.
// Thread rule: the io_context's thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "app/log.hpp"
#include "config/config.hpp"
#include "core/state.hpp"
#include "model/policy.hpp"
#include "notify/notifier.hpp"

namespace elector::app {

class Telling {
  public:
    /// How the member of a group stands when something is told.
    struct Stand {
        std::string key;  ///< of its election
        std::string role;
        std::int64_t term = 0;
        std::string node;
    };
    /// By the group's name; of a line that is of no group: what can be said for all.
    using Look = std::function<Stand(const std::string& group)>;

    /// Listens to `log`, of all groups, from now on.
    Telling(boost::asio::io_context& io, Log& log, Look look);
    ~Telling();
    Telling(const Telling&) = delete;
    Telling& operator=(const Telling&) = delete;

    void set(const config::Config& config);
    /// How each target stands, in the order of the configuration.
    std::vector<notify::Standing> standings() const { return notifier_.standings(); }
    /// Gives the last words at most `limit`, then is silent.
    boost::asio::awaitable<void> close(std::chrono::milliseconds limit) {
        return notifier_.close(limit);
    }

  private:
    void hear(const std::string& group, Level level, std::string_view event,
              const std::vector<Field>& fields);
    void tell(const notify::Trouble& trouble);

    Log& log_;
    Look look_;
    std::string member_;
    notify::Notifier notifier_;
};

/// How long those who are told of an end may hold it up: not at all unless the node is known to be
/// silent, for whatever is left to do then is the guardian's, who waits for the end of the process.
std::chrono::milliseconds last_words(int exit_code, const model::Policy& policy,
                                     const core::State& state);

/// A line of the log as a message, but for who tells it and when.
notify::Message message_of(Level level, std::string_view event, const std::vector<Field>& fields);

std::vector<notify::Target> targets_of(const config::Config& config);

}  // namespace elector::app
