// One run of the operator's program: the message on its standard input and in its environment, its
// own process group, its time-out, the last of what it said if it fails.
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "notify/delivery.hpp"
#include "spawn/apart.hpp"
#include "spawn/child.hpp"

namespace elector::notify {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLookEvery{20};
constexpr std::chrono::seconds kKillAgain{1};
constexpr std::size_t kKept = 200;
constexpr int kReapLooks = 25;

/// A descriptor that is closed with its owner.
struct Fd {
    int value = -1;
    Fd() = default;
    explicit Fd(int fd) : value(fd) {}
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }
    void reset() {
        if (value >= 0) ::close(std::exchange(value, -1));
    }
};

/// All of `text` to be read, however long, without anybody who writes.
int readable(const std::string& text) {
    const int fd = ::memfd_create("notify", MFD_CLOEXEC);
    const auto size = static_cast<ssize_t>(text.size());
    if (fd >= 0 && ::write(fd, text.data(), text.size()) == size && ::lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    if (fd >= 0) ::close(fd);
    return -1;
}

/// The service's environment without what is ours, and the message's.
std::vector<std::string> environment_of(const Message& message) {
    std::vector<std::string> all;
    for (char** variable = environ; *variable; ++variable)
        if (!spawn::withheld(*variable)) all.emplace_back(*variable);
    for (const auto& [name, value] : variables(message)) all.push_back(name + "=" + value);
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> all;
    for (auto& word : words) all.push_back(word.data());
    all.push_back(nullptr);
    return all;
}

/// Waits a moment for one that was killed, so that nothing of it stays. What the kernel does not
/// let go is left to the end of this process.
void reap(asio::io_context& io, const std::shared_ptr<spawn::Child>& child, int looks) {
    if (looks == 0 || child->ended()) return;
    const auto timer = std::make_shared<asio::steady_timer>(io, kLookEvery);
    timer->async_wait([&io, timer, child, looks](boost::system::error_code ec) {
        if (!ec) reap(io, child, looks - 1);
    });
}

class Run final : public Delivery {
  public:
    Run(asio::io_context& io, const Target& target, Done done)
        : io_(io), timer_(io), deadline_(Clock::now() + target.timeout), done_(std::move(done)) {}
    ~Run() override {
        if (!child_->running()) return;
        child_->signal_group(SIGKILL);
        reap(io_, child_, kReapLooks);
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    void start(std::vector<std::string> words, const Message& message, const std::string& body) {
        auto environment = environment_of(message);
        const auto argv = pointers(words);
        const auto envp = pointers(environment);
        const Fd input(readable(body));
        std::array<int, 2> said{-1, -1}, told{-1, -1};
        const bool pipes = input.value >= 0 && ::pipe2(said.data(), O_CLOEXEC | O_NONBLOCK) == 0 &&
                           ::pipe2(told.data(), O_CLOEXEC | O_NONBLOCK) == 0;
        output_.value = said[0];
        report_.value = told[0];
        const Fd output(said[1]), report(told[1]);
        if (pipes) ::fcntl(said[1], F_SETFL, 0);
        const spawn::Start what{argv.front(), argv.data(), envp.data(), true, input.value};
        const pid_t pid = pipes ? spawn::start_apart(what, said[1], told[1]) : -1;
        if (pid > 0) {
            child_->adopt(pid);
        } else {
            not_started_ = errno;
        }
        look_after(std::chrono::milliseconds(0));
    }

  private:
    void look_after(std::chrono::milliseconds pause) {
        timer_.expires_after(pause);
        // A wait that is over already cannot be called back.
        timer_.async_wait([alive = std::weak_ptr(self_)](boost::system::error_code ec) {
            const auto self = alive.lock();
            if (!ec && self) (*self)->look();
        });
    }

    void look() {
        const auto ending = child_->ended();
        read_output();
        read_report();
        if (not_started_ != 0 && (ending || !child_->running())) return finish(not_started());
        if (ending) return finish(judged(*ending));
        if (Clock::now() >= deadline_) {
            child_->signal_group(SIGKILL);
            timed_out_ = true;
            deadline_ = Clock::now() + kKillAgain;
        }
        look_after(kLookEvery);
    }

    void finish(const Outcome& outcome) {
        const auto done = std::move(done_);
        done(outcome);  // may end us
    }

    Outcome not_started() const {
        return {false, true,
                "it cannot be started: " + std::generic_category().message(not_started_) +
                    " [system:" + std::to_string(not_started_) + "]"};
    }

    Outcome judged(const spawn::Ending& ending) {
        if (ending.code == 0 && !timed_out_) return {true, false, ""};
        std::string why =
            timed_out_ ? "it was killed, as it took too long [command:timeout]"
            : ending.code
                ? "it ended with " + std::to_string(*ending.code) + " [command:exit]"
                : "it was ended by signal " + std::to_string(ending.signal) + " [command:signal]";
        while (kept_.ends_with('\n')) kept_.pop_back();
        if (!kept_.empty()) why += "; its last words: " + kept_;
        return {false, true, why};
    }

    /// Its end without a word: the program is loaded.
    void read_report() {
        int error = 0;
        if (report_.value < 0) return;
        const auto n = ::read(report_.value, &error, sizeof error);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (n == static_cast<ssize_t>(sizeof error)) not_started_ = error;
        report_.reset();
    }

    void read_output() {
        std::array<char, 1024> bytes;
        for (int i = 0; output_.value >= 0 && i < 16; ++i) {
            const auto n = ::read(output_.value, bytes.data(), bytes.size());
            if (n > 0) {
                kept_.append(bytes.data(), static_cast<std::size_t>(n));
                if (kept_.size() > kKept) kept_.erase(0, kept_.size() - kKept);
            } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
                output_.reset();
            } else if (errno == EAGAIN) {
                return;
            }
        }
    }

    asio::io_context& io_;
    asio::steady_timer timer_;
    Clock::time_point deadline_;
    Done done_;
    std::shared_ptr<Run*> self_ = std::make_shared<Run*>(this);  ///< of what is queued
    std::shared_ptr<spawn::Child> child_ = std::make_shared<spawn::Child>();
    Fd output_;
    Fd report_;
    std::string kept_;
    int not_started_ = 0;
    bool timed_out_ = false;
};

}  // namespace

std::unique_ptr<Delivery> run(asio::io_context& io, const Target& target, const Message& message,
                              const std::string& body, Delivery::Done done) {
    auto one = std::make_unique<Run>(io, target, std::move(done));
    one->start(target.command, message, body);
    return one;
}

}  // namespace elector::notify
