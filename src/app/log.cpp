#include "app/log.hpp"

#include <ctime>

#include <boost/json.hpp>

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/time.h>

namespace elector::app {
namespace {

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::kDebug:
            return spdlog::level::debug;
        case Level::kInfo:
            return spdlog::level::info;
        case Level::kWarn:
            return spdlog::level::warn;
        case Level::kError:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

spdlog::level::level_enum to_spdlog(config::LogLevel level) {
    switch (level) {
        case config::LogLevel::kTrace:
            return spdlog::level::trace;
        case config::LogLevel::kDebug:
            return spdlog::level::debug;
        case config::LogLevel::kInfo:
            return spdlog::level::info;
        case config::LogLevel::kWarn:
            return spdlog::level::warn;
        case config::LogLevel::kError:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

std::string_view word(Level level) {
    switch (level) {
        case Level::kDebug:
            return "debug";
        case Level::kInfo:
            return "info";
        case Level::kWarn:
            return "warn";
        case Level::kError:
            return "error";
    }
    return "info";
}

/// logfmt: bare words as they are, everything else quoted.
void append_value(std::string& line, std::string_view value) {
    const auto bare = [](char c) {
        return c > ' ' && c != '"' && c != '=' && c != '\\' && c != 0x7f;
    };
    bool quote = value.empty();
    for (const char c : value) quote = quote || !bare(c);
    if (!quote) {
        line += value;
        return;
    }
    line += boost::json::serialize(boost::json::string(value));
}

std::shared_ptr<spdlog::logger> make_logger(const config::Log& options) {
    std::shared_ptr<spdlog::sinks::sink> sink;
    if (options.file.empty()) {
        sink = std::make_shared<spdlog::sinks::stderr_sink_st>();
    } else {
        sink = std::make_shared<spdlog::sinks::basic_file_sink_st>(options.file);
    }
    auto logger = std::make_shared<spdlog::logger>("elector", std::move(sink));
    logger->set_pattern("%v");
    logger->set_level(to_spdlog(options.level));
    logger->flush_on(spdlog::level::info);
    return logger;
}

}  // namespace

std::string utc_now() {
    timeval t{};
    gettimeofday(&t, nullptr);
    tm parts{};
    gmtime_r(&t.tv_sec, &parts);
    char date[32];
    const auto n = std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
    char text[48];
    std::snprintf(text, sizeof text, "%.*s.%03dZ", static_cast<int>(n), date,
                  static_cast<int>(t.tv_usec / 1000));
    return text;
}

std::string format_line(config::LogFormat format, std::string_view time, Level level,
                        std::string_view event, const std::vector<Field>& fields) {
    if (format == config::LogFormat::kJson) {
        boost::json::object o{{"time", time}, {"level", word(level)}, {"event", event}};
        for (const auto& [key, value] : fields) o[key] = value;
        return boost::json::serialize(o);
    }
    std::string line = "time=" + std::string(time) + " level=" + std::string(word(level)) +
                       " event=" + std::string(event);
    for (const auto& [key, value] : fields) {
        line += ' ';
        line += key;
        line += '=';
        append_value(line, value);
    }
    return line;
}

Log::Log(const config::Log& options, std::string member, std::string process) : Log() {
    auto& sink = *sink_;
    sink.options = options;
    sink.member = std::move(member);
    sink.process = std::move(process);
    try {
        sink.logger = make_logger(options);
    } catch (const spdlog::spdlog_ex& e) {
        sink.problem = "cannot open the log file " + options.file + ": " + e.what();
        sink.options.file.clear();
        sink.logger = make_logger(sink.options);
    }
}

Log Log::silent() { return Log(); }

Log Log::for_group(std::string group) const {
    Log log(*this);
    log.group_ = std::move(group);
    return log;
}

void Log::operator()(Level level, std::string_view event, std::vector<Field> fields) const {
    const auto& sink = *sink_;
    if (sink.on_line) sink.on_line(group_, level, event, fields);
    if (!sink.logger || !sink.logger->should_log(to_spdlog(level))) return;
    if (!group_.empty()) fields.insert(fields.begin(), Field{"group", group_});
    if (!sink.process.empty()) fields.insert(fields.begin(), Field{"process", sink.process});
    if (!sink.member.empty()) fields.insert(fields.begin(), Field{"member", sink.member});
    const auto line = format_line(sink.options.format, utc_now(), level, event, fields);
    sink.logger->log(to_spdlog(level), "{}", line);
}

std::string Log::reopen(const config::Log& options) {
    auto& sink = *sink_;
    try {
        if (options.file != sink.options.file) sink.logger = make_logger(options);
        sink.logger->set_level(to_spdlog(options.level));
        sink.options = options;
        return {};
    } catch (const spdlog::spdlog_ex& e) {
        return "cannot open the log file " + options.file + ": " + e.what();
    }
}

}  // namespace elector::app
