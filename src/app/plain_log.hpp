// Owns a log that writes without a library, for processes and code that must not allocate: where it
// goes, and its descriptor. Thread rule: one thread.
#pragma once

#include "config/config.hpp"
#include "guardian/log.hpp"

namespace elector::app {

/// The same to stderr. SAFETY: S23. A write to a file waits for its disk, for as long as that
/// takes, and nothing tells beforehand: what must act in time writes to none.
config::Log on_stderr(config::Log options);

guardian::Level level_of(const config::Log& options);

class PlainLog {
  public:
    /// A file that cannot be opened: stderr instead. `process` is a constant.
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
