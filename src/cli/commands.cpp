#include "cli/commands.hpp"

#include <algorithm>
#include <stdexcept>

namespace elector::cli {
namespace {

constexpr Option kConfig{"--config", "FILE",
                         "the configuration; without it /etc/iotex-elector/elector.toml"};
constexpr Option kConfigNeeded{"--config", "FILE", "the configuration"};
constexpr Option kGroup{"--group", "NAME", "one group of a file that has [[group]] tables"};
constexpr Option kJson{"--json", "", "prints JSON instead of text (docs/commands.md)"};
constexpr Option kYes{"--yes", "", "does not ask"};
constexpr Exit kDone{0, "done"};
constexpr Exit kShown{0, "shown"};
constexpr Exit kFailed{1, "refused or failed; the reason is on standard error"};
constexpr Exit kWrong{2, "a wrong command line or configuration"};
constexpr std::string_view kThroughEtcd =
    "Goes through etcd: it runs on any host that reaches it and needs no running elector.";

constexpr std::string_view kThroughApi =
    "Goes to the elector of this host, through its API at api.listen, with the token of the "
    "configuration.";

Command run_command() {
    return {"run",
            {"--config FILE"},
            "the service, in the foreground; logs to stderr",
            {"Starts the guardian, and the elector as its child. SIGTERM and SIGINT hand over and "
             "end it, SIGHUP reloads the configuration, SIGUSR1 logs what it knows.",
             "The command line of an older elector runs too: -etcd=URL -iotexAdmin=URL "
             "-iotexProbe=URL -key=K -value=NAME."},
            {kConfigNeeded},
            {},
            {{0, "ended in order"},
             {1, "could not start, or could not go on"},
             kWrong,
             {3, "the drain took longer than allowed"},
             {70, "an invariant was broken"}}};
}

Command check_command() {
    return {"check",
            {"FILE", "--from-flags -etcd=URL ..."},
            "validates a configuration, prints effective values and the time budget",
            {"All problems are told at once, with line and column. With --from-flags it prints the "
             "configuration that an older elector's command line stands for."},
            {{"--from-flags", "", "what follows is an older elector's command line"}},
            "FILE",
            {{0, "it can be used"}, {2, "it cannot"}}};
}

Command doctor_command() {
    return {
        "doctor",
        {"[--json] [--group NAME] [--config FILE]"},
        "set-up mistakes before they cost a block, each with its remedy",
        {"Asks the node, every etcd endpoint, the group and this host, and ends with a "
         "verdict. Every question has a time-out of its own. Nothing is changed by it: it "
         "asks etcd for a lease without keys, and gives it back.",
         "Run it on each host of the group, as the user of the service. Of a file with groups it "
         "examines all of them, unless one is named."},
        {kJson, kGroup, kConfig},
        {},
        {{0, "nothing wrong, or warnings only"}, {1, "at least one error"}, kWrong}};
}

Command bootstrap_command() {
    return {"bootstrap",
            {"--members a,b,c [--accept-cluster] [--yes] [--group NAME] "
             "[--config FILE]",
             "--accept-cluster [--yes] [--group NAME] [--config FILE]"},
            "first start of a group without the waiting; accepts a replaced etcd",
            {"Every member that is named must be registered and show a standby that was verified "
             "after the command; then the first holder record is created. Refused if there is one. "
             "Goes through etcd.",
             "--accept-cluster lets this host use an etcd that was replaced."},
            {{"--members", "NAMES", "every member of the group, separated by commas"},
             {"--accept-cluster", "", "pins the etcd cluster that answers, for this host"},
             kYes,
             kGroup,
             kConfig},
            {},
            {kDone, kFailed, kWrong}};
}

Command fence_command() {
    return {"fence",
            {"[--force] [--group NAME] --config FILE",
             "--confirmed-dead NAME|key:HEX [--yes] [--group NAME] --config FILE"},
            "brings the node of this host to standby, and says whether it is",
            {"Needs no etcd. With --confirmed-dead it goes through etcd instead: you vouch that a "
             "node whose standby nobody could confirm cannot sign.",
             "Of a file with groups it fences the nodes of all, side by side, unless one is named; "
             "--confirmed-dead needs the name."},
            {{"--force", "", "also under a running elector, and for an observer"},
             {"--confirmed-dead", "NAME", "the member, or the last part of a foreign key"},
             kYes,
             kGroup,
             kConfig},
            {},
            {{0, "standby or dead, confirmed; with --confirmed-dead: recorded"}, kFailed, kWrong}};
}

Command status_command() {
    return {
        "status",
        {"[--watch] [--json] [--group NAME] [--config FILE]"},
        "who signs, verified",
        {"Members, roles, the verified state of each node with its age, lag, queue and pause.",
         "With --watch it goes on: redrawn once a second on a terminal, elsewhere printed at "
         "each change, until it is ended by Ctrl-C or SIGTERM (exit code 0).",
         "Of a file with groups it shows all of them, one line each, unless one is named; --watch "
         "needs the name. The exit code is then 0 only if every group has exactly one.",
         kThroughEtcd},
        {{"--watch", "", "goes on until Ctrl-C"}, kJson, kGroup, kConfig},
        {},
        {{0, "exactly one node is verified active"},
         {1, "none is, or it is not known"},
         kWrong,
         {4, "more than one is"}}};
}

Command history_command() {
    return {"history",
            {"[--json] [--group NAME] [--config FILE]"},
            "changes of the lead: when, from, to, why, by whom, phases",
            {"The last 100, newest first.", kThroughEtcd},
            {kJson, kGroup, kConfig},
            {},
            {kShown, kFailed, kWrong}};
}

Command explain_command() {
    return {"explain",
            {"[--json] [--group NAME] [--config FILE]"},
            "why this member leads or does not, and what would change it",
            {"One sentence for each condition, with its code and what would change it.",
             "Of a file with groups it explains all of them, unless one is named.", kThroughEtcd},
            {kJson, kGroup, kConfig},
            {},
            {kShown, kFailed, kWrong}};
}

Command pause_command() {
    return {"pause",
            {"--reason TEXT [--for DURATION] [--json] [--group NAME] [--config FILE]"},
            "nobody takes over until resume; who leads goes on",
            {"A lead that is lost meanwhile is taken by nobody: the delegate is then silent.",
             kThroughEtcd},
            {{"--reason", "TEXT", "is shown to everybody who asks for the status"},
             {"--for", "DURATION", "ends the pause by itself: 90s, 30m, 2h, up to 720h"},
             kJson,
             kGroup,
             kConfig},
            {},
            {kDone, kFailed, kWrong}};
}

Command resume_command() {
    return {"resume",
            {"[--json] [--group NAME] [--config FILE]"},
            "ends a pause",
            {kThroughEtcd},
            {kJson, kGroup, kConfig},
            {},
            {{0, "done, also when there was no pause"}, kFailed, kWrong}};
}

constexpr Option kTo{"--to", "NAME", "the member; without it the one that would be next"};

Command switchover_command() {
    return {
        "switchover",
        {"[--to NAME] [--at best] [--dry-run] [--yes] [--json] [--group NAME] "
         "[--config FILE]"},
        "hands the lead over, and returns when that is verified",
        {"Shows its plan and what speaks against it, asks, orders, and waits until the target's "
         "node is verified active.",
         kThroughEtcd},
        {kTo,
         {"--at", "best", "right after our own block, where that can be known"},
         {"--dry-run", "", "shows the plan and orders nothing"},
         kYes,
         kJson,
         kGroup,
         kConfig},
        {},
        {{0, "the target's node is verified active; with --dry-run: nothing speaks against it"},
         {1, "anything else; the reason is on standard error"},
         kWrong}};
}

Command drill_command() {
    return {"drill",
            {"[--to NAME] [--yes] [--json] [--group NAME] [--config FILE]"},
            "a real hand-over there and back, measured against the budget",
            {kThroughEtcd},
            {kTo, kYes, kJson, kGroup, kConfig},
            {},
            {{0, "both are verified"}, {1, "anything else"}, kWrong}};
}

Command remove_command() {
    return {"remove",
            {"NAME [--yes] [--json] [--group NAME] [--config FILE]"},
            "forgets a member that is gone for good",
            {kThroughEtcd},
            {kYes, kJson, kGroup, kConfig},
            "NAME",
            {{0, "nothing of it is left"}, kFailed, kWrong}};
}

Command resign_command() {
    return {"resign",
            {"[--wait] [--json] [--group NAME] [--config FILE]"},
            "hands over if it leads, and leaves the lead to others until rejoin",
            {kThroughApi},
            {{"--wait", "", "returns when another is verified active"}, kJson, kGroup, kConfig},
            {},
            {kDone, kFailed, kWrong}};
}

Command rejoin_command() {
    return {"rejoin",
            {"[--json] [--group NAME] [--config FILE]"},
            "ends what resign began",
            {kThroughApi},
            {kJson, kGroup, kConfig},
            {},
            {{0, "done, also when it had not resigned"}, kFailed, kWrong}};
}

Command demo_command() {
    return {"demo",
            {"[--profile fast|standard] [--unattended] [--log FILE]"},
            "three members on an embedded etcd and simulated nodes",
            {"Shows all of it live in the terminal; keys kill, freeze and cut off. Needs the "
             "program etcd, and leaves nothing behind."},
            {{"--profile", "fast|standard", "timing of the election"},
             {"--unattended", "", "no keys: one hand-over of each kind, then a summary"},
             {"--log", "FILE", "appends what the members log, as JSON"}},
            {},
            {{0, "every hand-over was in time and nothing was signed twice"}, kFailed, kWrong}};
}

Command completion_command() {
    return {"completion",
            {"bash|zsh|fish"},
            "prints a shell's completions",
            {"The package installs them. Elsewhere: source <(iotex-elector completion bash)."},
            {},
            "bash|zsh|fish",
            {kDone, kWrong}};
}

Command help_command() {
    return {"help",
            {"[COMMAND]", "--man"},
            "what there is, or all about one command",
            {"The same as COMMAND --help."},
            {{"--man", "", "prints the source of the manual page"}},
            "COMMAND",
            {kDone, kWrong}};
}

Command version_command() { return {"version", {""}, "prints the version", {}, {}, {}, {kDone}}; }

constexpr std::size_t kUsageColumn = 7;  // what stands behind "usage: "
constexpr std::size_t kUsageWidth = 100;

/// What is too wide goes on below its first option.
std::string fitted(std::string_view form, std::size_t column) {
    if (column + form.size() <= kUsageWidth) return std::string(form);
    const auto cut = form.rfind(" [", kUsageWidth - column);
    if (cut == std::string_view::npos) return std::string(form);
    return std::string(form.substr(0, cut)) + "\n" + std::string(column, ' ') +
           fitted(form.substr(cut + 1), column);
}

}  // namespace

const std::vector<Command>& commands() {
    static const std::vector<Command> all = {
        run_command(),        check_command(),  doctor_command(),     bootstrap_command(),
        fence_command(),      status_command(), history_command(),    explain_command(),
        pause_command(),      resume_command(), switchover_command(), drill_command(),
        remove_command(),     resign_command(), rejoin_command(),     demo_command(),
        completion_command(), help_command(),   version_command(),
    };
    return all;
}

const Command* find_command(std::string_view name) {
    const auto& all = commands();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Command& c) { return c.name == name; });
    return found == all.end() ? nullptr : &*found;
}

const Command& command(std::string_view name) {
    const auto* found = find_command(name);
    if (!found) throw std::logic_error("no row for " + std::string(name));
    return *found;
}

std::string usage_of(const Command& c) {
    std::string text;
    for (const auto form : c.forms) {
        if (!text.empty()) text += "\n" + std::string(kUsageColumn, ' ');
        const auto name = "iotex-elector " + std::string(c.name);
        text += form.empty() ? name : name + " " + fitted(form, kUsageColumn + name.size() + 1);
    }
    return text;
}

}  // namespace elector::cli
