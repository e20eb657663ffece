// Owns the two kinds of children, the elector and the closer: start, end, exit code. What their
// start needs is made beforehand. Must never allocate after its making. Thread rule: one thread.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <spawn.h>
#include <sys/types.h>

#include "guardian/process.hpp"

namespace elector::guardian {

/// How a child ended: its exit code, or the signal.
struct Ending {
    std::optional<int> code;
    int signal = 0;
};

/// One process of ours, from its start to its reaping.
class Child {
  public:
    Child() = default;
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// False: it could not be started; errno says why.
    bool start(const posix_spawn_file_actions_t& files, char* const* words);
    bool running() const { return pid_ > 0; }
    pid_t pid() const { return pid_; }
    int fd() const { return pidfd_; }  ///< readable at its end
    void signal(int number) const;
    /// Once it has ended: how. It is reaped then.
    std::optional<Ending> ended();

  private:
    pid_t pid_ = 0;
    int pidfd_ = -1;
};

class Children {
  public:
    explicit Children(const Options& options);
    ~Children();
    Children(const Children&) = delete;
    Children& operator=(const Children&) = delete;

    /// Both children's descriptors come from these places. False: errno says why not.
    bool place_link(int fd);
    bool place_lock(int fd);
    void place_confirmed(int fd);  ///< -1: there is none
    bool start_elector();
    bool start_closer(const Closing& closing, const Arm& arm);

    Child elector;
    Child closer;

  private:
    using Word = std::array<char, kMaxKey + 1>;

    std::vector<std::string> elector_words_;
    std::vector<std::string> closer_words_;
    std::vector<char*> elector_argv_;
    std::vector<char*> closer_argv_;
    std::array<Word, kOrderWords> order_{};
    bool confirmed_there_ = false;
    posix_spawn_file_actions_t elector_files_;
    posix_spawn_file_actions_t closer_files_;
    posix_spawn_file_actions_t bare_files_;
};

}  // namespace elector::guardian
