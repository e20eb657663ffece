#include "netproxy/proxy.hpp"

#include <array>
#include <charconv>
#include <deque>
#include <unordered_set>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

namespace elector::netproxy {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

/// As much as one direction keeps; beyond it the sender feels the back pressure, as in a kernel.
constexpr std::size_t kMostQueued = 256 * 1024;

constexpr std::array<std::pair<std::string_view, Mode>, 7> kWords{
    {{"pass", Mode::kPass},
     {"blackhole", Mode::kBlackhole},
     {"refuse", Mode::kRefuse},
     {"one_way_up", Mode::kOneWayUp},
     {"one_way_down", Mode::kOneWayDown},
     {"delay", Mode::kDelay},
     {"flap", Mode::kFlap}}};

bool has_span(Mode mode) { return mode == Mode::kDelay || mode == Mode::kFlap; }

enum class Way : std::uint8_t { kUp, kDown };

struct Chunk {
    Clock::time_point due;
    std::string bytes;
};

/// One direction of one connection.
struct Link {
    Link(Way w, tcp::socket& source, tcp::socket& sink)
        : way(w), from(source), to(sink), timer(source.get_executor()) {}
    Way way;
    tcp::socket& from;
    tcp::socket& to;
    asio::steady_timer timer;
    std::deque<Chunk> queue;
    std::size_t queued = 0;
    std::array<char, 16 * 1024> buffer{};
    bool reading = false;
    bool writing = false;
    bool ended = false;     ///< the source sends no more
    bool broken = false;    ///< it ended with a reset
    bool told_end = false;  ///< and the sink knows
};

struct Session {
    Session(tcp::socket accepted)
        : client(std::move(accepted)),
          target(client.get_executor()),
          up(Way::kUp, client, target),
          down(Way::kDown, target, client) {}
    tcp::socket client;
    tcp::socket target;
    Link up;
    Link down;
    bool connecting = false;
    bool connected = false;
    bool closed = false;
};
using SessionPtr = std::shared_ptr<Session>;

void close_hard(tcp::socket& socket) {
    error_code ignored;
    socket.set_option(tcp::socket::linger(true, 0), ignored);
    socket.close(ignored);
}

}  // namespace

std::string to_string(const Order& order) {
    std::string text;
    for (const auto& [word, mode] : kWords) {
        if (mode == order.mode) text = word;
    }
    if (has_span(order.mode)) text += " " + std::to_string(order.span.count());
    return text;
}

std::variant<Order, std::string> parse_order(std::string_view text) {
    const auto space = text.find(' ');
    const auto word = text.substr(0, space);
    for (const auto& [known, mode] : kWords) {
        if (known != word) continue;
        if (!has_span(mode)) {
            if (space == std::string_view::npos) return Order{mode, {}};
            return std::string(word) + " takes no number";
        }
        const auto digits = space == std::string_view::npos ? "" : text.substr(space + 1);
        unsigned milliseconds = 0;
        const auto* const end = digits.data() + digits.size();
        const auto parsed = std::from_chars(digits.data(), end, milliseconds);
        if (parsed.ec != std::errc{} || parsed.ptr != end || milliseconds == 0)
            return std::string(word) + " needs milliseconds, as in \"" + std::string(word) +
                   " 50\"";
        return Order{mode, std::chrono::milliseconds(milliseconds)};
    }
    return "unknown mode '" + std::string(word) +
           "'; there are pass, blackhole, refuse, one_way_up, one_way_down, delay MS, flap MS";
}

class Proxy::Core : public std::enable_shared_from_this<Proxy::Core> {
  public:
    Core(asio::io_context& io, tcp::endpoint target, std::uint16_t port)
        : reserve_(io), acceptor_(io), flap_(io), target_(std::move(target)) {
        // Bound and never listening: while the port is refused nobody else gets it.
        reserve_.open(tcp::v4());
        reserve_.set_option(tcp::acceptor::reuse_address(true));
        reserve_.bind({asio::ip::address_v4::loopback(), port});
        here_ = reserve_.local_endpoint();
    }

    void start() { listen(); }

    void set(Order order) {
        if (stopped_) return;
        order_ = order;
        flap_.cancel();
        flapped_down_ = false;
        if (order.mode == Mode::kRefuse) {
            close_listener();
            return reset();
        }
        listen();
        if (order.mode == Mode::kFlap) flap();
        advance_all();
    }

    void reset() {
        const auto sessions = std::exchange(sessions_, {});
        for (const auto& session : sessions) end(session);
    }

    void stop() {
        stopped_ = true;
        flap_.cancel();
        close_listener();
        error_code ignored;
        reserve_.close(ignored);
        reset();
    }

    Order order() const { return order_; }
    std::uint16_t port() const { return here_.port(); }
    std::size_t connections() const { return sessions_.size(); }

  private:
    void listen() {
        if (acceptor_.is_open()) return;
        acceptor_.open(tcp::v4());
        acceptor_.set_option(tcp::acceptor::reuse_address(true));
        acceptor_.bind(here_);
        acceptor_.listen();
        accept();
    }

    void close_listener() {
        error_code ignored;
        acceptor_.close(ignored);
    }

    void accept() {
        acceptor_.async_accept([self = shared_from_this()](error_code failure, tcp::socket socket) {
            // A connection can be accepted by the kernel just before the port is closed.
            if (failure == asio::error::operation_aborted || !self->acceptor_.is_open()) {
                if (!failure) close_hard(socket);
                return;
            }
            if (!failure) self->begin(std::move(socket));
            self->accept();
        });
    }

