// Owns one process of ours, from its start to its reaping. Must never allocate. Thread rule: one
// thread.
#pragma once

#include <optional>

#include <spawn.h>
#include <sys/types.h>

namespace elector::spawn {

/// How a child ended: its exit code, or the signal; neither: nobody knows.
struct Ending {
    std::optional<int> code;
    int signal = 0;
    bool operator==(const Ending&) const = default;
};

/// What is started, and how.
struct Start {
    const char* program = nullptr;
    char* const* words = nullptr;
    char* const* environment = nullptr;
    bool own_group = false;  ///< so that all that it starts can be ended with it
    int input = -1;          ///< start_apart(): what it reads; -1: nothing
};

/// One process of ours, from its start to its reaping.
class Child {
  public:
    Child() = default;
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// False: it could not be started; errno says why.
    bool start(const posix_spawn_file_actions_t& files, const Start& what);
    /// One that was started otherwise.
    void adopt(pid_t pid);
    bool running() const { return pid_ > 0; }
    pid_t pid() const { return pid_; }
    int fd() const { return pidfd_; }  ///< readable at its end
    void signal(int number) const;
    /// Of one that has its own; 0, or errno when nobody there could be reached.
    int signal_group(int number) const;
    /// Once it has ended: how. It is reaped then.
    std::optional<Ending> ended();

  private:
    pid_t pid_ = 0;
    int pidfd_ = -1;
};

}  // namespace elector::spawn
