#include "app/plain_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace elector::app {
namespace {

guardian::Level to_guardian(config::LogLevel level) {
    switch (level) {
        case config::LogLevel::kTrace:
        case config::LogLevel::kDebug:
            return guardian::Level::kDebug;
        case config::LogLevel::kInfo:
            return guardian::Level::kInfo;
        case config::LogLevel::kWarn:
            return guardian::Level::kWarn;
        case config::LogLevel::kError:
            return guardian::Level::kError;
    }
    return guardian::Level::kInfo;
}

/// The other processes write there too, so that room that was seen may be gone at once: a
/// description of our own, which does not block, where there can be one.
int open_stderr() {
    struct stat found {};
    const bool known = ::fstat(STDERR_FILENO, &found) == 0;
    const bool shared = known && (S_ISFIFO(found.st_mode) || ::isatty(STDERR_FILENO) == 1);
    const int flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    const int fd = shared ? ::open("/proc/self/fd/2", flags) : -1;
    return fd >= 0 ? fd : STDERR_FILENO;
}

int open_log(const config::Log& log) {
    if (log.file.empty()) return open_stderr();
    const int fd = ::open(log.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    return fd >= 0 ? fd : open_stderr();
}

}  // namespace

config::Log on_stderr(config::Log options) {
    options.file.clear();
    return options;
}

PlainLog::PlainLog(const config::Log& options, const char* process)
    : fd_(open_log(options)),
      log(fd_, options.format == config::LogFormat::kJson, to_guardian(options.level), process) {}

PlainLog::~PlainLog() {
    if (fd_ != STDERR_FILENO) ::close(fd_);
}

}  // namespace elector::app
