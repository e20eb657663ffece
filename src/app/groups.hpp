// Owns the members of all groups of this process: their start one after the other, their ends, and
// what one configuration means to each. Must never let one group hold up another, nor decide
// anything of an election. Thread rule: the io_context's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "app/etcd_link.hpp"
#include "app/member.hpp"
#include "app/tasks.hpp"
#include "app/telling.hpp"
#include "config/config.hpp"

namespace elector::app {

class Groups {
  public:
    /// `on_end` hears the process's exit code, once: when no group has anything left to do, or when
    /// one has found its own state broken. `seed` as for a member.
    Groups(boost::asio::io_context& io, const Clock& clock, Member::ConfigPtr file, Log& log,
           std::uint64_t seed, GuardianLink* guardian, std::function<void(int code)> on_end);

    /// One after the other, so that a thousand do not all ask in the same moment.
    void start();
    /// Each hands over if it leads, and leaves.
    void shut_down();
    /// A configuration of the same groups.
    void reload(const Member::ConfigPtr& file);
    /// Ends every connection; nothing runs when it returns. Notifications that are on their way are
    /// given a moment where every node is silent.
    boost::asio::awaitable<void> close(int exit_code);

    EtcdLink& etcd() { return etcd_; }
    const Telling& telling() const { return telling_; }
    std::size_t size() const { return members_.size(); }
    /// Whose state was found broken, if anybody's.
    std::optional<std::size_t> broken() const { return broken_; }
    Member& member(std::size_t i) { return *members_[i].member; }
    const std::string& name(std::size_t i) const { return members_[i].name; }
    /// How long those who are told of an end with this code may hold it up.
    std::chrono::milliseconds last_words(int exit_code) const;
    /// What they are doing, in one line, whenever it differs. May be empty.
    std::function<void(const std::string& line)> on_status;

  private:
    struct Slot {
        std::string name;  ///< empty: the file has no tables
        std::unique_ptr<Member> member;
        bool ended = false;
    };
    void start_next(std::size_t i);
    void ended(std::size_t i, int code);
    void tell_status(const std::string& line);
    std::string summary() const;
    Telling::Stand stand(const std::string& group) const;
    boost::asio::awaitable<void> close_all(int exit_code);
    boost::asio::awaitable<void> close_one(std::size_t i, int exit_code,
                                           boost::asio::steady_timer& last);

    boost::asio::io_context& io_;
    Log& log_;
    std::function<void(int)> on_end_;
    bool guarded_;
    Tasks tasks_;
    EtcdLink etcd_;
    std::vector<Slot> members_;
    std::map<std::string, std::size_t> by_name_;
    Telling telling_;
    boost::asio::steady_timer pace_;
    std::string status_;    ///< as last told
    std::size_t left_;      ///< groups that have not ended
    std::size_t open_ = 0;  ///< while they are being closed
    int worst_ = 0;         ///< exit code so far
    std::optional<std::size_t> broken_;
    bool shutting_down_ = false;
    bool closing_ = false;
};

}  // namespace elector::app
