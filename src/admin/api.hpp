// Owns what each path of the API answers, and which there are. Must never know HTTP's syntax.
// Thread rule: the io_context's thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "admin/events.hpp"
#include "admin/gate.hpp"
#include "admin/host.hpp"
#include "admin/message.hpp"
#include "admin/metrics.hpp"

namespace elector::admin {

struct Route;

class Api {
  public:
    /// Answers about all groups that may be under way at a time: each has its length in memory.
    static constexpr long kMostLong = 4;
    /// Groups that such an answer looks at in one turn of the loop.
    static constexpr std::size_t kGroupsAtOnce = 8;

    Api(House& house, Metrics& metrics) : house_(house), metrics_(metrics) {}

    /// Answers every request; what escapes a handler is a 500 and is told nobody else.
    boost::asio::awaitable<Answer> answer(const Request& request);

  private:
    friend struct Route;
    friend struct Routes;
    /// About the member of one group.
    using Handler = Answer (Api::*)(const Request&, Host&);
    /// The same, where it has to wait for something.
    using Waiter = boost::asio::awaitable<Answer> (Api::*)(const Request&, Host&);
    /// About the process, or all groups.
    using AllWaiter = boost::asio::awaitable<Answer> (Api::*)(const Request&);

    boost::asio::awaitable<Answer> dispatch(const Request& request);
    boost::asio::awaitable<Answer> run(const Route& route, const Request& request);
    boost::asio::awaitable<Answer> livez(const Request&);
    boost::asio::awaitable<Answer> metrics(const Request&);
    boost::asio::awaitable<Answer> reload(const Request&);
    Answer readyz(const Request&, Host& host);
    Answer leader(const Request&, Host& host);
    Answer standby(const Request&, Host& host);
    Answer events(const Request&, Host& host);
    // group_paths.cpp
    Answer status(const Request&, Host& host);
    Answer explain(const Request&, Host& host);
    boost::asio::awaitable<Answer> history(const Request&, Host& host);
    // all_paths.cpp
    boost::asio::awaitable<Answer> all_ready(const Request&);
    boost::asio::awaitable<Answer> all_status(const Request&);
    boost::asio::awaitable<Answer> all_events(const Request&);
    /// None: kMostLong are under way.
    std::shared_ptr<const void> long_place() const;
    // resign_paths.cpp
    boost::asio::awaitable<Answer> resign(const Request& request, Host& host);
    Answer rejoin(const Request& request, Host& host);
    // order_paths.cpp
    boost::asio::awaitable<Answer> switchover(const Request& request, Host& host);
    boost::asio::awaitable<Answer> pause(const Request& request, Host& host);
    boost::asio::awaitable<Answer> resume(const Request& request, Host& host);

    House& house_;
    Metrics& metrics_;
    std::shared_ptr<const void> long_answers_ = std::make_shared<char>();  ///< shared by each
};

/// "GET /livez" and so on: all that there is.
std::span<const std::string_view> served();

/// One line of JSON: what the member says of itself now, without another look at anything.
std::string status_event(const Host& host);
/// The same of all groups: how many there are, in each role.
std::string status_event(const House& house);

}  // namespace elector::admin
