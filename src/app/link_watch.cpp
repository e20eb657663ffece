#include "app/link_watch.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/epoll.h>

namespace elector::app {
namespace asio = boost::asio;

namespace {

int make_epoll(int fd) {
    const int made = ::epoll_create1(EPOLL_CLOEXEC);
    epoll_event end_only{};
    end_only.events = EPOLLRDHUP;
    if (made >= 0 && ::epoll_ctl(made, EPOLL_CTL_ADD, fd, &end_only) == 0) return made;
    throw std::system_error(errno, std::generic_category(), "cannot watch the guardian's link");
}

}  // namespace

LinkWatch::LinkWatch(asio::io_context& io, int fd, std::function<void()> on_ready)
    : epoll_(io, make_epoll(fd)), fd_(fd), on_ready_(std::move(on_ready)) {
    wait();
}

void LinkWatch::want(bool readable, bool writable) {
    const unsigned wanted = EPOLLRDHUP | (readable ? EPOLLIN : 0U) | (writable ? EPOLLOUT : 0U);
    if (!epoll_.is_open() || std::exchange(wanted_, wanted) == wanted) return;
    epoll_event event{};
    event.events = wanted;
    ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, fd_, &event);
}

void LinkWatch::close() {
    boost::system::error_code ignored;
    epoll_.close(ignored);
}

void LinkWatch::wait() {
    epoll_.async_wait(asio::posix::stream_descriptor::wait_read,
                      [this](boost::system::error_code ec) {
                          if (ec) return;
                          on_ready_();
                          if (epoll_.is_open()) wait();
                      });
}

}  // namespace elector::app
