// Owns the demo's etcd process and its data folder, both gone with the object. Must never touch a
// process it has not started. Thread rule: the main thread; the process dies with that thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <sys/types.h>

namespace elector::demo {

class EtcdChild {
  public:
    /// Starts it on free loopback ports; it may not answer yet.
    /// Throws std::runtime_error: no etcd program, no folder, no process.
    EtcdChild();
    /// Kills it, waits for its end, removes the folder.
    ~EtcdChild();
    EtcdChild(const EtcdChild&) = delete;
    EtcdChild& operator=(const EtcdChild&) = delete;

    bool running();
    std::uint16_t port() const { return port_; }
    /// "http://127.0.0.1:port"
    std::string endpoint() const;
    /// The end of what it has said, for people.
    std::string last_words() const;

  private:
    void start(const std::string& program);
    void clean_up();

    std::filesystem::path folder_;
    std::uint16_t port_ = 0;
    pid_t pid_ = -1;
};

}  // namespace elector::demo
