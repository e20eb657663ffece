#include "config/reload.hpp"

#include <algorithm>
#include <tuple>

#include "config/text.hpp"

namespace elector::config {
namespace {

bool is_refused(const Change& change) { return change.when == ReloadClass::kRefused; }

auto certificates(const Etcd& etcd) { return std::tie(etcd.ca_pem, etcd.cert_pem, etcd.key_pem); }

constexpr const char* kTables = "group";

std::string tables_text(const std::string& from, const std::string& to) {
    return "cannot add, remove, rename or reorder [[group]] tables in a running elector: " + from +
           " -> " + to + "; nothing was changed; restart the service, or take the change back";
}

std::vector<std::string_view> names(const Config& file) {
    std::vector<std::string_view> out;
    for (const Config& one : file.groups) out.emplace_back(one.group);
    return out;
}

/// "east, west", cut to what a line can hold.
std::string list_of(const Config& file) {
    constexpr std::size_t most = 8;
    std::string out;
    for (std::size_t i = 0; i < std::min(most, file.groups.size()); ++i)
        out += (i > 0 ? ", " : "") + quoted(file.groups[i].group);
    if (file.groups.size() > most)
        out += " and " + std::to_string(file.groups.size() - most) + " more";
    return out.empty() ? "none" : out;
}

void compare_key(const KeySpec& key, const Config& before, const Config& after, ReloadPlan& plan) {
    std::string from = value_text(key, before);
    std::string to = value_text(key, after);
    if (from == to) return;
    plan.changes.push_back(
        {std::string(key.path), std::move(from), std::move(to), key.reload, after.group});
}

void compare(const Config& before, const Config& after, ReloadPlan& plan) {
    for (const KeySpec& key : keys()) compare_key(key, before, after, plan);
}

void compare_table(std::string_view table, const Config& before, const Config& after,
                   ReloadPlan& plan) {
    for (const KeySpec& key : keys())
        if (key.table() == table) compare_key(key, before, after, plan);
}

bool same_tables(const Config& a, const Config& b) {
    return a.election == b.election && a.node == b.node && a.health == b.health &&
           a.fence == b.fence;
}

}  // namespace

std::string Change::render() const {
    const std::string whose = group.empty() ? "" : "group " + quoted(group) + ": ";
    const std::string what = path + ": " + from + " -> " + to;
    switch (when) {
        case ReloadClass::kLive:
            return whose + what + ", from now on";
        case ReloadClass::kNextHolding:
            return whose + what + ", from the next holding on";
        case ReloadClass::kRefused:
            if (path == kTables) return tables_text(from, to);
            return whose + "cannot change " + what +
                   " in a running elector; nothing was changed; "
                   "restart it, or take the change back";
    }
    return what;
}

bool ReloadPlan::refused() const { return std::any_of(changes.begin(), changes.end(), is_refused); }

std::vector<std::string> ReloadPlan::messages() const {
    const bool only_refused = refused();
    std::vector<std::string> out;
    for (const Change& change : changes) {
        if (!only_refused || is_refused(change)) out.push_back(change.render());
    }
    return out;
}

ReloadPlan diff(const Config& running, const Config& loaded) {
    ReloadPlan plan;
    if (names(running) != names(loaded)) {
        plan.changes.push_back({kTables, list_of(running), list_of(loaded), ReloadClass::kRefused});
        return plan;
    }
    compare(running, loaded, plan);
    for (std::size_t i = 0; i < running.groups.size(); ++i) {
        const Config& before = running.groups[i];
        const Config& after = loaded.groups[i];
        if (same_tables(before, after)) continue;  // the usual case of a thousand
        for (const std::string_view table : group_table_names())
            compare_table(table, before, after, plan);
    }
    const auto hidden = [&plan](std::string path, bool same) {
        if (same) return;
        plan.changes.push_back({std::move(path), "(hidden)", "(hidden)", ReloadClass::kLive});
    };
    hidden("etcd certificates", certificates(running.etcd) == certificates(loaded.etcd));
    hidden("etcd.password", running.etcd.password == loaded.etcd.password);
    hidden("api.token", running.api.token == loaded.api.token);
    hidden("notify", running.notify == loaded.notify);
    return plan;
}

}  // namespace elector::config
