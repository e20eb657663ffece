#include "app/run_guardian.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <unistd.h>

#include "app/guardian_link.hpp"
#include "app/policy_of.hpp"
#include "guardian/process.hpp"

namespace elector::app {
namespace {

guardian::Level to_guardian(config::LogLevel level) {
    switch (level) {
        case config::LogLevel::kTrace:
        case config::LogLevel::kDebug:
            return guardian::Level::kDebug;
        case config::LogLevel::kInfo:
            return guardian::Level::kInfo;
        case config::LogLevel::kWarn:
            return guardian::Level::kWarn;
        case config::LogLevel::kError:
            return guardian::Level::kError;
    }
    return guardian::Level::kInfo;
}

/// Where the log goes, for one who writes without a library.
int log_descriptor(const config::Log& log) {
    if (log.file.empty()) return STDERR_FILENO;
    const int fd = ::open(log.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        throw std::runtime_error("cannot open the log file " + log.file + ": " +
                                 std::strerror(errno));
    return fd;
}

guardian::Options options_of(const RunOptions& run) {
    const auto& c = run.config;
    guardian::Options options;
    options.admin = address_of(c.node.admin);
    options.probe = address_of(c.node.probe);
    options.bounds = bounds_of(policy_of(c, {}));
    options.set_timeout = c.node.request_timeout;
    // The node that is guarded is named, so that a restarted elector cannot lead another.
    options.elector = {"iotex-elector", "elector", c.node.admin.text()};
    options.elector.insert(options.elector.end(), run.arguments.begin(), run.arguments.end());
    options.closer_tail = run.arguments;
    options.version = std::string(version());
    return options;
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
    NodeLock lock;
    std::string why;
    const auto holder = lock.acquire(c.node.admin.text(), true, why);
    if (holder == NodeLock::Holder::kAnother) {
        tell_locked(Log(c.log, {}, "guardian"), c, why);
        return 1;
    }
    const guardian::Log log(log_descriptor(c.log), c.log.format == config::LogFormat::kJson,
                            to_guardian(c.log.level));
    return guardian::guard(options_of(options), lock, holder == NodeLock::Holder::kUs, log);
}

}  // namespace elector::app
