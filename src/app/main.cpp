// The program: which command, then that command. Exit codes: docs/configuration.md and README.
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "app/policy_of.hpp"
#include "app/run.hpp"
#include "cli/bootstrap.hpp"
#include "cli/check.hpp"
#include "cli/fence.hpp"
#include "config/environment.hpp"
#include "config/legacy.hpp"
#include "demo/demo.hpp"

namespace {

using namespace elector;

constexpr const char* kUsage =
    "usage: iotex-elector COMMAND\n"
    "  run --config FILE     the service, in the foreground; logs to stderr\n"
    "  check FILE            validates a configuration, prints effective values and the time "
    "budget\n"
    "  check --from-flags -etcd=URL ...   prints the TOML for an older elector's command line\n"
    "  bootstrap --members a,b,c [--accept-cluster] [--yes] --config FILE\n"
    "                        first start of a group without the waiting\n"
    "  bootstrap --accept-cluster --config FILE   lets this host use a replaced etcd\n"
    "  fence --confirmed-dead NAME|key:HEX [--yes] --config FILE\n"
    "                        vouches that a node whose standby nobody could confirm cannot sign\n"
    "  demo                  three members on an embedded etcd and simulated nodes\n"
    "  version               prints the version\n"
    "An older elector's command line (-etcd=URL -iotexAdmin=URL -iotexProbe=URL -key=K "
    "-value=NAME) runs too.\n";

int refuse(const std::string& text) {
    std::fprintf(stderr, "iotex-elector: %s\n%s", text.c_str(), kUsage);
    return 2;
}

int report(const config::LoadResult& loaded) {
    for (const auto& problem : loaded.problems)
        std::fprintf(stderr, "%s\n", problem.render().c_str());
    return 2;
}

std::vector<std::string> rendered(const std::vector<config::Problem>& warnings) {
    std::vector<std::string> lines;
    for (const auto& w : warnings) lines.push_back(w.render());
    return lines;
}

int run_file(const std::string& path) {
    const auto environment = config::system_environment();
    auto loaded = config::load_file(path, environment);
    if (!loaded.config) return report(loaded);
    app::RunOptions options{*loaded.config,
                            [path, environment] { return config::load_file(path, environment); },
                            rendered(loaded.warnings)};
    return app::run_service(std::move(options));
}

int run_legacy(const std::vector<std::string>& arguments) {
    const auto environment = config::system_environment();
    auto legacy = config::load_legacy(arguments, environment);
    if (!legacy.loaded.config) return report(legacy.loaded);
    app::RunOptions options{
        *legacy.loaded.config,
        [arguments, environment] { return config::load_legacy(arguments, environment).loaded; },
        rendered(legacy.loaded.warnings)};
    options.notes.insert(options.notes.begin(), legacy.note);
    return app::run_service(std::move(options));
}

int run(const std::vector<std::string>& rest) {
    std::string path;
    for (std::size_t i = 0; i < rest.size(); ++i) {
        if (rest[i] == "--config" && i + 1 < rest.size()) {
            path = rest[++i];
        } else if (rest[i].rfind("--config=", 0) == 0) {
            path = rest[i].substr(9);
        } else {
            return refuse("run: unknown argument '" + rest[i] + "'");
        }
    }
    if (path.empty()) return refuse("run: --config FILE is missing");
    return run_file(path);
}

cli::Means means() {
    std::random_device device;
    const auto seed = (static_cast<std::uint64_t>(device()) << 32) ^ device();
    return cli::Means{app::etcd_options_of, seed};
}

/// All is closed and said. What is left is the gRPC library's own shutdown, which was seen to hang
/// now and then.
[[noreturn]] void leave(int code) {
    std::fflush(nullptr);
    std::_Exit(code);
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (config::is_legacy_command_line(arguments)) return run_legacy(arguments);
    if (arguments.empty()) return refuse("no command given");
    const auto& command = arguments.front();
    const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
    if (command == "run") return run(rest);
    if (command == "check") return cli::check(rest);
    if (command == "bootstrap") leave(cli::bootstrap(rest, means()));
    if (command == "fence") leave(cli::fence(rest, means()));
    if (command == "demo") return demo::demo(rest);
    if (command == "version" || command == "--version") {
        std::printf("iotex-elector %s\n", ELECTOR_VERSION);
        return 0;
    }
    if (command == "help" || command == "--help" || command == "-h") {
        std::fputs(kUsage, stdout);
        return 0;
    }
    return refuse("unknown command '" + command + "'");
}
