#include "demo/service.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace elector::demo {
using namespace std::chrono_literals;

namespace {

constexpr model::Duration kBackOff = 1s;
/// A frozen elector is killed by its guardian within its holding; without one nobody would.
constexpr model::Duration kThawAfter = 20s;

std::array<int, 2> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw failed("make a pipe");
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return ends;
}

}  // namespace

Service::Service(boost::asio::io_context& io, std::string config_file, Hooks hooks)
    : words_(io), config_file_(std::move(config_file)), hooks_(std::move(hooks)) {
    const auto ends = make_pipe();
    words_.assign(ends[0]);
    pipe_ = ends[1];
}

void Service::start() {
    wait_words();
    start_guardian();
}

void Service::start_guardian() {
    back_at_.reset();
    guardian_.emplace(own_command({"run", "--config", config_file_}, pipe_));
}

void Service::adopt_elector(pid_t pid) {
    if (guardian_) elector_ = Process::find(pid, guardian_->pid());
    frozen_since_.reset();
}

void Service::tick() {
    if (closed_) return;
    const auto now = clock_.now();
    if (elector_ && !elector_->running()) {
        read_words();  // its last ones come first
        elector_.reset();
        frozen_since_.reset();
        hooks_.on_elector_end();
    }
    if (guardian_ && !guardian_->running()) {
        read_words();
        back_at_ = now + kBackOff;
        hooks_.on_trouble("its guardian has ended, by " + guardian_->ending() +
                          "; the demo starts it again in 1 s, as systemd would");
        guardian_.reset();
    }
    if (frozen_since_ && now >= *frozen_since_ + kThawAfter && thaw())
        hooks_.on_trouble("nobody has killed the frozen elector; it goes on");
    if (back_at_ && now >= *back_at_) start_guardian();
}

// --- what they say

void Service::wait_words() {
    words_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [this](boost::system::error_code failure) {
                          if (failure || closed_) return;
                          read_words();
                          if (!closed_) wait_words();
                      });
}

void Service::read_words() {
    std::array<char, 4096> bytes;
    for (;;) {
        const auto n = ::read(words_.native_handle(), bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        unfinished_.append(bytes.data(), static_cast<std::size_t>(n));
        for (auto end = unfinished_.find('\n'); end != std::string::npos;
             end = unfinished_.find('\n')) {
            const auto line = unfinished_.substr(0, end);
            unfinished_.erase(0, end + 1);
            hooks_.on_line(line);
        }
    }
}

// --- faults

bool Service::kill_guardian() {
    if (guardian_) guardian_->signal(SIGKILL);
    return guardian_.has_value();
}

bool Service::kill_elector() {
    if (elector_) elector_->signal(SIGKILL);
    return elector_.has_value();
}

bool Service::freeze_elector() {
    if (!elector_) return false;
    elector_->signal(SIGSTOP);
    frozen_since_ = clock_.now();
    return true;
}

bool Service::thaw() {
    if (!elector_ || !std::exchange(frozen_since_, std::nullopt)) return false;
    elector_->signal(SIGCONT);
    return true;
}

Processes Service::processes() const {
    Processes p;
    if (guardian_) p.guardian = guardian_->pid();
    if (elector_) p.elector = elector_->pid();
    p.frozen = frozen_since_.has_value();
    if (back_at_) p.back_in = std::max(*back_at_ - clock_.now(), model::Duration{});
    return p;
}

void Service::close() {
    if (std::exchange(closed_, true)) return;
    guardian_.reset();  // first: it would take the elector's end for a fault
    elector_.reset();
    boost::system::error_code ignored;
    words_.close(ignored);
    ::close(pipe_);
}

}  // namespace elector::demo
