#include "config/reload.hpp"

#include <algorithm>
#include <tuple>

namespace elector::config {
namespace {

bool is_refused(const Change& change) { return change.when == ReloadClass::kRefused; }

auto certificates(const Etcd& etcd) { return std::tie(etcd.ca_pem, etcd.cert_pem, etcd.key_pem); }

}  // namespace

std::string Change::render() const {
    const std::string what = path + ": " + from + " -> " + to;
    switch (when) {
        case ReloadClass::kLive:
            return what + ", from now on";
        case ReloadClass::kNextHolding:
            return what + ", from the next holding on";
        case ReloadClass::kRefused:
            return "cannot change " + what +
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
    for (const KeySpec& key : keys()) {
        std::string from = value_text(key, running);
        std::string to = value_text(key, loaded);
        if (from == to) continue;
        plan.changes.push_back({std::string(key.path), std::move(from), std::move(to), key.reload});
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
