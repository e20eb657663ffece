// Owns the user's terminal while the live table is shown: keys one by one, an own screen, and all
// of it given back at the end. Must never block the reactor: a terminal that does not read misses
// frames. Thread rule: the io_context's thread.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <termios.h>

namespace elector::demo {

/// Writes all of it, waiting as needed; what cannot be written is nobody's to read.
void write_all(int descriptor, std::string_view text);

class Terminal {
  public:
    /// True when there is one that can show a table.
    static bool usable();

    /// Throws std::runtime_error when the terminal cannot be had.
    explicit Terminal(boost::asio::io_context& io);
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    /// Calls back for each key until close(); 3 is Ctrl-C.
    void read_keys(std::function<void(char)> on_key);
    void draw(std::string frame);
    struct Size {
        std::size_t width = 80;
        std::size_t height = 24;
    };
    Size size();
    /// Gives the terminal back.
    void close();

  private:
    void flush();

    boost::asio::posix::stream_descriptor tty_;
    termios before_{};
    std::array<char, 16> typed_{};
    std::string pending_;
    bool open_ = true;
};

}  // namespace elector::demo
