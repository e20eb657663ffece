// Owns what groups of one file may not have in common: a name, a range of keys in etcd, a port of a
// node. Internal to this folder. Must never judge one group by itself. Thread rule: values only.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/report.hpp"

namespace elector::config {

/// Filled group by group. Each answers what is wrong, worded to follow the value; "": nothing.
class Claims {
  public:
    std::string name(const std::string& group, Position at);
    std::string key(const std::string& election_key, const std::string& whose);
    std::string port(const Url& url, std::string_view path, const std::string& whose);

    bool is_taken(const Url& url) const { return ports_.contains(on_loopback(url)); }
    /// One port of one host has several names.
    static std::string on_loopback(const Url& url);

  private:
    struct Port {
        std::string path;
        std::string whose;
    };

    std::map<std::string, Position, std::less<>> names_;
    std::map<std::string, std::string, std::less<>> keys_;
    std::map<std::string, Port, std::less<>> ports_;
};

/// Turns web3 = "auto" off where it would ask another group's node too: its tip would end a wait
/// too early. The warning for all of them; its `whose` is empty when there was none.
Problem silence_shared_web3(std::vector<Config>& groups, const Claims& claims);

}  // namespace elector::config
