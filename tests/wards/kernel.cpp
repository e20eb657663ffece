// Owns what the kernel, and the heap, do not do for the driver though they were asked to: its own
// calls come before those of the C library. Without these variables all is as ever.
// $DRIVER_IMMORTAL: "elector" or "close-holding": SIGKILL does not end such a child, as one that
// waits in the kernel for what never comes.
// $DRIVER_UNPLACED: so many times the copy of a lock cannot be put in its place.
// $DRIVER_NO_MEMORY: of this size, in bytes, there is none.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

/// The first word behind the program's name.
bool is_called(pid_t pid, std::string_view word) {
    char path[32], bytes[128] = {};
    std::snprintf(path, sizeof path, "/proc/%d/cmdline", static_cast<int>(pid));
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    const auto n = fd >= 0 ? ::read(fd, bytes, sizeof bytes - 1) : -1;
    if (fd >= 0) ::close(fd);
    return n > 0 && std::string_view(bytes + std::strlen(bytes) + 1) == word;
}

bool listens(int fd) {
    int yes = 0;
    socklen_t size = sizeof yes;
    return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &size) == 0 && yes != 0;
}

long number(const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr ? std::atol(value) : 0;
}

}  // namespace

extern "C" int kill(pid_t pid, int signal) noexcept {
    const char* immortal = std::getenv("DRIVER_IMMORTAL");
    if (signal == SIGKILL && immortal != nullptr && is_called(pid, immortal)) return 0;
    return static_cast<int>(::syscall(SYS_kill, pid, signal));
}

extern "C" int dup3(int from, int to, int flags) noexcept {
    static long refused = 0;
    if (listens(from) && refused < number("DRIVER_UNPLACED")) {
        ++refused;
        std::fprintf(stderr, "event=not_placed count=%ld\n", refused);
        errno = EBUSY;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_dup3, from, to, flags));
}

void* operator new(std::size_t size) {
    const auto none = number("DRIVER_NO_MEMORY");
    void* memory = none > 0 && size == static_cast<std::size_t>(none) ? nullptr : std::malloc(size);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
