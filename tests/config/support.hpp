// Owns what the tests of the configuration share: an environment made of values, a shorter load().
// Must never read the real environment. Thread rule: values only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "config/environment.hpp"
#include "config/load.hpp"
#include "config/pem.hpp"

namespace elector::config::testing {

struct FakeFile {
    std::string text;
    unsigned mode = 0600;
    bool regular = true;
    bool readable = true;
    bool executable = false;
};

/// A machine that is only values; its host is called "host-1".
struct FakeMachine {
    std::string host_name = "host-1";
    std::map<std::string, std::string> variables;
    std::map<std::string, FakeFile> files;
    std::int64_t now_seconds = kValidAt;

    Environment environment() const {
        Environment out = empty_environment();
        out.host_name = host_name;
        out.unix_seconds = [this] { return now_seconds; };
        out.variable = [this](const std::string& name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            if (found == variables.end()) return std::nullopt;
            return found->second;
        };
        out.inspect = [this](const std::string& path) {
            const auto found = files.find(path);
            FileFacts facts;
            if (found == files.end()) {
                facts.error = "No such file or directory";
                return facts;
            }
            const FakeFile& file = found->second;
            return FileFacts{"", file.regular, file.readable, file.executable, file.mode};
        };
        out.read = [this](const std::string& path) -> std::optional<std::string> {
            const auto found = files.find(path);
            if (found == files.end() || !found->second.readable) return std::nullopt;
            return found->second.text;
        };
        return out;
    }
};

inline LoadResult load_on(const FakeMachine& machine, std::string_view text) {
    return load(text, "elector.toml", machine.environment());
}

inline LoadResult load_text(std::string_view text) { return load_on(FakeMachine{}, text); }

inline std::vector<std::string> rendered(const std::vector<Problem>& problems) {
    std::vector<std::string> out;
    for (const Problem& problem : problems) out.push_back(problem.render());
    return out;
}

inline std::vector<std::string> problems_of(std::string_view text) {
    return rendered(load_text(text).problems);
}

inline std::vector<std::string> warnings_of(std::string_view text) {
    return rendered(load_text(text).warnings);
}

using Lines = std::vector<std::string>;

}  // namespace elector::config::testing

namespace doctest {

/// Lists of messages one under the other when a comparison fails.
template <>
struct StringMaker<std::vector<std::string>> {
    static String convert(const std::vector<std::string>& lines) {
        std::string out = "\n";
        for (const std::string& line : lines) out += "    " + line + "\n";
        return String(out.c_str());
    }
};

}  // namespace doctest
