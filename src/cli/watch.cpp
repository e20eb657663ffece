#include "cli/watch.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/group.hpp"
#include "cli/group_read.hpp"
#include "report/json.hpp"
#include "report/text.hpp"

namespace elector::cli {
namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr auto kEvery = 1s;

/// Where the letters of one escape sequence end, from its first.
std::size_t end_of_escape(const std::string& text, std::size_t at) {
    while (++at < text.size())
        if (text[at] >= '@' && text[at] != '[') return at + 1;
    return at;
}

/// The first `width` letters; escape sequences take no room, and what they set is taken back.
std::string cut(const std::string& line, std::size_t width) {
    std::size_t seen = 0;
    bool toned = false;
    for (std::size_t i = 0; i < line.size();) {
        if (line[i] == '\x1b') {
            i = end_of_escape(line, i);
            toned = true;
            continue;
        }
        const bool letter = (static_cast<unsigned char>(line[i]) & 0xc0) != 0x80;
        if (letter && width != 0 && seen++ == width)
            return line.substr(0, i) + (toned ? "\x1b[0m" : "");
        ++i;
    }
    return line;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t from = 0; from < text.size();) {
        const auto to = std::min(text.find('\n', from), text.size());
        lines.push_back(text.substr(from, to - from));
        from = to + 1;
    }
    return lines;
}

void put(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

/// A screen of its own, given back whatever happens.
class Screen {
  public:
    Screen() { put("\x1b[?1049h\x1b[?25l\x1b[2J"); }
    ~Screen() { put("\x1b[?25h\x1b[?1049l"); }
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    void show(const std::string& text) {
        winsize size{};
        const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
        put(frame(text, known ? size.ws_col : 0, known ? size.ws_row : 0));
    }
};

/// What was read last, and how it went.
struct Known {
    report::GroupInput in;
    std::chrono::steady_clock::time_point read_at = std::chrono::steady_clock::now();
    std::string error;  ///< of the last attempt; empty: it was read

    report::GroupStatus status(const model::Policy& policy) {
        in.now_unix_ms = wall_clock_ms();
        in.since_read = error.empty() ? model::Duration{}
                                      : model::Duration(std::chrono::steady_clock::now() - read_at);
        return report::group_status(policy, in);
    }
};

std::string text_of(const report::GroupStatus& g, const Known& known, const Look& look,
                    const std::string& ending) {
    auto text = toned(report::utc_text(known.in.now_unix_ms) + ending, Tone::kDim, look) + "\n";
    if (!known.error.empty())
        text += toned(plain("cannot read the group: " + known.error), Tone::kBad, look) + "\n";
    return text + render(g, look);
}

class Watching {
  public:
    Watching(Session& session, std::string key, bool json)
        : session_(session),
          json_(json),
          signals_(session.io(), SIGINT, SIGTERM),
          timer_(session.io()) {
        known_.in.key = std::move(key);
        if (!json && ::isatty(STDOUT_FILENO) == 1) screen_.emplace();
    }

    asio::awaitable<int> run() {
        signals_.async_wait([this](const boost::system::error_code& wrong, int) {
            if (!wrong) end();
        });
        for (;;) {
            co_await read();
            if (ended_) break;
            show();
            timer_.expires_after(kEvery);
            boost::system::error_code ignored;
            auto token = asio::redirect_error(asio::use_awaitable, ignored);
            co_await timer_.async_wait(token);
            if (ended_) break;
        }
        signals_.cancel();
        co_return 0;
    }

  private:
    /// A call that waits for an etcd that does not answer must not hold this up.
    void end() {
        ended_ = true;
        timer_.cancel();
        auto closing = session_.client().close();
        asio::co_spawn(session_.io(), std::move(closing), [](std::exception_ptr) {});
    }

    asio::awaitable<void> read() {
        auto in = co_await read_group(session_, known_.in.key);
        if (!in) {
            known_.error = etcd::to_string(in.error());
            co_return;
        }
        known_.in = std::move(*in);
        known_.read_at = std::chrono::steady_clock::now();
        known_.error.clear();
    }

    void show() {
        const auto g = known_.status(session_.policy);
        if (screen_) return screen_->show(text_of(g, known_, look_of_stdout(), "  Ctrl-C ends it"));
        auto now = essence(g, !known_.error.empty());
        if (now == shown_) return;
        if (json_) {
            put(json::serialize(report::to_json(g)) + "\n");
        } else {
            put((shown_.empty() ? "" : "\n") + text_of(g, known_, look_of_stdout(), ""));
        }
        shown_ = std::move(now);
    }

    Session& session_;
    bool json_;
    asio::signal_set signals_;
    asio::steady_timer timer_;
    Known known_;
    std::optional<Screen> screen_;
    std::string shown_;  ///< the essence of what was printed last
    bool ended_ = false;
};

}  // namespace

std::string essence(const report::GroupStatus& status, bool failing) {
    auto o = report::to_json(status);
    for (const char* name : {"verdict", "read_age_ms", "revision"}) o.erase(name);
    for (auto& m : o["members"].as_array()) {
        auto& member = m.as_object();
        member.erase("tip");
        member.erase("lag_blocks");
        member["node"].as_object().erase("age_ms");
        member["node"].as_object().erase("stale_because");
    }
    if (o["pause"].is_object()) o["pause"].as_object().erase("expires_in_ms");
    o["failing"] = failing;
    return json::serialize(o);
}

std::string frame(const std::string& text, std::size_t width, std::size_t rows) {
    auto lines = lines_of(text);
    if (rows != 0 && lines.size() > rows) {
        const auto hidden = lines.size() - rows + 1;
        lines.resize(rows - 1);
        lines.push_back("(" + std::to_string(hidden) + " more lines: the screen is too low)");
    }
    std::string out = "\x1b[H";
    for (std::size_t i = 0; i < lines.size(); ++i)
        out += (i == 0 ? "" : "\r\n") + cut(lines[i], width) + "\x1b[K";
    return out + "\x1b[J";
}

asio::awaitable<int> watch_status(Session& session, std::string key, bool json) {
    Watching watching(session, std::move(key), json);
    const int code = co_await watching.run();
    co_return code;
}

}  // namespace elector::cli
