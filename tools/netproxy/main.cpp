// iotex-netproxy: a TCP proxy on the loopback that is told, line by line, how to misbehave.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/write.hpp>

#include <sys/prctl.h>
#include <unistd.h>

#include "netproxy/proxy.hpp"

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using elector::netproxy::Order;
using elector::netproxy::Proxy;

constexpr const char* kUsage =
    "usage: iotex-netproxy --target ADDRESS:PORT [--listen PORT] [--control PORT]\n"
    "Forwards 127.0.0.1:PORT (0: a free one, the default) to the target. Prints one line of JSON\n"
    "with its ports when ready. Commands come line by line on standard input and on connections\n"
    "to the control port, each answered by one line (\"ok ...\" or \"error: ...\"):\n"
    "  pass | blackhole | refuse | one_way_up | one_way_down | delay MS | flap MS\n"
    "  mode          says the mode and the number of connections\n"
    "  reset         resets the connections there are\n"
    "  quit          ends the program; so does the end of standard input without --control\n";

struct Arguments {
    tcp::endpoint target;
    std::uint16_t listen = 0;
    bool control = false;
    std::uint16_t control_port = 0;
};

bool parse_port(const std::string& text, std::uint16_t& port) {
    char* end = nullptr;
    const auto value = std::strtoul(text.c_str(), &end, 10);
    if (text.empty() || *end != '\0' || value > 65535) return false;
    port = static_cast<std::uint16_t>(value);
    return true;
}

bool parse_target(const std::string& text, tcp::endpoint& target) {
    const auto colon = text.rfind(':');
    std::uint16_t port = 0;
    if (colon == std::string::npos || !parse_port(text.substr(colon + 1), port)) return false;
    error_code failure;
    const auto address = asio::ip::make_address(text.substr(0, colon), failure);
    target = {address, port};
    return !failure && port != 0;
}

/// Empty, or what is wrong.
std::string parse(const std::vector<std::string>& words, Arguments& a) {
    for (std::size_t i = 0; i < words.size(); i += 2) {
        const auto& name = words[i];
        const std::string value = i + 1 < words.size() ? words[i + 1] : "";
        bool fine = false;
        if (name == "--target") {
            fine = parse_target(value, a.target);
        } else if (name == "--listen") {
            fine = parse_port(value, a.listen);
        } else if (name == "--control") {
            fine = a.control = parse_port(value, a.control_port);
        } else {
            return "unknown argument '" + name + "'";
        }
        if (!fine) return name + " has no proper value: '" + value + "'";
    }
    return a.target.port() == 0 ? "--target is missing" : "";
}

class Program {
  public:
    explicit Program(const Arguments& a)
        : proxy_(io_, a.target, a.listen),
          acceptor_(io_),
          input_(io_, ::dup(STDIN_FILENO)),
          signals_(io_, SIGINT, SIGTERM),
          control_(a.control) {
        if (control_) {
            acceptor_ = tcp::acceptor(io_, {asio::ip::address_v4::loopback(), a.control_port});
            accept();
        }
        signals_.async_wait([this](error_code, int) { io_.stop(); });
    }

    void run() {
        std::string ready = "{\"port\":" + std::to_string(proxy_.port());
        if (control_) ready += ",\"control\":" + std::to_string(acceptor_.local_endpoint().port());
        std::printf("%s}\n", ready.c_str());
        std::fflush(stdout);
        read_input();
        io_.run();
    }

  private:
    struct Conversation {
        explicit Conversation(tcp::socket s) : socket(std::move(s)) {}
        tcp::socket socket;
        std::string input;
        std::string output;
    };

    std::string obey(std::string line) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (line == "quit") {
            io_.stop();
        } else if (line == "reset") {
            proxy_.reset();
        } else if (line != "mode") {
            const auto parsed = elector::netproxy::parse_order(line);
            if (const auto* wrong = std::get_if<std::string>(&parsed))
                return "error: " + *wrong + "\n";
            proxy_.set(std::get<Order>(parsed));
        }
        return "ok " + to_string(proxy_.order()) + ", " + std::to_string(proxy_.connections()) +
               " connections\n";
    }

    void read_input() {
        asio::async_read_until(input_, asio::dynamic_buffer(typed_), '\n',
                               [this](error_code failure, std::size_t size) {
                                   if (failure) return control_ ? void() : io_.stop();
                                   const auto answer = obey(typed_.substr(0, size - 1));
                                   typed_.erase(0, size);
                                   std::fputs(answer.c_str(), stdout);
                                   std::fflush(stdout);
                                   read_input();
                               });
    }

    void accept() {
        acceptor_.async_accept([this](error_code failure, tcp::socket socket) {
            if (!failure) read(std::make_shared<Conversation>(std::move(socket)));
            accept();
        });
    }

    void read(const std::shared_ptr<Conversation>& c) {
        asio::async_read_until(c->socket, asio::dynamic_buffer(c->input, 4096), '\n',
                               [this, c](error_code failure, std::size_t size) {
                                   if (failure) return;
                                   c->output = obey(c->input.substr(0, size - 1));
                                   c->input.erase(0, size);
                                   write(c);
                               });
    }

    void write(const std::shared_ptr<Conversation>& c) {
        asio::async_write(c->socket, asio::buffer(c->output),
                          [this, c](error_code failure, std::size_t) {
                              if (!failure) read(c);
                          });
    }

    asio::io_context io_{1};
    Proxy proxy_;
    tcp::acceptor acceptor_;
    asio::posix::stream_descriptor input_;
    asio::signal_set signals_;
    bool control_;
    std::string typed_;
};

}  // namespace

int main(int argc, char** argv) {
    const pid_t parent = ::getppid();
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) return 1;  // it died in between
    std::signal(SIGPIPE, SIG_IGN);
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words == std::vector<std::string>{"--help"} || words == std::vector<std::string>{"-h"}) {
        std::fputs(kUsage, stdout);
        return 0;
    }
    Arguments a;
    if (const std::string error = parse(words, a); !error.empty()) {
        std::fprintf(stderr, "iotex-netproxy: %s\n%s", error.c_str(), kUsage);
        return 2;
    }
    try {
        Program(a).run();
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "iotex-netproxy: %s\n", e.what());
        return 1;
    }
}
