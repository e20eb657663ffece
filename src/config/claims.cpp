#include "config/claims.hpp"

#include "config/text.hpp"

namespace elector::config {
namespace {

/// The place of the first of `keys` that lies in what `key` keeps in etcd: under it, or under its
/// records.
template <class Keys>
auto first_below(const Keys& keys, const std::string& key) {
    for (const std::string& range : {key + ".d/", key + "/"}) {
        const auto at = keys.lower_bound(range);
        if (at != keys.end() && at->first.starts_with(range)) return at;
    }
    return keys.end();
}

/// The key that has `key` among what it keeps.
template <class Keys>
auto first_above(const Keys& keys, std::string_view key) {
    for (std::size_t end = key.find('/'); end != std::string_view::npos;
         end = key.find('/', end + 1)) {
        std::string_view head = key.substr(0, end);
        auto at = keys.find(head);
        if (at == keys.end() && head.ends_with(".d")) {
            head.remove_suffix(2);
            at = keys.find(head);
        }
        if (at != keys.end()) return at;
    }
    return keys.end();
}

}  // namespace

std::string Claims::name(const std::string& group, Position at) {
    const auto [found, fresh] = names_.try_emplace(group, at);
    if (fresh) return "";
    return "is the name of the group at line " + std::to_string(found->second.line) +
           " too; each needs its own";
}

std::string Claims::key(const std::string& election_key, const std::string& whose) {
    const auto [same, fresh] = keys_.try_emplace(election_key, whose);
    if (!fresh) return "is the key of " + same->second + " too; each group needs its own";
    const std::string tail = "; what one keeps in etcd would be taken for the other's";
    auto other = first_above(keys_, election_key);
    if (other != keys_.end())
        return "lies below " + quoted(other->first) + " of " + other->second + tail;
    other = first_below(keys_, election_key);
    if (other != keys_.end())
        return "lies above " + quoted(other->first) + " of " + other->second + tail;
    return "";
}

std::string Claims::on_loopback(const Url& url) {
    const bool name = host_kind(url.host) == HostKind::kLocalhostName;
    const bool v6 =
        url.host.find(':') != std::string::npos && host_kind(url.host) == HostKind::kLoopback;
    return (name || v6 ? "127.0.0.1" : url.host) + ":" + std::to_string(url.port);
}

std::string Claims::port(const Url& url, std::string_view path, const std::string& whose) {
    const auto [found, fresh] =
        ports_.try_emplace(on_loopback(url), Port{std::string(path), whose});
    const Port& port = found->second;
    if (fresh || port.whose == whose) return "";
    return "is " + port.path + " of " + port.whose + " too; a node serves one group";
}

Problem silence_shared_web3(std::vector<Config>& groups, const Claims& claims) {
    const auto asks = [](const Config& c) { return c.node.web3_mode == Web3Mode::kAuto; };
    std::map<std::string, std::size_t> askers;
    for (const Config& c : groups)
        if (asks(c)) ++askers[Claims::on_loopback(c.node.web3)];
    Problem warning;
    std::size_t silenced = 0;
    for (Config& c : groups) {
        const bool alone = !asks(c) || (askers[Claims::on_loopback(c.node.web3)] == 1 &&
                                        !claims.is_taken(c.node.web3));
        if (alone) continue;
        if (++silenced == 1) {
            warning.whose = "group " + quoted(c.group);
            warning.path = "node.web3";
            warning.message = "node.web3 = \"auto\" would ask " + c.node.web3.authority() +
                              ", as another group would, and is off: hand-overs wait the whole "
                              "settle time; write the address of each group's own node";
        }
        c.node.web3_mode = Web3Mode::kOff;
        c.node.web3 = Url{};
    }
    if (silenced > 1) warning.whose += " and " + std::to_string(silenced - 1) + " more";
    return warning;
}

}  // namespace elector::config
