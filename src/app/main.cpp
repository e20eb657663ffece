// The program: which command, then that command. Exit codes: docs/configuration.md and README.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <sys/prctl.h>

#include "app/closer.hpp"
#include "app/guardian_link.hpp"
#include "app/policy_of.hpp"
#include "app/run.hpp"
#include "app/run_guardian.hpp"
#include "cli/arguments.hpp"
#include "cli/bootstrap.hpp"
#include "cli/check.hpp"
#include "cli/doctor.hpp"
#include "cli/fence.hpp"
#include "cli/group.hpp"
#include "cli/help.hpp"
#include "cli/orders.hpp"
#include "cli/remove.hpp"
#include "cli/resign.hpp"
#include "cli/switchover.hpp"
#include "config/environment.hpp"
#include "config/legacy.hpp"
#include "demo/demo.hpp"

namespace {

using namespace elector;

int refuse(const std::string& text) {
    std::fprintf(stderr, "iotex-elector: %s\n%s", text.c_str(), cli::help_of_all().c_str());
    return 2;
}

int report(const config::LoadResult& loaded) {
    for (const auto& problem : loaded.problems)
        std::fprintf(stderr, "%s\n", problem.render().c_str());
    return 2;
}

std::vector<std::string> notes_of(const config::LoadResult& loaded) {
    std::vector<std::string> lines;
    for (const auto& problem : loaded.spared) lines.push_back(problem.render());
    for (const auto& warning : loaded.warnings) lines.push_back(warning.render());
    return lines;
}

using Arguments = std::vector<std::string>;
using config::Use;

std::optional<app::RunOptions> from_file(const std::string& path, Use use, int& code) {
    const auto environment = config::system_environment();
    auto loaded = config::load_file(path, environment, use);
    if (!loaded.config) {
        code = report(loaded);
        return std::nullopt;
    }
    return app::RunOptions{*loaded.config,
                           [path, environment] { return config::load_file(path, environment); },
                           notes_of(loaded),
                           {"--config", path}};
}

std::optional<app::RunOptions> from_legacy(const Arguments& arguments, Use use, int& code) {
    const auto environment = config::system_environment();
    auto legacy = config::load_legacy(arguments, environment, use);
    if (!legacy.loaded.config) {
        code = report(legacy.loaded);
        return std::nullopt;
    }
    app::RunOptions options{
        *legacy.loaded.config,
        [arguments, environment] { return config::load_legacy(arguments, environment).loaded; },
        notes_of(legacy.loaded), arguments};
    options.notes.insert(options.notes.begin(), legacy.note);
    return options;
}

std::optional<app::RunOptions> from_run(const Arguments& rest, Use use, int& code) {
    std::string path;
    for (std::size_t i = 0; i < rest.size(); ++i) {
        if (rest[i] == "--config" && i + 1 < rest.size()) {
            path = rest[++i];
        } else if (rest[i].rfind("--config=", 0) == 0) {
            path = rest[i].substr(9);
        } else {
            code = refuse("run: unknown argument '" + rest[i] + "'");
            return std::nullopt;
        }
    }
    if (!path.empty()) return from_file(path, use, code);
    code = refuse("run: --config FILE is missing");
    return std::nullopt;
}

std::optional<app::RunOptions> from_either(const Arguments& arguments, Use use, int& code) {
    const bool legacy = config::is_legacy_command_line(arguments);
    return legacy ? from_legacy(arguments, use, code) : from_run(arguments, use, code);
}

int run(const Arguments& arguments) {
    int code = 0;
    auto options = from_either(arguments, Use::kRun, code);
    return options ? app::run_service(std::move(*options)) : code;
}

/// The guardian's child. It is given the nodes that are guarded, then what the guardian was given.
int run_elector(const Arguments& rest) {
    int code = 0;
    if (rest.empty() || !app::adopt_link(guardian::kLinkFd))
        return refuse("elector: only a guardian starts it");
    auto options = from_either({rest.begin() + 1, rest.end()}, Use::kRun, code);
    if (!options) return code;
    const auto& config = options->config;
    const auto wards = app::wards_text(config);
    if (wards != rest.front())
        return refuse(config.groups.empty()
                          ? "cannot change node.admin from " + rest.front() + " to " + wards +
                                " under a running guardian; restart the service, or take the "
                                "change back"
                          : "cannot add, remove or move a group, or change its node.admin, under a "
                            "running guardian, which guards " +
                                rest.front() + "; restart the service, or take the change back");
    if (!app::adopt_locks(guardian::kLockFd, config.each().size()))
        return refuse("elector: only a guardian starts it");
    options->has_guardian = true;
    return app::run_service(std::move(*options));
}

cli::Means means() {
    std::random_device device;
    const auto seed = (static_cast<std::uint64_t>(device()) << 32) ^ device();
    return cli::Means{app::etcd_options_of, app::fence_node, app::node_endpoints_of, seed};
}

/// The guardian's other child, that records in etcd what the guardian did.
int run_closer(Arguments rest) {
    int code = 0;
    const auto orders = guardian::take_orders(rest);
    if (orders.empty()) return refuse("close-holding: only a guardian starts it");
    const auto options = from_either(rest, Use::kRecord, code);
    if (!options) return code;
    std::vector<const config::Config*> configs;
    for (const auto& order : orders) {
        configs.push_back(options->config.find(order.group));
        if (!configs.back())
            std::fprintf(stderr,
                         "iotex-elector: close-holding: the configuration has no usable group %s; "
                         "nothing was recorded of it; take the change back\n",
                         order.group.c_str());
    }
    return app::close_holdings(orders, configs, means(), options->notes);
}

int print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    return 0;
}

