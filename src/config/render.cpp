#include "config/render.hpp"

#include "config/keys.hpp"

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

}  // namespace elector::config
