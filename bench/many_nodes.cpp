// Many simple nodes in one process, for measurements of many groups: each has the three ports of an
// iotex node and obeys at once. It writes a line for each change of a node's flag. What a real node
// does late, or wrong, is iotex-simnode's.
// Usage: bench_many_nodes FIRST_PORT COUNT; a line "hang I" or "answer I" on stdin is a
// fault of node I. Node I has the ports FIRST_PORT + 3 I (admin), + 1 (probe) and + 2 (web3).
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include <sys/resource.h>
#include <unistd.h>

namespace {
namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr double kBlockInterval = 2.5;  // seconds
constexpr std::uint64_t kFirstHeight = 1000;

double wall_clock() {
    timespec t{};
    clock_gettime(CLOCK_REALTIME, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

struct Node {
    std::size_t number = 0;
    bool active = false;
    bool hangs = false;
    std::vector<std::shared_ptr<void>> kept{};  ///< connections that nobody reads any more
};

std::string answer(const std::string& body, const char* type) {
    return std::string("HTTP/1.1 200 OK\r\nContent-Type: ") + type +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// To eth_blockNumber the height alone, to all else the newest block.
std::string block(bool height_only) {
    const double now = wall_clock();
    const auto count = static_cast<std::uint64_t>(now / kBlockInterval);
    const auto at = static_cast<std::uint64_t>(static_cast<double>(count) * kBlockInterval);
    char text[160];
    const auto height = static_cast<unsigned long>(kFirstHeight + count % 100'000'000);
    if (height_only) {
        std::snprintf(text, sizeof text, R"({"jsonrpc":"2.0","id":1,"result":"0x%lx"})", height);
        return text;
    }
    std::snprintf(text, sizeof text,
                  R"({"jsonrpc":"2.0","id":1,"result":{"number":"0x%lx","timestamp":"0x%lx"}})",
                  height, static_cast<unsigned long>(at));
    return text;
}

std::string reply(Node& node, const std::string& head, const std::string& body) {
    const auto set = [&node](bool active) {
        if (node.active != active)
            std::printf("%.6f %zu %s\n", wall_clock(), node.number, active ? "on" : "off");
        std::fflush(stdout);
        node.active = active;
        return answer("", "text/plain");
    };
    if (head.starts_with("GET /ha?activate=true ")) return set(true);
    if (head.starts_with("GET /ha?activate=false ")) return set(false);
    if (head.starts_with("GET /ha "))
        return answer(node.active ? "{\"active\":true}\n" : "{\"active\":false}\n", "text/plain");
    if (head.starts_with("GET /metrics ")) return answer("", "text/plain");
    if (head.starts_with("GET /")) return answer("OK", "text/plain");
    return answer(block(body.find("eth_blockNumber") != std::string::npos), "application/json");
}

class Session : public std::enable_shared_from_this<Session> {
  public:
    Session(tcp::socket socket, Node& node) : socket_(std::move(socket)), node_(node) {}

    void read() {
        asio::async_read_until(socket_, buffer_, "\r\n\r\n",
                               [self = shared_from_this()](ErrorCode ec, std::size_t size) {
                                   if (!ec) self->heard(size);
                               });
    }

  private:
    void heard(std::size_t size) {
        std::string head(asio::buffers_begin(buffer_.data()),
                         asio::buffers_begin(buffer_.data()) + static_cast<std::ptrdiff_t>(size));
        buffer_.consume(size);
        std::size_t body = 0;
        const auto length = head.find("Content-Length: ");
        if (length != std::string::npos)
            body = std::strtoul(head.c_str() + length + 16, nullptr, 10);
        const auto here = std::min(body, buffer_.size());
        asio::async_read(socket_, buffer_, asio::transfer_exactly(body - here),
                         [self = shared_from_this(), head, body](ErrorCode ec, std::size_t) {
                             if (ec) return;
                             const auto begin = asio::buffers_begin(self->buffer_.data());
                             const std::string text(begin,
                                                    begin + static_cast<std::ptrdiff_t>(body));
                             self->buffer_.consume(body);
                             self->write(head, text);
                         });
    }

    void write(const std::string& head, const std::string& body) {
        if (node_.hangs) return node_.kept.push_back(shared_from_this());
        text_ = reply(node_, head, body);
        asio::async_write(socket_, asio::buffer(text_),
                          [self = shared_from_this()](ErrorCode ec, std::size_t) {
                              if (!ec) self->read();
                          });
    }

    tcp::socket socket_;
    Node& node_;
    asio::streambuf buffer_;
    std::string text_;
};

class Port {
  public:
    Port(asio::io_context& io, std::uint16_t number, Node& node)
        : acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), number)), node_(node) {
        accept();
    }

  private:
    void accept() {
        acceptor_.async_accept([this](ErrorCode ec, tcp::socket socket) {
            if (ec) return;
            std::make_shared<Session>(std::move(socket), node_)->read();
            accept();
        });
    }

    tcp::acceptor acceptor_;
    Node& node_;
};

class Faults {
  public:
    Faults(asio::io_context& io, std::vector<Node>& nodes)
        : stdin_(io, ::dup(0)), io_(io), nodes_(nodes) {
        read();
    }

  private:
    void read() {
        asio::async_read_until(stdin_, buffer_, '\n', [this](ErrorCode ec, std::size_t) {
            if (ec) return io_.stop();  // whoever has started us is gone
            std::istream words(&buffer_);
            std::string kind;
            std::size_t number = 0;
            words >> kind >> number;
            words.ignore();
            if (number >= nodes_.size()) return read();
            nodes_[number].hangs = kind == "hang";
            nodes_[number].kept.clear();
            read();
        });
    }

    asio::posix::stream_descriptor stdin_;
    asio::io_context& io_;
    std::vector<Node>& nodes_;
    asio::streambuf buffer_;
};

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 3) {
        std::fprintf(stderr, "usage: bench_many_nodes FIRST_PORT COUNT\n");
        return 2;
    }
    const auto first = std::strtoul(argv[1], nullptr, 10);
    const auto count = std::strtoul(argv[2], nullptr, 10);
    if (first < 1024 || count == 0 || first + 3 * count > 65'535) {
        std::fprintf(stderr, "bench_many_nodes: the ports do not fit below 65536\n");
        return 2;
    }
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    asio::io_context io{1};
    std::vector<Node> nodes(count);
    std::vector<std::unique_ptr<Port>> ports;
    for (std::size_t i = 0; i < count; ++i) {
        nodes[i].number = i;
        for (std::size_t p = 0; p < 3; ++p)
            ports.push_back(std::make_unique<Port>(
                io, static_cast<std::uint16_t>(first + 3 * i + p), nodes[i]));
    }
    Faults faults(io, nodes);
    std::printf("ready\n");
    std::fflush(stdout);
    io.run();
    return 0;
} catch (const std::exception& e) {
    std::fprintf(stderr, "bench_many_nodes: %s\n", e.what());
    return 1;
}