    void begin(tcp::socket socket) {
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        const auto session = std::make_shared<Session>(std::move(socket));
        sessions_.insert(session);
        advance(session);
    }

    void flap() {
        flap_.expires_after(order_.span);
        flap_.async_wait([self = shared_from_this()](error_code failure) {
            if (failure || self->order_.mode != Mode::kFlap) return;
            self->flapped_down_ = !self->flapped_down_;
            self->flap();
            self->advance_all();
        });
    }

    bool held(Way way) const {
        switch (order_.mode) {
            case Mode::kBlackhole:
                return true;
            case Mode::kOneWayUp:
                return way == Way::kUp;
            case Mode::kOneWayDown:
                return way == Way::kDown;
            case Mode::kFlap:
                return flapped_down_;
            default:
                return false;
        }
    }

    void advance_all() {
        const auto sessions = sessions_;  // a session may end on the way
        for (const auto& session : sessions) advance(session);
    }

    void advance(const SessionPtr& session) {
        if (!session->connected) connect(session);
        for (auto* const link : {&session->up, &session->down}) {
            read(session, *link);
            deliver(session, *link);
        }
        const auto over = [](const Link& link) { return link.ended && link.told_end; };
        if (over(session->up) && over(session->down)) drop(session);
    }

    void connect(const SessionPtr& session) {
        if (session->connecting || session->closed || held(Way::kUp)) return;
        session->connecting = true;
        session->target.async_connect(target_,
                                      [self = shared_from_this(), session](error_code failure) {
                                          if (session->closed) return;
                                          if (failure) return self->drop(session);
                                          error_code ignored;
                                          session->target.set_option(tcp::no_delay(true), ignored);
                                          session->connected = true;
                                          self->advance(session);
                                      });
    }

    void read(const SessionPtr& session, Link& link) {
        if (session->closed || link.reading || link.ended || held(link.way)) return;
        if (link.queued >= kMostQueued || (link.way == Way::kDown && !session->connected)) return;
        link.reading = true;
        link.from.async_read_some(
            asio::buffer(link.buffer),
            [self = shared_from_this(), session, &link](error_code failure, std::size_t size) {
                link.reading = false;
                if (session->closed) return;
                link.ended = static_cast<bool>(failure);
                link.broken = failure && failure != asio::error::eof;
                if (!failure) self->take(link, size);
                self->advance(session);
            });
    }

    void take(Link& link, std::size_t size) {
        const auto delay = order_.mode == Mode::kDelay ? order_.span : std::chrono::milliseconds{0};
        link.queue.push_back({Clock::now() + delay, std::string(link.buffer.data(), size)});
        link.queued += size;
    }

    void deliver(const SessionPtr& session, Link& link) {
        if (session->closed || !session->connected || link.writing || held(link.way)) return;
        if (link.queue.empty()) return link.ended ? deliver_end(session, link) : void();
        const auto& front = link.queue.front();
        if (front.due > Clock::now()) return wait(session, link, front.due);
        link.writing = true;
        asio::async_write(
            link.to, asio::buffer(front.bytes),
            [self = shared_from_this(), session, &link](error_code failure, std::size_t) {
                link.writing = false;
                if (session->closed) return;
                if (failure) return self->drop(session);
                link.queued -= link.queue.front().bytes.size();
                link.queue.pop_front();
                self->advance(session);
            });
    }

    void deliver_end(const SessionPtr& session, Link& link) {
        if (link.broken) return drop(session);
        if (std::exchange(link.told_end, true)) return;
        error_code ignored;
        link.to.shutdown(tcp::socket::shutdown_send, ignored);
    }

    void wait(const SessionPtr& session, Link& link, Clock::time_point due) {
        link.timer.expires_at(due);  // cancels an earlier wait
        link.timer.async_wait([self = shared_from_this(), session, &link](error_code failure) {
            if (!failure) self->deliver(session, link);
        });
    }

    void drop(const SessionPtr& session) {
        sessions_.erase(session);
        end(session);
    }

    static void end(const SessionPtr& session) {
        if (std::exchange(session->closed, true)) return;
        const auto over = [](const Link& link) { return link.ended && !link.broken; };
        const bool clean = over(session->up) && over(session->down);
        for (auto* const socket : {&session->client, &session->target}) {
            error_code ignored;
            if (clean)
                socket->close(ignored);
            else
                close_hard(*socket);
        }
        session->up.timer.cancel();
        session->down.timer.cancel();
    }

    tcp::acceptor reserve_;
    tcp::acceptor acceptor_;
    asio::steady_timer flap_;
    tcp::endpoint target_;
    tcp::endpoint here_;
    Order order_;
    bool flapped_down_ = false;
    bool stopped_ = false;
    std::unordered_set<SessionPtr> sessions_;
};

Proxy::Proxy(asio::io_context& io, tcp::endpoint target, std::uint16_t port)
    : core_(std::make_shared<Core>(io, std::move(target), port)) {
    core_->start();
}

Proxy::~Proxy() { core_->stop(); }

void Proxy::set(Order order) { core_->set(order); }
Order Proxy::order() const { return core_->order(); }
std::uint16_t Proxy::port() const { return core_->port(); }
std::size_t Proxy::connections() const { return core_->connections(); }
void Proxy::reset() { core_->reset(); }
void Proxy::stop() { core_->stop(); }

}  // namespace elector::netproxy
