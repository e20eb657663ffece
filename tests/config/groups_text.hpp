// Owns texts of files with [[group]] tables for tests. Must never judge one. Thread rule: values
// only.
#pragma once

#include <string>

namespace elector::config::testing {

/// A whole [[group]] table with ports of its own, `number` from 0; `more` is put into
/// [group.election].
inline std::string group_text(const std::string& name, int number, const std::string& more = "") {
    const auto port = [number](int base) {
        return "\"http://127.0.0.1:" + std::to_string(base + number) + "\"\n";
    };
    return "[[group]]\nname = \"" + name + "\"\n[group.election]\nkey = \"/" + name + "\"\n" +
           more + "[group.node]\nadmin = " + port(10'000) + "probe = " + port(20'000) +
           "web3 = " + port(30'000);
}

inline std::string many_groups(int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += group_text("g" + std::to_string(i), i);
    return out;
}

}  // namespace elector::config::testing
