#include "cli/fence_groups.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <map>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "cli/table.hpp"

namespace elector::cli {
namespace {

/// Each is a copy of this process that mostly waits.
constexpr std::size_t kAtOnce = 256;

/// One process for each node: a fence command may block, and a node that hangs takes seconds.
class Fencing {
  public:
    Fencing(const Means& means, bool force) : means_(means), force_(force) {}

    void begin(const config::Config& group) {
        while (running_.size() >= kAtOnce) wait_for_one();
        std::fflush(nullptr);
        const pid_t child = ::fork();
        if (child == 0) ::_exit(fenced(group));
        if (child > 0) {
            running_[child] = group.group;
        } else {
            refuse("cannot begin a process for group " + plain(group.group) + ": " +
                   std::strerror(errno));
            // Later than the others, and not never.
            if (fenced(group) != 0) failed_.push_back(group.group);
        }
    }

    const std::vector<std::string>& end() {
        while (!running_.empty()) wait_for_one();
        return failed_;
    }

  private:
    int fenced(const config::Config& group) const {
        int code = 1;
        try {
            code = means_.fence_node(group, force_);
        } catch (const std::exception& e) {
            refuse("cannot fence the node of group " + plain(group.group) + ": " + e.what());
        }
        std::fflush(nullptr);
        return code;
    }

    void wait_for_one() {
        int status = 0;
        const pid_t child = ::waitpid(-1, &status, 0);
        if (child < 0 && errno == EINTR) return;
        if (child < 0) {  // nobody is left to wait for, and nothing is known of them
            for (const auto& [pid, name] : running_) failed_.push_back(name);
            return running_.clear();
        }
        const auto found = running_.find(child);
        if (found == running_.end()) return;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) failed_.push_back(found->second);
        running_.erase(found);
    }

    const Means& means_;
    bool force_;
    std::map<pid_t, std::string> running_;
    std::vector<std::string> failed_;
};

std::string listed(const std::vector<std::string>& names) {
    std::string out;
    for (const auto& name : names) out += (out.empty() ? "" : ", ") + plain(name);
    return out;
}

}  // namespace

int fence_groups(const Means& means, const config::LoadResult& file, bool force) {
    // An observer has no node: what is to be said of that is said once, and nothing is confirmed.
    if (file.config->member.mode == config::Mode::kObserve && !force)
        return means.fence_node(file.config->groups.front(), force);
    Fencing fencing(means, force);
    for (const auto& group : file.config->groups) fencing.begin(group);
    const auto& failed = fencing.end();
    const auto all = file.config->groups.size();
    std::printf("%zu of %zu groups: confirmed.\n", all - failed.size(), all);
    std::fflush(stdout);
    if (!failed.empty()) refuse("not confirmed: " + listed(failed));
    if (!file.left_out.empty())
        refuse("not tried, as their tables cannot be used: " + listed(file.left_out));
    return failed.empty() && file.left_out.empty() ? 0 : 1;
}

}  // namespace elector::cli
