#include "notify/delivery.hpp"

#include <utility>

namespace elector::notify {

bool Target::same_reader(const Target& other) const {
    const auto& a = webhook;
    const auto& b = other.webhook;
    return command == other.command && a.tls == b.tls && a.host == b.host && a.port == b.port &&
           a.path == b.path;
}

std::unique_ptr<Delivery> deliver(boost::asio::io_context& io, const Target& target,
                                  const Message& message, Delivery::Done done) {
    auto body = written(message, target.format);
    if (target.command.empty()) return post(io, target, std::move(body), std::move(done));
    return run(io, target, message, body, std::move(done));
}

}  // namespace elector::notify
