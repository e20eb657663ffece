// Owns the demo without an onlooker: one hand-over of each kind, checked, and the summary.
// Must never call a hand-over good that it has not seen end. Thread rule: the io_context's thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "config/budget.hpp"
#include "demo/world.hpp"

namespace elector::demo {

/// One row of the summary.
struct Trial {
    Kind kind{};
    model::Duration budget{};   ///< it has to be over within
    model::Duration excused{};  ///< on top of it: this machine stood still for so long
    bool ok = false;
    std::string problem;     ///< when not ok
    bool disturbed = false;  ///< another hand-over came first
    Handover handover;
    std::uint64_t signatures = 0;
    std::uint64_t double_signatures = 0;
};

std::vector<std::string> summary(const std::vector<Trial>& trials, const checker::Report& report);

/// Reason codes that the old leader may give when this kind of fault or order is the cause.
std::vector<std::string_view> causes_of(Kind kind);

class Tour {
  public:
    Tour(boost::asio::io_context& io, World& world, std::function<void(const std::string&)> print);

    /// True when every hand-over ended well and nothing was signed twice. World::start() included.
    boost::asio::awaitable<bool> run();
    /// Ends run() soon.
    void stop() { stopped_ = true; }

  private:
    boost::asio::awaitable<bool> first_start();
    boost::asio::awaitable<void> attempt_undisturbed(Trial& trial);
    boost::asio::awaitable<void> attempt(Trial& trial);
    boost::asio::awaitable<void> recover();
    boost::asio::awaitable<bool> reached(std::function<bool()> condition, model::Duration limit);
    std::string problem_of(const Trial& trial, bool ended, bool signs) const;
    void inject(Kind kind, std::size_t leader);
    std::string reason() const;
    void tell(const std::string& text);

    boost::asio::io_context& io_;
    World& world_;
    std::function<void(const std::string&)> print_;
    model::Duration late_{};  ///< by which this machine has woken us too late, in all
    bool stopped_ = false;
};

}  // namespace elector::demo
