// Owns what each path of the API answers, and which there are. Must never know HTTP's syntax.
// Thread rule: the io_context's thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include "admin/events.hpp"
#include "admin/gate.hpp"
#include "admin/host.hpp"
#include "admin/message.hpp"
#include "admin/metrics.hpp"

namespace elector::admin {

struct Route;

class Api {
  public:
    Api(Host& host, Metrics& metrics) : host_(host), metrics_(metrics) {}

    /// Answers every request; what escapes a handler is a 500 and is told nobody else.
    boost::asio::awaitable<Answer> answer(const Request& request);

  private:
    friend struct Routes;
    using Handler = Answer (Api::*)(const Request&);

    /// What has to wait for something.
    using Waiter = boost::asio::awaitable<Answer> (Api::*)(const Request&);

    boost::asio::awaitable<Answer> dispatch(const Request& request);
    Answer livez(const Request&);
    Answer readyz(const Request&);
    Answer leader(const Request&);
    Answer standby(const Request&);
    Answer metrics(const Request&);
    Answer events(const Request&);
    Answer reload(const Request&);
    // group_paths.cpp
    Answer status(const Request&);
    Answer explain(const Request&);
    boost::asio::awaitable<Answer> history(const Request&);
    // resign_paths.cpp
    boost::asio::awaitable<Answer> resign(const Request& request);
    Answer rejoin(const Request& request);
    Answer resign_at_once();
    boost::json::object resigned_now(bool handing_over) const;
    // order_paths.cpp
    boost::asio::awaitable<Answer> switchover(const Request& request);
    boost::asio::awaitable<Answer> pause(const Request& request);
    boost::asio::awaitable<Answer> resume(const Request& request);

    Host& host_;
    Metrics& metrics_;
};

/// "GET /livez" and so on: all that there is.
std::span<const std::string_view> served();

/// One line of JSON: what the member says of itself now, without another look at anything.
std::string status_event(const Host& host);

}  // namespace elector::admin
