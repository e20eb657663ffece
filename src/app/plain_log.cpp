#include "app/plain_log.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace elector::app {

guardian::Level level_of(const config::Log& options) {
    switch (options.level) {
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

namespace {

int open_log(const config::Log& log) {
    if (log.file.empty()) return guardian::open_stderr();
    const int fd = ::open(log.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    return fd >= 0 ? fd : guardian::open_stderr();
}

}  // namespace

config::Log on_stderr(config::Log options) {
    options.file.clear();
    return options;
}

PlainLog::PlainLog(const config::Log& options, const char* process)
    : fd_(open_log(options)),
      log(fd_, options.format == config::LogFormat::kJson, level_of(options), process) {}

PlainLog::~PlainLog() {
    if (fd_ != STDERR_FILENO) ::close(fd_);
}

}  // namespace elector::app
