// Owns the best moment for a hand-over: right after a block of our own, by what the node of this
// host says of the chain. Must never guess: what cannot be known is said. Thread rule: main.
#pragma once

#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "cli/progress.hpp"
#include "cli/session.hpp"
#include "iotex/node_client.hpp"

namespace elector::cli {

/// What has been seen of the chain.
struct Duty {
    std::uint64_t tip = 0;
    std::optional<std::uint64_t> own;  ///< the newest block of ours
    /// Our block has just been made: the next is a whole round away.
    bool now() const { return own && tip < *own + 2; }
    /// In blocks, by the rotation of the producers; a new epoch starts another one.
    std::uint64_t until_next() const;
};

class DutyWatch {
  public:
    /// `operator_address`: of the holder, as its member record has it.
    DutyWatch(Session& session, const Means& means, const config::Config& config,
              const std::string& operator_address);

    /// Looks back two rounds of producers. Not empty: why the moment cannot be known.
    boost::asio::awaitable<std::string> learn(Progress& progress);
    /// Until our next block is there. Not empty: why it has not come.
    boost::asio::awaitable<std::string> wait(Progress& progress);
    const Duty& duty() const { return duty_; }

  private:
    /// Reads what is new; the error, if any.
    boost::asio::awaitable<std::string> read(Progress& progress);

    Session& session_;
    iotex::NodeClient node_;
    std::string address_;
    std::string cannot_;
    model::Duration block_interval_;
    Duty duty_;
};

}  // namespace elector::cli
