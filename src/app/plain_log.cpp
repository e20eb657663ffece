#include "app/plain_log.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
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

int open_log(const config::Log& log) {
    if (log.file.empty()) return STDERR_FILENO;
    const int fd = ::open(log.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        throw std::runtime_error("cannot open the log file " + log.file + ": " +
                                 std::strerror(errno));
    return fd;
}

}  // namespace

PlainLog::PlainLog(const config::Log& options, const char* process)
    : fd_(open_log(options)),
      log(fd_, options.format == config::LogFormat::kJson, to_guardian(options.level), process) {}

PlainLog::~PlainLog() {
    if (fd_ != STDERR_FILENO) ::close(fd_);
}

}  // namespace elector::app
