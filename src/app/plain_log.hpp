// Owns a log that writes without a library, for processes and code that must not allocate: where it
// goes, and its descriptor. Thread rule: one thread.
#pragma once

#include "config/config.hpp"
#include "guardian/log.hpp"

namespace elector::app {

class PlainLog {
  public:
    /// Throws std::runtime_error when the file cannot be opened. `process` is a constant.
    PlainLog(const config::Log& options, const char* process);
    ~PlainLog();
    PlainLog(const PlainLog&) = delete;
    PlainLog& operator=(const PlainLog&) = delete;

  private:
    int fd_;

  public:
    const guardian::Log log;
};

}  // namespace elector::app
