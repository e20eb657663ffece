// elector-checker: reads signing logs, reports, and judges. Exit 0: no double signature; 1: there
// is one; 2: bad input (whatever the rest says).
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "simnode/checker/log_line.hpp"
#include "simnode/checker/render.hpp"

namespace {

using elector::checker::Log;

constexpr int kSafe = 0;
constexpr int kUnsafe = 1;
constexpr int kBadInput = 2;

int usage(std::FILE* to, int code) {
    std::fputs(
        "usage: elector-checker [--json] LOG...\n"
        "Reads signing logs (one JSON object a line; \"-\" is standard input) and reports double\n"
        "signatures, overlapping active flags, late emissions and gaps.\n"
        "Exit: 0 no double signature, 1 double signature, 2 bad input.\n",
        to);
    return code;
}

/// True when every line was good.
bool read(std::istream& in, const std::string& name, Log& log) {
    bool good = true;
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        const std::string error = log.add(line);
        if (error.empty()) continue;
        good = false;
        std::fprintf(stderr, "%s:%zu: %s\n", name.c_str(), number, error.c_str());
    }
    if (!in.bad()) return good;
    std::fprintf(stderr, "elector-checker: cannot read %s to its end\n", name.c_str());
    return false;
}

bool read_file(const std::string& name, Log& log) {
    if (name == "-") return read(std::cin, "<stdin>", log);
    std::ifstream file(name);
    if (file) return read(file, name, log);
    std::fprintf(stderr, "elector-checker: cannot open %s\n", name.c_str());
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    bool json = false;
    std::vector<std::string> files;
    for (int i = 1; i < argc; ++i) {
        const std::string_view arg = argv[i];
        if (arg == "--json") {
            json = true;
        } else if (arg == "--help" || arg == "-h") {
            return usage(stdout, kSafe);
        } else if (arg.starts_with("-") && arg != "-") {
            return usage(stderr, kBadInput);
        } else {
            files.emplace_back(arg);
        }
    }
    if (files.empty()) return usage(stderr, kBadInput);
    Log log;
    bool good = true;
    for (const std::string& f : files) good = read_file(f, log) && good;
    const auto report = log.check();
    const std::string text = json ? elector::checker::render_json(report, log.names()) + "\n"
                                  : elector::checker::render_text(report, log.names());
    std::fputs(text.c_str(), stdout);
    if (!good) return kBadInput;
    return report.safe() ? kSafe : kUnsafe;
}
