#include "spawn/child.hpp"

#include <cerrno>
#include <csignal>
#include <utility>

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace elector::spawn {

Child::~Child() {
    if (pidfd_ >= 0) ::close(pidfd_);
}

bool Child::start(const posix_spawn_file_actions_t& files, const Start& what) {
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    const int group = what.own_group ? POSIX_SPAWN_SETPGROUP : 0;
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(
        &attributes, static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group));
    const int error =
        ::posix_spawn(&pid_, what.program, &files, &attributes, what.words, what.environment);
    ::posix_spawnattr_destroy(&attributes);
    if (error != 0) {
        pid_ = 0;
        errno = error;
        return false;
    }
    adopt(pid_);
    return true;
}

void Child::adopt(pid_t pid) {
    pid_ = pid;
    pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
}

void Child::signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);  // not reaped yet, so the id is still its own
}

int Child::signal_group(int number) const {
    return pid_ > 0 && ::kill(-pid_, number) != 0 ? errno : 0;
}

std::optional<Ending> Child::ended() {
    if (pid_ <= 0) return std::nullopt;
    siginfo_t info{};
    const int result = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG);
    const bool gone = result != 0 && errno == ECHILD;  // somebody else has reaped it
    if (!gone && (result != 0 || info.si_pid == 0)) return std::nullopt;
    pid_ = 0;
    ::close(std::exchange(pidfd_, -1));
    if (gone) return Ending{};
    if (info.si_code == CLD_EXITED) return Ending{info.si_status, 0};
    return Ending{std::nullopt, info.si_status};
}

}  // namespace elector::spawn
