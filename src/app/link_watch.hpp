// Owns for what of a socket the loop wakes: its end always, what can be read or written only while
// somebody asks for it. Must never read or write itself. Thread rule: the io_context's thread.
#pragma once

#include <functional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace elector::app {

/// Asio looks at all that happens to a descriptor that it is given; so it is given an epoll of its
/// own, which has the socket.
class LinkWatch {
  public:
    /// `fd` outlives this. Throws std::system_error when the kernel gives no epoll.
    LinkWatch(boost::asio::io_context& io, int fd, std::function<void()> on_ready);

    /// What else to wake for from now on; at once if it is so already.
    void want(bool readable, bool writable);
    /// Nothing wakes for it after this.
    void close();

  private:
    void wait();

    boost::asio::posix::stream_descriptor epoll_;
    const int fd_;
    std::function<void()> on_ready_;
    unsigned wanted_ = 0;  ///< as the kernel was told
};

}  // namespace elector::app
