// Owns the demo's hold on processes: their start, signals that cannot hit another process, and that
// none of them outlives the demo. Must never touch a process that the demo or a child of it has not
// started. Thread rule: the main thread; the children die with that thread.
#pragma once

#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/types.h>

namespace elector::demo {

/// "cannot <what>: <errno's words>"
std::runtime_error failed(const std::string& what);

struct Command {
    std::string program;  ///< a path
    std::vector<std::string> words;
    int output = -1;             ///< becomes its standard output and error; stays the caller's
    int at_our_death = SIGKILL;  ///< sent to it by the kernel
};

/// This program, as an operator would run it.
Command own_command(std::vector<std::string> words, int output);

/// One process, by a descriptor that never means another one. Ended when this is destroyed.
class Process {
  public:
    /// Starts a child, in a process group of its own and with an environment of nearly nothing.
    /// Throws std::runtime_error when it cannot.
    explicit Process(const Command& command);
    /// Takes hold of a process that a child of ours has started. None: it has ended, or was started
    /// by somebody else.
    static std::optional<Process> find(pid_t pid, pid_t parent);
    ~Process() { end(); }
    Process(Process&& other) noexcept;
    Process& operator=(Process&& other) noexcept;

    /// Once it has ended it is reaped, if it is (or has become) a child of ours.
    bool running();
    /// "exit code 1", "signal 9"; empty while it runs or when its parent was another.
    const std::string& ending() const { return ending_; }
    bool succeeded() const { return ending_ == "exit code 0"; }
    pid_t pid() const { return pid_; }
    void signal(int number) const;
    /// SIGKILL, and its end.
    void end();

  private:
    Process(pid_t pid, int descriptor) : pid_(pid), descriptor_(descriptor) {}
    bool reap(int options);

    pid_t pid_ = -1;
    int descriptor_ = -1;  ///< a pidfd; -1: it has ended
    std::string ending_;
};

/// While this lives, whoever loses its parent among our descendants becomes our child; at its end
/// all children are ended, whoever started them.
class Family {
  public:
    Family();
    ~Family();
    Family(const Family&) = delete;
    Family& operator=(const Family&) = delete;
};

}  // namespace elector::demo
