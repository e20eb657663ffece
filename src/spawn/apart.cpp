#include "spawn/apart.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <unistd.h>

namespace elector::spawn {
namespace {

constexpr int kReport = 3;
constexpr int kAbove = 10;       ///< than what is placed
constexpr int kMostOpen = 1024;  ///< where the kernel cannot close them all at once

/// False: errno says why.
bool place(int input, int output, int report) {
    const int said = ::fcntl(output, F_DUPFD_CLOEXEC, kAbove);
    const int told = ::fcntl(report, F_DUPFD_CLOEXEC, kAbove);
    const int read =
        input >= 0 ? ::fcntl(input, F_DUPFD_CLOEXEC, kAbove) : ::open("/dev/null", O_RDONLY);
    const bool placed = said >= 0 && told >= 0 && ::dup3(told, kReport, O_CLOEXEC) >= 0 &&
                        read >= 0 && ::dup2(read, STDIN_FILENO) >= 0 &&
                        ::dup2(said, STDOUT_FILENO) >= 0 && ::dup2(said, STDERR_FILENO) >= 0;
    if (!placed) return false;
    if (::close_range(kReport + 1, ~0U, 0) == 0) return true;
    for (int fd = kReport + 1; fd < kMostOpen; ++fd) ::close(fd);
    return true;
}

[[noreturn]] void become(const Start& what, int output, int report) {
    if (what.own_group) ::setpgid(0, 0);
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
    int told = report;
    if (place(what.input, output, report)) {
        told = kReport;
        sigset_t none;
        ::sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::execve(what.program, what.words, what.environment);
    }
    const int error = errno;
    static_cast<void>(!::write(told, &error, sizeof error));
    ::_exit(127);
}

}  // namespace

bool withheld(std::string_view variable) {
    static constexpr std::array<std::string_view, 3> kOurs{"ELECTOR_",
                                                           "NOTIFY_SOCKET=", "WATCHDOG_"};
    return std::any_of(kOurs.begin(), kOurs.end(),
                       [&](std::string_view name) { return variable.starts_with(name); });
}

// Not posix_spawn: it waits until the program is loaded, and a file system that hangs would hold up
// our loop. Nor fork: its handlers, of libraries that have threads, are of no use to an exec.
pid_t start_apart(const Start& what, int output, int report) {
    sigset_t all, before;
    ::sigfillset(&all);
    // No handler of ours is to run in the child.
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::_Fork();
    if (pid == 0) become(what, output, report);
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    // Whoever of the two is first: it has its group before anybody signals that.
    if (pid > 0 && what.own_group) ::setpgid(pid, pid);
    errno = error;
    return pid;
}

}  // namespace elector::spawn
