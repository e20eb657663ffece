#include "cli/groups.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

#include "cli/group.hpp"
#include "cli/group_read.hpp"
#include "report/json.hpp"
#include "report/text.hpp"

namespace elector::cli {
namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t kReadsAtOnce = 32;
constexpr int kOneActive = 0;  // exit codes of a group
constexpr int kMoreActive = 4;

/// Some coroutines that take one piece after the other.
class Crew {
  public:
    using Work = std::function<asio::awaitable<void>(std::size_t)>;

    Crew(asio::io_context& io, std::size_t count, Work work)
        : io_(io), done_(io), count_(count), work_(std::move(work)) {
        done_.expires_at(asio::steady_timer::time_point::max());
    }

    asio::awaitable<void> run(std::size_t at_once) {
        for (; working_ < std::min(at_once, count_); ++working_) {
            auto one = worker();
            asio::co_spawn(io_, std::move(one), [this](std::exception_ptr failure) {
                if (failure) failure_ = failure;
                if (--working_ == 0) done_.cancel();
            });
        }
        if (working_ > 0) {
            boost::system::error_code ignored;
            auto token = asio::redirect_error(asio::use_awaitable, ignored);
            co_await done_.async_wait(token);
        }
        if (failure_) std::rethrow_exception(failure_);
    }

  private:
    asio::awaitable<void> worker() {
        while (next_ < count_) {
            auto piece = work_(next_++);
            co_await std::move(piece);
        }
    }

    asio::io_context& io_;
    asio::steady_timer done_;
    std::size_t count_;
    Work work_;
    std::size_t next_ = 0;
    std::size_t working_ = 0;
    std::exception_ptr failure_;
};

/// What was read of a group, or why nothing was.
struct Read {
    std::optional<report::GroupInput> in;
    std::string error;
};

/// Another group would wait as long for nothing.
bool concerns_all(etcd::ErrorKind kind) {
    return kind == etcd::ErrorKind::kUnavailable || kind == etcd::ErrorKind::kTimeout ||
           kind == etcd::ErrorKind::kNoLeader || kind == etcd::ErrorKind::kWrongPassword;
}

/// Every group of a file, read through one client.
class Reading {
  public:
    Reading(const Means& means, const config::Config& file)
        : file_(file), whole_(means, file), sessions_(sessions_of(whole_, means, file)) {
        reads_.resize(sessions_.size());
    }

    /// Says on stderr what could not be read.
    void run() {
        whole_.run(all());
        std::string last;
        for (const auto& read : reads_)
            if (!read.error.empty() && std::exchange(last, read.error) != read.error)
                refuse(read.error);
    }

    std::size_t size() const { return reads_.size(); }
    const Read& read(std::size_t i) const { return reads_[i]; }
    const config::Config& config(std::size_t i) const { return file_.groups[i]; }
    const model::Policy& policy(std::size_t i) const { return sessions_[i]->policy; }

  private:
    asio::awaitable<int> all() {
        std::function<asio::awaitable<void>(std::size_t)> read = [this](std::size_t i) {
            return one(i);
        };
        auto each = for_each(whole_, reads_.size(), kReadsAtOnce, std::move(read));
        co_await std::move(each);
        co_return 0;
    }

    asio::awaitable<void> one(std::size_t i) {
        auto& read = reads_[i];
        if (!given_up_.empty()) {
            read.error = given_up_;
            co_return;
        }
        auto in = co_await read_group(*sessions_[i], config(i).election.key);
        if (in) {
            read.in = std::move(*in);
            co_return;
        }
        const bool everywhere = concerns_all(in.error().kind);
        read.error = "cannot read " +
                     (everywhere ? std::string("the groups") : "group " + plain(config(i).group)) +
                     ": " + etcd::to_string(in.error()) + kThroughEtcd;
        if (everywhere) given_up_ = read.error;
    }

    const config::Config& file_;
    Session whole_;
    std::vector<std::unique_ptr<Session>> sessions_;
    std::vector<Read> reads_;
    std::string given_up_;
};

std::size_t count_of(const std::vector<report::Brief>& all, int code) {
    const auto same = [code](const report::Brief& b) { return b.exit_code == code; };
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), same));
}

std::string verdict_of(const std::vector<report::Brief>& all) {
    const auto total = std::to_string(all.size());
    const auto one = count_of(all, kOneActive);
    const auto more = count_of(all, kMoreActive);
    const auto none = all.size() - one - more;
    if (one == all.size())
        return "Each of " + total + " groups has exactly one node that is verified active.";
    return "Of " + total +
           " groups, with exactly one node that is verified active: " + std::to_string(one) +
           "; with none: " + std::to_string(none) +
           "; with more than one: " + std::to_string(more) + ".";
}

