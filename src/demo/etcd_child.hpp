// Owns the demo's etcd process, gone with the object. Must never touch a process it has not
// started. Thread rule: the main thread; the process dies with that thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "demo/process.hpp"

namespace elector::demo {

class EtcdChild {
  public:
    /// Starts it on free loopback ports, with its data in a new folder within `folder`; it may not
    /// answer yet. Throws std::runtime_error: no etcd program, no process.
    explicit EtcdChild(const std::filesystem::path& folder);

    bool running() { return process_->running(); }
    std::uint16_t port() const { return port_; }
    /// "http://127.0.0.1:port"
    std::string endpoint() const;
    /// The end of what it has said, for people.
    std::string last_words() const;

  private:
    std::filesystem::path folder_;
    std::uint16_t port_ = 0;
    std::optional<Process> process_;
};

}  // namespace elector::demo
