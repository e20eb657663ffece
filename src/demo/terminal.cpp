#include "demo/terminal.hpp"

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include <boost/asio/buffer.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace elector::demo {
namespace {

// An own screen, no cursor, no wrapping of long lines; and back.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
constexpr std::string_view kLeave = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/// Of its own, so that what we set on it (not to block) is not set on the shell's.
int open_tty() {
    const int descriptor = ::open("/dev/tty", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0) throw std::runtime_error("cannot open the terminal");
    return descriptor;
}

}  // namespace

void write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto n = ::write(descriptor, text.data(), text.size());
        if (n >= 0) {
            text.remove_prefix(static_cast<std::size_t>(n));
            continue;
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return;
        pollfd waiting{descriptor, POLLOUT, 0};
        if (::poll(&waiting, 1, 1000) <= 0) return;
    }
}

bool Terminal::usable() {
    const char* const kind = std::getenv("TERM");
    if (kind == nullptr || std::string_view(kind) == "dumb" || ::isatty(STDOUT_FILENO) == 0)
        return false;
    const int descriptor = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0) return false;
    ::close(descriptor);
    return true;
}

Terminal::Terminal(boost::asio::io_context& io) : tty_(io, open_tty()) {
    ::tcgetattr(tty_.native_handle(), &before_);
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG | IEXTEN);
    raw.c_iflag &= ~static_cast<tcflag_t>(IXON | ICRNL);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    ::tcsetattr(tty_.native_handle(), TCSANOW, &raw);
    write_all(tty_.native_handle(), kEnter);
}

Terminal::~Terminal() { close(); }

void Terminal::close() {
    if (!std::exchange(open_, false)) return;
    write_all(tty_.native_handle(), kLeave);
    ::tcsetattr(tty_.native_handle(), TCSAFLUSH, &before_);
    boost::system::error_code ignored;
    tty_.close(ignored);
}

void Terminal::read_keys(std::function<void(char)> on_key) {
    tty_.async_read_some(boost::asio::buffer(typed_),
                         [this, on_key = std::move(on_key)](auto failure, std::size_t size) {
                             if (failure) return;
                             for (std::size_t i = 0; i < size && open_; ++i) on_key(typed_[i]);
                             if (open_) read_keys(on_key);
                         });
}

void Terminal::flush() {
    while (!pending_.empty()) {
        const auto n = ::write(tty_.native_handle(), pending_.data(), pending_.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return;
        pending_.erase(0, static_cast<std::size_t>(n));
    }
}

void Terminal::draw(std::string frame) {
    if (!open_) return;
    flush();
    if (!pending_.empty()) return;  // it is slow: this frame is left out
    pending_ = std::move(frame);
    flush();
}

Terminal::Size Terminal::size() {
    winsize w{};
    if (::ioctl(tty_.native_handle(), TIOCGWINSZ, &w) != 0 || w.ws_col == 0) return {};
    return {w.ws_col, w.ws_row};
}

}  // namespace elector::demo