std::string joined(const std::vector<std::string>& names) {
    std::string out;
    for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
    return out;
}

Cell dash(const std::string& text, Tone tone = Tone::kPlain) {
    return text.empty() ? Cell{"-"} : Cell{text, tone};
}

/// A group that nothing can be said of.
report::Brief left_out(const std::string& whose) {
    report::Brief row;
    row.group = whose;
    row.verdict = row.trouble = "its table in the file cannot be used";
    return row;
}

void print(const json::object& document) { std::printf("%s\n", json::serialize(document).c_str()); }

}  // namespace

std::vector<std::unique_ptr<Session>> sessions_of(Session& whole, const Means& means,
                                                  const config::Config& file) {
    std::vector<std::unique_ptr<Session>> all;
    for (const auto& one : file.groups)
        all.push_back(std::make_unique<Session>(whole, means, one, all.size()));
    return all;
}

asio::awaitable<void> for_each(Session& whole, std::size_t count, std::size_t at_once,
                               std::function<asio::awaitable<void>(std::size_t)> work) {
    Crew crew(whole.io(), count, std::move(work));
    auto working = crew.run(at_once);
    co_await std::move(working);
}

int exit_code_of(const std::vector<report::Brief>& all) {
    int code = kOneActive;
    for (const auto& b : all) code = report::exit_code_of_all(code, b);
    return code;
}

std::string render(const std::vector<report::Brief>& all, const Look& look) {
    std::vector<std::vector<Cell>> rows;
    for (const auto& b : all) {
        const auto tone = b.exit_code == kOneActive ? Tone::kGood : Tone::kBad;
        rows.push_back({{b.group},
                        dash(b.key),
                        dash(b.leader),
                        dash(joined(b.verified_active), tone),
                        dash(b.term.value == 0 ? "" : std::to_string(b.term.value)),
                        dash(b.trouble, tone == Tone::kBad ? tone : Tone::kPlain)});
    }
    const auto tone = exit_code_of(all) == kOneActive ? Tone::kGood : Tone::kBad;
    return toned(verdict_of(all), tone, look) + "\n\n" +
           render(
               {{"GROUP"}, {"KEY", 2}, {"LEADER"}, {"VERIFIED ACTIVE"}, {"TERM", 1}, {"TROUBLE"}},
               rows, look);
}

json::object to_json(const std::vector<report::Brief>& all, const std::string& member) {
    json::array groups;
    for (const auto& b : all) groups.push_back(report::to_json(b));
    return {{"v", 1},
            {"exit_code", exit_code_of(all)},
            {"member", member},
            {"groups", std::move(groups)}};
}

int status_of_groups(const Means& means, const config::LoadResult& file, bool as_json) {
    Reading reading(means, *file.config);
    reading.run();
    std::vector<report::Brief> rows;
    bool any = false;
    for (std::size_t i = 0; i < reading.size(); ++i) {
        report::GroupInput empty;
        empty.key = reading.config(i).election.key;
        const auto& in = reading.read(i).in;
        any = any || in.has_value();
        const auto status = report::group_status(reading.policy(i), in ? *in : empty);
        rows.push_back(report::brief(reading.config(i).group, status));
    }
    for (const auto& whose : file.left_out) rows.push_back(left_out(whose));
    if (as_json) {
        print(to_json(rows, file.config->member.name));
    } else if (any) {
        std::fputs(render(rows, look_of_stdout()).c_str(), stdout);
    }
    return exit_code_of(rows);
}

int explain_groups(const Means& means, const config::LoadResult& file, bool as_json) {
    Reading reading(means, *file.config);
    reading.run();
    json::array documents;
    std::string text;
    bool all = file.left_out.empty();
    for (std::size_t i = 0; i < reading.size(); ++i) {
        const auto& in = reading.read(i).in;
        all = all && in.has_value();
        if (!in) continue;
        const auto e = report::explain(reading.policy(i), *in, reading.config(i).member.name);
        auto document = report::to_json(e);
        document.erase("v");
        json::object named{{"group", reading.config(i).group}};
        for (auto& [name, value] : document) named.emplace(name, std::move(value));
        documents.push_back(std::move(named));
        text += (text.empty() ? "" : "\n") + plain(reading.config(i).group) + ": " +
                render(e, look_of_stdout());
    }
    if (as_json) {
        print({{"v", 1}, {"groups", std::move(documents)}});
    } else {
        std::fputs(text.c_str(), stdout);
    }
    return all ? 0 : 1;
}

}  // namespace elector::cli
