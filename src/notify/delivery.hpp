// Owns what a target is, and one attempt to bring it one message. An attempt that is destroyed is
// called back: nothing of it goes on. Must never block. Thread rule: the io_context's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "notify/message.hpp"

namespace elector::notify {

/// Where messages go by POST.
struct Webhook {
    bool tls = false;
    std::string host;  ///< a name, or an IP address without brackets
    std::uint16_t port = 0;
    std::string path;    ///< with its query, as sent; often a secret
    std::string bearer;  ///< a secret; empty: none
    std::string ca_pem;  ///< who may vouch for the host; empty: the system's authorities
    bool operator==(const Webhook&) const = default;
};

/// Either a command or, without one, a webhook.
struct Target {
    std::string name;  ///< for the log: holds no secret
    Webhook webhook;
    std::vector<std::string> command;
    Format format = Format::kJson;
    std::vector<std::string> events;
    std::chrono::milliseconds timeout{5000};
    bool operator==(const Target&) const = default;

    /// The same reader, though other things of it may differ.
    bool same_reader(const Target& other) const;
};

struct Outcome {
    bool delivered = false;
    bool worth_repeating = true;  ///< of a failure
    std::string error;            ///< of a failure: "cause [category:code]", no secret
};

class Delivery {
  public:
    using Done = std::function<void(Outcome)>;
    virtual ~Delivery() = default;
};

/// Begins at once. `done` is called once, never before this returns, never after the delivery is
/// gone; it may end the delivery.
std::unique_ptr<Delivery> deliver(boost::asio::io_context& io, const Target& target,
                                  const Message& message, Delivery::Done done);

// The two kinds; `body` is the written message.
std::unique_ptr<Delivery> post(boost::asio::io_context& io, const Target& target, std::string body,
                               Delivery::Done done);
std::unique_ptr<Delivery> run(boost::asio::io_context& io, const Target& target,
                              const Message& message, const std::string& body, Delivery::Done done);

}  // namespace elector::notify
