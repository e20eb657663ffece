// Owns the two kinds of children, the elector and the closer: start, end, exit code. What their
// start needs is made beforehand. Must never allocate after its making. Thread rule: one thread.
#pragma once

#include <array>
#include <string>
#include <vector>

#include <spawn.h>

#include "guardian/process.hpp"
#include "spawn/child.hpp"

namespace elector::guardian {

using spawn::Child;
using spawn::Ending;

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
    /// A failure is told, once for each kind, until one has not failed.
    void tell_closer(const Log& log, Instant now, const Ending& ending);
    /// After a failure that somebody has to mend: the next one would say the same at once.
    bool closer_rests(Instant now) const { return now < rests_until_; }

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
    Ending closer_ending_{0, 0};  ///< of the last one
    Instant rests_until_;
    posix_spawn_file_actions_t elector_files_;
    posix_spawn_file_actions_t closer_files_;
    posix_spawn_file_actions_t bare_files_;
};

}  // namespace elector::guardian
