#include "app/run.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <utility>

#include <boost/asio/signal_set.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/admin_api.hpp"
#include "app/groups.hpp"
#include "app/guardian_link.hpp"
#include "app/policy_of.hpp"
#include "app/run_guardian.hpp"
#include "app/service_reports.hpp"
#include "app/start_pages.hpp"
#include "config/reload.hpp"
#include "guardian/node_lock.hpp"
#include "guardian/process.hpp"

namespace elector::app {
namespace asio = boost::asio;

namespace {

std::uint64_t random_seed() {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32) ^ device();
}

std::int64_t whole_ms(model::Duration d) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

/// "1ms:920 5ms:3 25ms:0 100ms:0 250ms:0 1000ms:1 5000ms:0 more:0"
std::string histogram(const support::LoopLag& lag) {
    std::string text;
    for (std::size_t i = 0; i < lag.kEnds.size(); ++i)
        text +=
            std::to_string(whole_ms(lag.kEnds[i])) + "ms:" + std::to_string(lag.counts()[i]) + " ";
    return text + "more:" + std::to_string(lag.counts().back());
}

class Service {
  public:
    explicit Service(RunOptions options)
        : file_(std::make_shared<const config::Config>(std::move(options.config))),
          options_(std::move(options)),
          log_(file_->log, {}, options_.has_guardian ? "elector" : ""),
          signals_(io_, SIGTERM, SIGINT, SIGHUP),
          tasks_(io_,
                 [this](const std::string& name, const std::string& what) {
                     log_(Level::kError, "task_failed", {{"task", name}, {"what", what}});
                 }),
          guardian_(options_.has_guardian
                        ? std::make_unique<GuardianLink>(io_, guardian::kLinkFd, log_)
                        : nullptr),
          groups_(io_, clock_, file_, log_, random_seed(), guardian_.get(),
                  [this](int code) { end(code); }),
          api_(io_, groups_, log_, [this] { return reload_and_tell(); }) {
        signals_.add(SIGUSR1);
        if (options_.has_guardian) return;
        reports_.emplace(io_, clock_);
        groups_.on_status = [this](const std::string& line) { reports_->status(line); };
    }

    int run() {
        if (!options_.has_guardian && !observing() && !locked()) return 1;
        tell_start();
        wait_signal();
        groups_.start();
        api_.start();
        start_pages_.start();
        if (reports_) reports_->ready();
        io_.run();
        log_(Level::kInfo, "stopped", {{"exit_code", std::to_string(exit_code_)}});
        return exit_code_;
    }

  private:
    bool observing() const { return file_->member.mode == config::Mode::kObserve; }

    /// All or nothing.
    bool locked() {
        using guardian::NodeLock;
        for (const auto& config : file_->each()) {
            std::string why;
            auto& lock = locks_.emplace_back();
            if (lock.acquire(config.node.admin.text(), false, why) == NodeLock::Holder::kUs)
                continue;
            tell_locked(log_.for_group(config.group), config, why);
            return false;
        }
        return true;
    }

    void tell_start() {
        const auto& c = *file_;
        if (!log_.problem().empty())
            log_(Level::kError, "log_file_unusable",
                 {{"alarm", "true"},
                  {"error", log_.problem()},
                  {"next", "this goes to stderr; put it right, and send SIGHUP"}});
        for (const auto& note : options_.notes) log_(Level::kWarn, "note", {{"text", note}});
        for (const auto& group : c.each()) {
            const auto log = log_.for_group(group.group);
            log(Level::kInfo, "started",
                {{"version", std::string(version())},
                 {"name", group.member.name},
                 {"key", group.election.key},
                 {"node", group.node.admin.text()},
                 {"pid", std::to_string(::getpid())}});
        }
        if (observing())
            return log_(Level::kInfo, "observing",
                        {{"why",
                          "member.mode is observe: nothing is sent that changes the node or etcd; "
                          "lines named observed say what this member sees and would do."}});
        if (!options_.has_guardian)
            log_(Level::kWarn, "no_guardian",
                 {{"why",
                   "guardian.enabled is false: if this elector itself dies or freezes, its node "
                   "stays as it is."}});
    }

