// Owns a gRPC server that speaks etcd's methods as a test scripts them. It answers nothing by
// itself: a call without a script, or whose script does not answer, is silent. Thread rule: scripts
// run on the io_context of the test; one private thread only hands work to it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "etcd/client.hpp"

namespace elector::test {

class FakeCallState;

/// One call as the server sees it. Copies mean the same call; a call that has ended ignores
/// everything.
class FakeCall {
  public:
    FakeCall() = default;
    explicit FakeCall(std::weak_ptr<FakeCallState> state) : state_(std::move(state)) {}
    /// Sends one message; the call stays open.
    template <class Message>
    void send(const Message& message) const {
        send_bytes(message.SerializeAsString());
    }
    /// Ends the call with a gRPC status.
    void finish(int code, const std::string& text) const;
    /// The whole answer of a unary call.
    template <class Message>
    void answer(const Message& message) const {
        send(message);
        finish(0, "");
    }
    void send_bytes(const std::string& bytes) const;
    std::string metadata(const std::string& key) const;
    /// How long the client says that it will wait; a year and more if it does not say.
    std::chrono::milliseconds patience() const;
    bool alive() const { return !state_.expired(); }

  private:
    std::weak_ptr<FakeCallState> state_;
};

class FakeEtcd {
  public:
    using BytesScript = std::function<void(FakeCall, std::string)>;

    /// With a certificate: TLS; with authorities too: only for clients whom they vouch for.
    explicit FakeEtcd(boost::asio::io_context& io, const etcd::Tls& tls = {});
    /// As shut_down().
    ~FakeEtcd();
    FakeEtcd(const FakeEtcd&) = delete;
    FakeEtcd& operator=(const FakeEtcd&) = delete;

    std::string endpoint() const;

    /// `script(call, message)` runs for each message of `method`, such as "KV/Txn".
    template <class Message, class Script>
    void on(const std::string& method, Script script) {
        on_bytes(method, [script](FakeCall call, const std::string& bytes) {
            Message message;
            if (message.ParseFromString(bytes)) script(std::move(call), message);
        });
    }
    void on_bytes(const std::string& method, BytesScript script);

    /// From now on every call is silent: what the scripts refer to may go.
    void forget_scripts();

    /// Methods of the messages received, in order.
    const std::vector<std::string>& received() const;
    /// Calls that have begun and not ended, by either side.
    std::size_t calls_open() const;

    /// Closes the port and every connection. Runs the io_context meanwhile.
    void shut_down();

    struct State;

  private:
    std::unique_ptr<State> state_;
};

/// An endpoint at which nothing listens.
std::string refused_endpoint();

}  // namespace elector::test
