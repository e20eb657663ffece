// Owns one member as an operator runs it: guardian and elector of this very binary, restarted as a
// service manager does. What they log comes through a pipe. Must never signal a process that it has
// not started, nor one that its guardian has not. Thread rule: the io_context's thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "app/boot_clock.hpp"
#include "demo/account.hpp"
#include "demo/process.hpp"

namespace elector::demo {

class Service {
  public:
    struct Hooks {
        std::function<void(const std::string&)> on_line;  ///< whatever one of its processes says
        std::function<void()> on_elector_end;
        std::function<void(const std::string&)> on_trouble;  ///< in words for the onlooker
    };

    /// Throws std::runtime_error when there is no pipe.
    Service(boost::asio::io_context& io, std::string config_file, Hooks hooks);
    ~Service() { close(); }
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    void start();
    /// Sees who has ended, starts again, ends what stands still for too long. Call it often.
    void tick();
    /// The guardian has told that this is its elector.
    void adopt_elector(pid_t pid);
    /// Kills both; nothing is called back any more.
    void close();

    // --- faults. False: there is nobody to hit
    bool kill_guardian();
    bool kill_elector();
    bool freeze_elector();
    /// What stands still goes on. False: nothing did.
    bool thaw();

    Processes processes() const;

  private:
    void wait_words();
    void read_words();
    void start_guardian();

    app::BootClock clock_;
    boost::asio::posix::stream_descriptor words_;
    int pipe_ = -1;  ///< the end that the processes write to
    std::string unfinished_;
    std::string config_file_;
    Hooks hooks_;
    std::optional<Process> guardian_;
    std::optional<Process> elector_;
    std::optional<model::Instant> back_at_;
    std::optional<model::Instant> frozen_since_;
    bool closed_ = false;
};

}  // namespace elector::demo
