#include "app/run_guardian.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "app/fence_runner.hpp"
#include "app/guardian_link.hpp"
#include "app/guardian_program.hpp"
#include "app/plain_log.hpp"
#include "app/policy_of.hpp"
#include "guardian/process.hpp"

namespace elector::app {
namespace {

guardian::Options options_of(const RunOptions& run) {
    guardian::Options options;
    for (const auto& c : run.config.each()) {
        guardian::WardOptions ward;
        ward.group = c.group;
        ward.admin = address_of(c.node.admin);
        ward.probe = address_of(c.node.probe);
        ward.bounds = bounds_of(policy_of(c, {}));
        ward.set_timeout = c.node.request_timeout;
        ward.fence_identity = fence_identity_of(c);
        ward.fence = guardian::KeptWords(fence_words_of(c));
        options.wards.push_back(std::move(ward));
    }
    options.elector = {"iotex-elector", "elector", wards_text(run.config)};
    options.elector.insert(options.elector.end(), run.arguments.begin(), run.arguments.end());
    options.closer_tail = run.arguments;
    options.version = std::string(version());
    return options;
}

std::vector<std::string> nodes_of(const config::Config& config) {
    std::vector<std::string> nodes;
    for (const auto& c : config.each()) nodes.push_back(c.node.admin.text());
    return nodes;
}

std::string_view said(guardian::Answer answer) {
    switch (answer) {
        case guardian::Answer::kActive:
            return "it answers that it is active";
        case guardian::Answer::kStandby:
            return "it answers that it is standby, but has not for long enough";
        case guardian::Answer::kRefused:
            return "its admin port refuses, but not both of its ports";
        case guardian::Answer::kDone:
        case guardian::Answer::kFailed:
            break;
    }
    return "its admin port does not answer";
}

int tell_fenced(const std::string& node, const guardian::Fenced& fenced) {
    const double seconds = std::chrono::duration<double>(fenced.took).count();
    if (fenced.certain) {
        std::printf("fenced: the node of %s %s (%.1f s)\n", node.c_str(),
                    fenced.dead ? "is dead: both its ports refuse" : "is confirmed standby",
                    seconds);
        return 0;
    }
    std::fprintf(
        stderr,
        "iotex-elector: cannot confirm that the node of %s is standby: %s; after %.1f s it "
        "may still be signing; end its process\n",
        node.c_str(), std::string(said(fenced.last)).c_str(), seconds);
    return 1;
}

}  // namespace

void tell_locked(const Log& log, const config::Config& config, const std::string& why) {
    log(Level::kError, "node_locked",
        {{"node", config.node.admin.text()}, {"error", guardian::cannot_take(why)}});
}

std::string wards_text(const config::Config& config) {
    std::string text;
    for (const auto& c : config.each()) {
        if (!text.empty()) text += ',';
        text += (c.group.empty() ? "" : c.group + "=") + c.node.admin.text();
    }
    return text;
}

int run_guardian(const RunOptions& options) {
    const auto& log = options.config.log;
    const guardian::Settings settings{options_of(options), log.format == config::LogFormat::kJson,
                                      level_of(log)};
    const auto program = guardian_program();
    const auto why = become_guardian(program, settings, options.arguments);
    {
        const PlainLog plain(on_stderr(log), "guardian");
        plain.log(guardian::Level::kWarn, "guardian_program_unusable",
                  {{"program", program},
                   {"error", why},
                   {"next", "this program is the guardian itself, and locks more memory"}});
    }
    return guardian::serve(settings);
}

int fence_node(const config::Config& config, bool force) {
    // SAFETY: S22. The node is another elector's business.
    const bool observes = config.member.mode == config::Mode::kObserve;
    const auto nodes = nodes_of(config);
    if (observes && !force && std::getenv("SERVICE_RESULT") != nullptr) {
        std::printf("nothing to do: member.mode is observe, the node is not ours\n");
        return 0;  // systemd asks after every end, and there is nothing that it need worry about
    }
    if (observes && !force) {
        std::fprintf(stderr,
                     "iotex-elector: cannot fence %s: member.mode is observe; nothing was done; "
                     "say --force if it is meant\n",
                     nodes.front().c_str());
        return 1;
    }
    guardian::NodeLocks locks;
    // While it is ours a service that starts waits, and keeps the node standby.
    const auto refused = locks.acquire(nodes, true);
    // Without a lock for want of descriptors the nodes are told all the same: nothing but this may
    // be left to do it.
    if (refused && !refused->no_room && !force) {
        std::fprintf(
            stderr,
            "iotex-elector: cannot fence %s: %s; nothing was done; stop that service, which "
            "hands over, or say --force to deactivate the node under it\n",
            nodes[refused->node].c_str(), refused->why.c_str());
        return 1;
    }
    const PlainLog log(on_stderr(config.log), "fence");  // to whoever has called
    const RunOptions options{config, {}, {}, {}};
    const auto fenced = guardian::fence_nodes(options_of(options), locks, log.log);
    int code = 0;
    for (std::size_t i = 0; i < fenced.size(); ++i)
        code = std::max(code, tell_fenced(nodes[i], fenced[i]));
    return code;
}

}  // namespace elector::app
