#include "config/render.hpp"

#include "config/duration.hpp"
#include "config/keys.hpp"
#include "config/values.hpp"

namespace elector::config {
namespace {

std::string assignment(const KeySpec& key, const Config& config) {
    return std::string(key.leaf()) + " = " + value_text(key, config) + "\n";
}

/// The key table's rows for [[notify]] speak of the last such table, so give it one at a time.
std::string render_notify(const Notify& notify) {
    Config one;
    one.notify.push_back(notify);
    std::string out = "\n[[notify]]\n";
    for (const KeySpec& key : notify_keys()) out += assignment(key, one);
    return out;
}

}  // namespace

std::string render_toml(const Config& config) {
    std::string out;
    std::string_view table;
    for (const KeySpec& key : keys()) {
        if (key.table() != table) {
            table = key.table();
            out += (out.empty() ? "[" : "\n[") + std::string(table) + "]\n";
        }
        out += assignment(key, config);
    }
    for (const Notify& notify : config.notify) out += render_notify(notify);
    return out;
}

std::string target_text(const Notify& notify) {
    if (!notify.command.empty()) return notify.command.front();
    const auto parsed = parse_web_address(notify.url);
    const auto* address = std::get_if<WebAddress>(&parsed);
    return address ? address->server.text() : "";
}

std::string render_targets(const Config& config) {
    std::string out;
    for (const Notify& notify : config.notify) {
        std::string events;
        for (const std::string& event : notify.events) {
            events += (events.empty() ? "" : ", ") + event;
        }
        const std::string format(kNotifyFormats.at(static_cast<std::size_t>(notify.format)));
        out += "  " + std::string(notify.command.empty() ? "posts to " : "runs ") +
               target_text(notify) + ": " + events + "; " + format + ", " +
               format_duration(notify.timeout) + " each" +
               (notify.token.empty() ? "" : ", with a token") + "\n";
    }
    return out.empty() ? "  none\n" : out;
}

}  // namespace elector::config
