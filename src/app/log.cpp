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

Log::Log(const config::Log& options, std::string member, std::string process)
    : options_(options), member_(std::move(member)), process_(std::move(process)) {
    try {
        logger_ = make_logger(options);
    } catch (const spdlog::spdlog_ex& e) {
        problem_ = "cannot open the log file " + options.file + ": " + e.what();
        options_.file.clear();
        logger_ = make_logger(options_);
    }
}

Log Log::silent() { return Log(); }

void Log::operator()(Level level, std::string_view event, std::vector<Field> fields) const {
    if (on_line) on_line(level, event, fields);
    if (!logger_ || !logger_->should_log(to_spdlog(level))) return;
    if (!process_.empty()) fields.insert(fields.begin(), Field{"process", process_});
    if (!member_.empty()) fields.insert(fields.begin(), Field{"member", member_});
    const auto line = format_line(options_.format, utc_now(), level, event, fields);
    logger_->log(to_spdlog(level), "{}", line);
}

std::string Log::reopen(const config::Log& options) {
    try {
        if (options.file != options_.file) logger_ = make_logger(options);
        logger_->set_level(to_spdlog(options.level));
        options_ = options;
        return {};
    } catch (const spdlog::spdlog_ex& e) {
        return "cannot open the log file " + options.file + ": " + e.what();
    }
}

}  // namespace elector::app