    void wait_signal() {
        signals_.async_wait([this](boost::system::error_code ec, int signal) {
            if (ec) return;
            switch (signal) {
                case SIGHUP:
                    reload_and_tell();
                    break;
                case SIGUSR1:
                    dump_from(0);
                    break;
                default:
                    log_(Level::kInfo, "stopping",
                         {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
                    if (reports_) reports_->stopping(2 * longest_quiesce());
                    groups_.shut_down();
            }
            if (!ending_) wait_signal();  // the member may have had nothing more to do
        });
    }

    std::vector<std::string> reload_and_tell() {
        if (ending_) return {"this elector ends"};
        if (reports_) reports_->reloading();
        auto problems = reload();
        api_.reloaded(problems.empty());
        if (reports_) reports_->ready();
        if (guardian_) guardian_->reload_done();
        return problems;
    }

    /// What was wrong; empty: it is in effect.
    std::vector<std::string> reload() {
        const auto loaded = options_.reload();
        if (!loaded.config) {
            std::vector<std::string> problems;
            for (const auto& problem : loaded.problems) {
                problems.push_back(problem.render());
                log_(Level::kError, "reload_refused", {{"problem", problem.render()}});
            }
            log_(Level::kError, "reload_refused", {{"result", "nothing was changed"}});
            return problems;
        }
        const auto plan = config::diff(*file_, *loaded.config);
        const auto level = plan.refused() ? Level::kError : Level::kInfo;
        for (const auto& message : plan.messages())
            log_(level, plan.refused() ? "reload_refused" : "reload_change", {{"change", message}});
        if (plan.refused()) return plan.messages();
        const auto problem = log_.reopen(loaded.config->log);
        if (!problem.empty()) {
            log_(Level::kError, "reload_refused", {{"problem", problem}});
            return {problem};
        }
        file_ = std::make_shared<const config::Config>(*loaded.config);
        groups_.reload(file_);
        log_(Level::kInfo, "reloaded", {{"changes", std::to_string(plan.changes.size())}});
        return {};
    }

    model::Duration longest_quiesce() {
        model::Duration longest{};
        for (std::size_t i = 0; i < groups_.size(); ++i)
            longest = std::max(longest, groups_.member(i).policy().quiesce);
        return longest;
    }

    /// One file in a turn: a thousand would hold everything up.
    void dump_from(std::size_t i) {
        dump("requested", i);
        if (i + 1 == groups_.size() || ending_) return;
        asio::post(io_, [this, i] { dump_from(i + 1); });
    }

    /// The last events go to a file that only its owner can read.
    void dump(const char* reason, std::size_t i) {
        namespace fs = std::filesystem;
        auto& member = groups_.member(i);
        const fs::path folder = member.config().state.dir;
        std::error_code ec;
        fs::create_directories(folder, ec);
        ::chmod(folder.c_str(), 0700);
        const auto path = folder / ("recorder-" + std::to_string(::getpid()) + "-" +
                                    std::to_string(++dumps_) + ".jsonl");
        const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd >= 0) ::close(fd);
        std::ofstream file(path);
        file << member.dump();
        file.close();
        const bool ok = fd >= 0 && file.good();
        const auto log = log_.for_group(groups_.name(i));
        log(ok ? Level::kInfo : Level::kError, "dump",
            {{"reason", reason},
             {"file", path.string()},
             {"result", ok ? "written" : "cannot write it: check state.dir and its owner"},
             {"role", std::string(model::name(member.state().role))},
             {"term", std::to_string(member.state().holding.term.value)},
             {"lag_max_ms", std::to_string(whole_ms(member.lag().largest()))},
             {"lag", histogram(member.lag())}});
    }

    void end(int code) {
        if (std::exchange(ending_, true)) return;
        exit_code_ = code;
        if (const auto broken = groups_.broken()) dump("invariant broken", *broken);
        tasks_.spawn("close", close(code));
    }

    asio::awaitable<void> close(int code) {
        const auto last_words = groups_.last_words(code);
        signals_.cancel();
        start_pages_.close();
        if (reports_) reports_->close();
        api_.stop();
        co_await groups_.close(code);
        if (guardian_) guardian_->close();
        co_await api_.close(last_words);
    }

    Member::ConfigPtr file_;  ///< as it is in effect
    RunOptions options_;      ///< but for the configuration
    Log log_;
    asio::io_context io_{1};
    BootClock clock_;
    std::deque<guardian::NodeLock> locks_;
    StartPages start_pages_{io_};
    asio::signal_set signals_;
    Tasks tasks_;
    std::unique_ptr<GuardianLink> guardian_;
    Groups groups_;
    AdminApi api_;
    std::optional<ServiceReports> reports_;  ///< without a guardian, this is the main process
    int exit_code_ = 0;
    int dumps_ = 0;
    bool ending_ = false;
};

}  // namespace

int run_service(RunOptions options) {
    const bool observes = options.config.member.mode == config::Mode::kObserve;
    try {
        if (!options.has_guardian && !observes && options.config.guardian.enabled)
            return run_guardian(options);
        Service service(std::move(options));
        const int code = service.run();
        // All is closed and logged. What is left is the gRPC library's own shutdown, which was seen
        // to hang now and then; a service that has handed over must end.
        std::fflush(nullptr);
        std::_Exit(code);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "iotex-elector: cannot start: %s\n", e.what());
        return 1;
    }
}

}  // namespace elector::app