/// `help [COMMAND]`, `help --man`.
int help(const Arguments& rest) {
    if (rest.empty()) return print(cli::help_of_all());
    if (rest.front() == "--man") return print(cli::man_page(ELECTOR_VERSION));
    const auto* row = cli::find_command(rest.front());
    if (row) return print(cli::help_of(*row));
    return refuse("help: there is no command '" + rest.front() + "'");
}

int completion(const Arguments& rest) {
    const auto text = rest.size() == 1 ? cli::completion(rest.front()) : std::nullopt;
    if (text) return print(*text);
    return refuse("completion: name a shell: bash, zsh or fish");
}

/// All is closed and said. What is left is the gRPC library's own shutdown, which was seen to hang
/// now and then.
[[noreturn]] void leave(int code) {
    std::fflush(nullptr);
    std::_Exit(code);
}

}  // namespace

int main(int argc, char** argv) {
    // Whoever starts us may have left other ones. An ignored SIGCHLD would leave nothing to wait
    // for; a reader of the log that is gone must end nobody.
    std::signal(SIGCHLD, SIG_DFL);
    std::signal(SIGPIPE, SIG_IGN);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (config::is_legacy_command_line(arguments)) return run(arguments);
    if (arguments.empty()) return refuse("no command given");
    const auto& command = arguments.front();
    const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
    if (cli::find_command(command) && cli::asks_for_help(rest)) return help({command});
    if (command == "run") return run(rest);
    // The guardian starts both by a descriptor, whose number the kernel takes for their name.
    if (command == "elector" || command == "close-holding") ::prctl(PR_SET_NAME, command.c_str());
    if (command == "elector") return run_elector(rest);
    if (command == "close-holding") leave(run_closer(rest));
    if (command == "check") return cli::check(rest);
    if (command == "bootstrap") leave(cli::bootstrap(rest, means()));
    if (command == "fence") leave(cli::fence(rest, means()));
    if (command == "status") leave(cli::status(rest, means()));
    if (command == "history") leave(cli::history(rest, means()));
    if (command == "explain") leave(cli::explain(rest, means()));
    if (command == "pause") leave(cli::pause(rest, means()));
    if (command == "resume") leave(cli::resume(rest, means()));
    if (command == "switchover") leave(cli::switchover(rest, means()));
    if (command == "drill") leave(cli::drill(rest, means()));
    if (command == "remove") leave(cli::remove(rest, means()));
    if (command == "resign") leave(cli::resign(rest));
    if (command == "rejoin") leave(cli::rejoin(rest));
    if (command == "doctor") leave(cli::doctor(rest, means()));
    if (command == "completion") return completion(rest);
    if (command == "demo") return demo::demo(rest);
    if (command == "version" || command == "--version") {
        std::printf("iotex-elector %s\n", ELECTOR_VERSION);
        return 0;
    }
    if (command == "help" || command == "--help" || command == "-h") return help(rest);
    return refuse("unknown command '" + command + "'");
}
