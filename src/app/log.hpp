// Owns the log: one catalogued event name per line, logfmt or JSON, to stderr or a file.
// Must never carry a secret, and never throw into its callers. Thread rule: the io_context's
// thread.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.hpp"

namespace spdlog {
class logger;
}

namespace elector::app {

enum class Level { kDebug, kInfo, kWarn, kError };

using Field = std::pair<std::string_view, std::string>;

/// One line without its time: `level=info event=role_change member=a ...` or a JSON object.
std::string format_line(config::LogFormat format, std::string_view time, Level level,
                        std::string_view event, const std::vector<Field>& fields);

/// "2026-08-01T10:00:00.123Z"
std::string utc_now();

class Log {
  public:
    /// A file that cannot be opened: stderr instead, and problem() says why.
    /// `process` tells the lines of one service's processes apart.
    explicit Log(const config::Log& options, std::string member = {}, std::string process = {});
    /// A log that goes nowhere (several members in one process, tests).
    static Log silent();
    /// The same log, for the lines of one group: each names it. Empty: as this one.
    Log for_group(std::string group) const;

    void operator()(Level level, std::string_view event, std::vector<Field> fields = {}) const;
    const std::string& problem() const { return sink_->problem; }
    /// Hears every line, whatever the level, before it is written; of all groups. Nothing: nobody.
    using OnLine = std::function<void(const std::string& group, Level, std::string_view event,
                                      const std::vector<Field>&)>;
    void listen(OnLine on_line) { sink_->on_line = std::move(on_line); }
    /// Takes over level, format and file; on failure the old log goes on. Returns what was wrong.
    std::string reopen(const config::Log& options);

  private:
    /// What all groups share.
    struct Sink {
        std::shared_ptr<spdlog::logger> logger;
        config::Log options;
        std::string member;
        std::string process;
        std::string problem;
        OnLine on_line;
    };
    Log() : sink_(std::make_shared<Sink>()) {}
    std::shared_ptr<Sink> sink_;
    std::string group_;
};

}  // namespace elector::app
