// Owns the floor of everything asked of a node: a blocking socket that is kept.
// Thread rule: one thread, not the server's.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "iotex/url.hpp"
#include "samples.hpp"

namespace elector::bench {

/// The whole size of an answer whose head is complete; 0: it is not yet.
inline std::size_t answer_size(const std::string& text) {
    const std::string name = "Content-Length: ";
    const auto head = text.find("\r\n\r\n");
    if (head == std::string::npos) return 0;
    const auto length = text.find(name);
    if (length == std::string::npos || length > head)
        throw std::runtime_error("an answer without its length: " + text);
    return head + 4 + std::stoul(text.substr(length + name.size()));
}

/// GET /ha and its answer, again and again.
inline Samples http_round_trips(const iotex::Url& url, Rounds rounds) {
    namespace asio = boost::asio;
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    socket.connect({asio::ip::address_v4::loopback(), url.port});
    socket.set_option(asio::ip::tcp::no_delay(true));
    const std::string request = "GET /ha HTTP/1.1\r\nHost: " + authority(url) + "\r\n\r\n";
    std::string answer(4096, ' ');
    std::size_t expected = 0;  // of the first answer; they are all alike
    Samples samples;
    for (int i = 0; i < rounds.all(); ++i) {
        const auto begin = Clock::now();
        asio::write(socket, asio::buffer(request));
        std::size_t got = 0;
        do {
            got += socket.receive(asio::buffer(answer.data() + got, answer.size() - got));
            if (expected == 0) expected = answer_size(answer.substr(0, got));
        } while (expected == 0 || got < expected);
        if (i >= rounds.warm_up) samples.push_back(milliseconds_since(begin));
    }
    return samples;
}

}  // namespace elector::bench
