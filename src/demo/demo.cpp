#include "demo/demo.hpp"

#include <csignal>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <unistd.h>

#include "demo/options.hpp"
#include "demo/picture.hpp"
#include "demo/process.hpp"
#include "demo/screen.hpp"
#include "demo/terminal.hpp"
#include "demo/tour.hpp"
#include "demo/world.hpp"

namespace elector::demo {
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto kFrame = 200ms;

void print(const std::string& line) { write_all(STDOUT_FILENO, line + "\n"); }
void complain(const std::string& line) {
    write_all(STDERR_FILENO, "iotex-elector demo: " + line + "\n");
}

class Demo {
  public:
    explicit Demo(const Options& options)
        : signals_(io_, SIGINT, SIGTERM, SIGHUP),
          tasks_(io_, [this](const std::string& name,
                             const std::string& what) { fail("task " + name + ": " + what); }),
          world_(io_, options, [this](const std::string& what) { fail(what); }) {
        signals_.async_wait([this](boost::system::error_code failure, int signal) {
            if (!failure) end(128 + signal);
        });
        if (options.unattended || !Terminal::usable())
            tour_.emplace(io_, world_, print);
        else
            terminal_.emplace(io_);
    }

    int run() {
        if (tour_)
            tasks_.spawn("tour", tour());
        else
            tasks_.spawn("show", show());
        io_.run();
        terminal_.reset();
        for (const auto& what : failures_) complain(what);
        return exit_code_;
    }

  private:
    asio::awaitable<void> tour() {
        const bool good = co_await tour_->run();
        end(good ? 0 : 1);
    }

    asio::awaitable<void> show() {
        terminal_->read_keys([this](char key) { press(key); });
        tasks_.spawn("draw", draw());
        const bool started = co_await world_.start();
        if (!started) end(1);
    }

    asio::awaitable<void> draw() {
        const bool colour = std::getenv("NO_COLOR") == nullptr;
        while (!ending_) {
            const auto size = terminal_->size();
            const auto lines = lay_out(picture_of(world_), size.width, size.height);
            terminal_->draw(to_ansi(lines, size.width, colour));
            co_await pause_for(io_, kFrame);
        }
    }

    void press(char key) {
        if (key == 'q') return end(0);
        if (key == 3) return end(128 + SIGINT);
        if (!world_.ready()) return;
        if (key == 'h') return world_.heal();
        if (key == 's') return world_.order_switchover();
        if (std::string_view("kucezg").find(key) == std::string_view::npos) return;
        const auto holder = world_.holder();
        if (!holder) return world_.say("demo", "nobody leads at the moment");
        if (key == 'k') world_.kill_node(*holder);
        if (key == 'u') world_.make_unready(*holder);
        if (key == 'c') world_.cut_off(*holder);
        if (key == 'e') world_.kill_elector(*holder);
        if (key == 'z') world_.freeze_elector(*holder);
        if (key == 'g') world_.kill_guardian(*holder);
    }

    void fail(const std::string& what) {
        if (ending_) return;
        failures_.push_back(what);
        end(1);
    }

    void end(int code) {
        if (std::exchange(ending_, true)) return;
        exit_code_ = code;
        if (tour_) tour_->stop();
        tasks_.spawn("close", close());
    }

    asio::awaitable<void> close() {
        if (terminal_) terminal_->close();
        signals_.cancel();
        co_await world_.close();
    }

    Family family_;
    std::vector<std::string> failures_;
    int exit_code_ = 1;
    bool ending_ = false;
    asio::io_context io_{1};
    asio::signal_set signals_;
    app::Tasks tasks_;
    World world_;
    std::optional<Tour> tour_;
    std::optional<Terminal> terminal_;
};

}  // namespace

int demo(const std::vector<std::string>& arguments) {
    const auto parsed = parse_options(arguments);
    if (const auto* wrong = std::get_if<std::string>(&parsed)) {
        write_all(STDERR_FILENO, "iotex-elector: " + *wrong + "\n" + kUsage);
        return 2;
    }
    const auto& options = std::get<Options>(parsed);
    if (options.help) {
        write_all(STDOUT_FILENO, kUsage);
        return 0;
    }
    std::signal(SIGPIPE, SIG_IGN);
    try {
        Demo show(options);
        return show.run();
    } catch (const std::exception& e) {
        complain(e.what());
        return 1;
    }
}

}  // namespace elector::demo
