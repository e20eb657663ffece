// Owns the simulated nodes of a measurement, on a thread of their own, so that their work is not on
// the clock of who measures. Must never be asked anything after stop().
// Thread rule: one thread, not the nodes'.
#pragma once

#include <cstdint>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "app/boot_clock.hpp"
#include "simnode/checker/checker.hpp"
#include "simnode/host/host.hpp"

namespace elector::bench {

class Nodes {
  public:
    /// Up and synced. Throws boost::system::system_error when a port cannot be had.
    Nodes(std::size_t count, model::Duration block_interval);
    ~Nodes();
    Nodes(const Nodes&) = delete;
    Nodes& operator=(const Nodes&) = delete;

    const simnode::NodePorts& ports(std::size_t node) const { return ports_.at(node); }
    /// Returns when it began. Throws std::runtime_error when it cannot be done.
    model::Instant fault(const std::string& kind, std::size_t node);
    void stop();
    /// What the nodes signed. REQUIRES: stop().
    checker::Report report() const { return checker_.report(); }

  private:
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    app::BootClock clock_;
    checker::Checker checker_;
    simnode::Host host_;
    std::vector<simnode::NodePorts> ports_;
    std::thread thread_;
};

}  // namespace elector::bench
