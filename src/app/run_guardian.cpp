#include "app/run_guardian.hpp"

#include <cstdio>
#include <cstdlib>

#include "app/fence_runner.hpp"
#include "app/guardian_link.hpp"
#include "app/plain_log.hpp"
#include "app/policy_of.hpp"
#include "guardian/process.hpp"

namespace elector::app {
namespace {

guardian::Options options_of(const RunOptions& run) {
    const auto& c = run.config;
    guardian::Options options;
    options.admin = address_of(c.node.admin);
    options.probe = address_of(c.node.probe);
    options.bounds = bounds_of(policy_of(c, {}));
    options.set_timeout = c.node.request_timeout;
    options.fence_identity = fence_identity_of(c);
    options.fence = fence_words_of(c);
    // The node that is guarded is named, so that a restarted elector cannot lead another.
    options.elector = {"iotex-elector", "elector", c.node.admin.text()};
    options.elector.insert(options.elector.end(), run.arguments.begin(), run.arguments.end());
    options.closer_tail = run.arguments;
    options.version = std::string(version());
    return options;
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
    const auto& log_ = log;
    log_(Level::kError, "node_locked",
         {{"node", config.node.admin.text()},
          {"error", "cannot take control of the node: " + why +
                        "; nothing was done; stop the other elector first"}});
}

int run_guardian(const RunOptions& options) {
    using guardian::NodeLock;
    const auto& c = options.config;
    auto manager = guardian::ServiceManager::from_environment();
    NodeLock lock;
    std::string why;
    const auto holder = lock.acquire(c.node.admin.text(), true, why);
    if (holder == NodeLock::Holder::kAnother) {
        tell_locked(Log(on_stderr(c.log), {}, "guardian"), c, why);
        return 1;
    }
    const PlainLog log(on_stderr(c.log), "guardian");
    return guardian::guard(options_of(options), lock, holder == NodeLock::Holder::kUs, manager,
                           log.log);
}

int fence_node(const config::Config& config, bool force) {
    using guardian::NodeLock;
    const auto node = config.node.admin.text();
    // SAFETY: S22. The node is another elector's business.
    const bool observes = config.member.mode == config::Mode::kObserve;
    if (observes && !force && std::getenv("SERVICE_RESULT") != nullptr) {
        std::printf("nothing to do: member.mode is observe, the node is not ours\n");
        return 0;  // systemd asks after every end, and there is nothing that it need worry about
    }
    if (observes && !force) {
        std::fprintf(stderr,
                     "iotex-elector: cannot fence %s: member.mode is observe; nothing was done; "
                     "say --force if it is meant\n",
                     node.c_str());
        return 1;
    }
    NodeLock lock;
    std::string why;
    // While it is ours a service that starts waits, and keeps the node standby.
    const auto holder = lock.acquire(node, true, why);
    if (holder == NodeLock::Holder::kAnother && !force) {
        std::fprintf(
            stderr,
            "iotex-elector: cannot fence %s: %s; nothing was done; stop that service, which "
            "hands over, or say --force to deactivate the node under it\n",
            node.c_str(), why.c_str());
        return 1;
    }
    const PlainLog log(on_stderr(config.log), "fence");  // to whoever has called
    const RunOptions options{config, {}, {}, {}};
    return tell_fenced(node, guardian::fence_node(options_of(options), lock, log.log));
}

}  // namespace elector::app
