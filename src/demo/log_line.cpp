#include "demo/log_line.hpp"

#include <cstdio>
#include <ctime>
#include <utility>

#include <boost/json.hpp>

namespace elector::demo {
namespace {

namespace json = boost::json;

/// "2026-08-01T10:00:00.123Z"
std::optional<model::Duration> parse_time(const std::string& text) {
    std::tm t{};
    int milliseconds = 0;
    const int read =
        std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &t.tm_year, &t.tm_mon, &t.tm_mday,
                    &t.tm_hour, &t.tm_min, &t.tm_sec, &milliseconds);
    if (read != 7) return std::nullopt;
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    return std::chrono::seconds(::timegm(&t)) + std::chrono::milliseconds(milliseconds);
}

std::string take(std::map<std::string, std::string>& fields, const char* key) {
    auto node = fields.extract(key);
    return node.empty() ? std::string{} : std::move(node.mapped());
}

/// For lines that have no sentence of their own.
std::string plain_words(const LogLine& line) {
    if (line.is("elector_started"))
        return "the elector is started, process " + std::string(line["pid"]);
    if (line.is("elector_gone"))
        return "the elector is gone, by " + (line["exit_code"] == "none"
                                                 ? "signal " + std::string(line["signal"])
                                                 : "exit code " + std::string(line["exit_code"]));
    if (line.is("guardian_standby")) return "the node is " + std::string(line["node"]);
    if (line.is("closed")) return "recorded in etcd: " + std::string(line["what"]);
    if (line.is("guardian_lost"))
        return "the guardian is lost: " + std::string(line["cause"]) + "; " +
               std::string(line["next"]);
    std::string text = line.event;
    for (const auto& [key, value] : line.fields) {
        if (key != "alarm") text += ' ' + key + '=' + value;
    }
    return text;
}

}  // namespace

std::optional<LogLine> parse_log_line(std::string_view text, model::Instant epoch) {
    json::error_code wrong;
    const auto value = json::parse(text, wrong);
    if (wrong || !value.is_object()) return std::nullopt;
    LogLine line;
    for (const auto& [key, field] : value.get_object()) {
        if (!field.is_string()) return std::nullopt;
        line.fields.emplace(key, field.get_string());
    }
    const auto time = parse_time(take(line.fields, "time"));
    line.level = take(line.fields, "level");
    line.event = take(line.fields, "event");
    line.process = take(line.fields, "process");
    if (!time || line.event.empty()) return std::nullopt;
    line.at = epoch + *time;
    return line;
}

std::string sentence(const LogLine& line) {
    auto text = std::string(line["why"]);
    if (text.empty()) text = plain_words(line);
    if (line.is("role_change"))
        text = std::string(line["from"]) + " -> " + std::string(line["to"]) + ": " + text;
    if (!line["detail"].empty()) text += " (" + std::string(line["detail"]) + ")";
    return line.process == "elector" ? text : line.process + ": " + text;
}

}  // namespace elector::demo
