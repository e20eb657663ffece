// Owns the measurement of many candidates on one key: how long until all are in the queue, what
// each of them is sent while nothing happens, and what a hand-over takes; for each number of them,
// with an etcd of its own. Thread rule: one thread.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/read.hpp>

#include <sys/resource.h>

#include "crowd_member.hpp"
#include "etcd/records.hpp"
#include "etcd_calls.hpp"
#include "http_exchange.hpp"
#include "support/etcd_process.hpp"

namespace {

using namespace elector;
using namespace elector::bench;
using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr int kHandovers = 5;
constexpr std::size_t kPerClient = 100;
constexpr auto kPatience = 180s;

/// The sum of what etcd's /metrics says under this name.
double counter(const std::string& endpoint, const std::string& name) {
    const auto colon = endpoint.rfind(':');
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    const auto port = static_cast<std::uint16_t>(std::stoi(endpoint.substr(colon + 1)));
    socket.connect({asio::ip::address_v4::loopback(), port});
    asio::write(socket, asio::buffer(std::string("GET /metrics HTTP/1.0\r\n\r\n")));
    std::string text;
    boost::system::error_code ended;
    asio::read(socket, asio::dynamic_buffer(text), ended);
    double sum = 0;
    for (std::size_t at = text.find("\n" + name); at != std::string::npos;
         at = text.find("\n" + name, at + 1)) {
        const auto end = text.find('\n', at + 1);
        const auto value = text.rfind(' ', end);
        sum += std::strtod(text.c_str() + value, nullptr);
    }
    return sum;
}

double seconds_of(const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

double own_cpu() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

struct Sum {
    double sent = 0;
    double received = 0;
    double etcd_cpu = 0;
    double cpu = 0;
    Traffic traffic;
};

class Crowd {
  public:
    Crowd(std::size_t count, std::size_t front) : count_(count), front_(front) {
        etcd::ClientOptions options;
        options.endpoints = etcd_.endpoints();
        options.request_timeout = 5s;
        for (std::size_t i = 0; i <= (count - 1) / kPerClient; ++i) {
            options.seed = static_cast<std::uint32_t>(i + 1);
            clients_.push_back(std::make_unique<etcd::Client>(io_, options));
        }
        for (std::size_t i = 0; i < count; ++i) add(i);
    }

    ~Crowd() {
        for (auto& member : members_) member->stop();
        for (auto& client : clients_) test::run(io_, client->close());
        io_.restart();
        io_.run_for(1s);
    }

    /// From the first candidate's key to the last's, in s.
    double build_queue() {
        for (auto& member : members_) member->start();
        wait([this] { return queued_ > 0; });
        const auto first = clock_.now();
        wait([this] {
            while (checked_ < count_ && is_queued(checked_)) ++checked_;
            return checked_ == count_;
        });
        return std::chrono::duration<double>(clock_.now() - first).count();
    }

    void elect() {
        model::HolderRecord record;
        record.state = model::HolderRecord::State::kDrained;
        record.hold = policy(0).hold;
        record.quiesce = policy(0).quiesce;
        record.gate = model::Gate{std::nullopt, policy(0).settle};
        record.reason = "bootstrap";
        require(test::run(io_, clients_.front()->put({keys_.holder, etcd::to_json(record), 0})));
        wait([this] { return active_ == 1; });
    }

    Sum rest(std::chrono::seconds span) {
        const auto before = sum();
        io_.restart();
        io_.run_for(span);
        auto after = sum();
        after.sent -= before.sent;
        after.received -= before.received;
        after.etcd_cpu -= before.etcd_cpu;
        after.cpu -= before.cpu;
        auto& t = after.traffic;
        t.events -= before.traffic.events;
        t.event_bytes -= before.traffic.event_bytes;
        t.reads -= before.traffic.reads;
        t.read_bytes -= before.traffic.read_bytes;
        t.publications -= before.traffic.publications;
        return after;
    }

    /// From the order to the marker, and from the open gate to the activation, in ms: what is
    /// between them is the next block's.
    double hand_over() {
        model::SwitchoverOrder order;
        order.term = leader_->state().holding.term;
        order.who = "bench";
        order.why = "measurement";
        activate_sent_.reset();
        const int before = active_;
        const auto began = clock_.now();
        require(test::run(io_, clients_.front()->put({keys_.switchover, etcd::to_json(order), 0})));
        wait([&] { return active_ > before; });
        const auto ours = (marker_ - began) + (activate_sent_.value() - gate_open_);
        return std::chrono::duration<double, std::milli>(ours).count();
    }

  private:
    model::Policy policy(std::size_t i) const {
        model::Policy p;
        p.member = "member-" + std::to_string(i);
        p.instance = "boot/" + std::to_string(i);
        p.queue_prefix = keys_.queue;
        p.version = "bench";
        p.api_url = "http://127.0.0.1:1";
        p.front = front_;
        return p;
    }

    void add(std::size_t i) {
        auto heard = [this](CrowdMember& m, const model::Effect& e) { on_effect(m, e); };
        auto& client = *clients_[i / kPerClient];
        members_.push_back(std::make_unique<CrowdMember>(
            io_, clock_, client, tasks_, keys_, policy(i), i + 1, traffic_, std::move(heard)));
    }

    bool is_queued(std::size_t i) const {
        return members_[i]->state().session.create != model::Revision{};
    }

    void on_effect(CrowdMember& member, const model::Effect& effect) {
        const auto now = clock_.now();
        if (std::holds_alternative<model::Queue>(effect)) ++queued_;
        if (std::holds_alternative<model::Claim>(effect))
            gate_open_ = member.state().candidacy.check_started;
        if (std::holds_alternative<model::Activate>(effect)) activate_sent_ = now;
        const auto* said = std::get_if<model::Announce>(&effect);
        if (said && said->notice == model::Notice::kMarkerWritten) marker_ = now;
        if (!said || said->notice != model::Notice::kActive) return;
        leader_ = &member;
        ++active_;
    }

    Sum sum() {
        const auto endpoint = etcd_.plain_endpoint(0);
        Sum s;
        s.sent = counter(endpoint, "etcd_network_client_grpc_sent_bytes_total");
        s.received = counter(endpoint, "etcd_network_client_grpc_received_bytes_total");
        s.etcd_cpu = counter(endpoint, "process_cpu_seconds_total");
        s.cpu = own_cpu();
        s.traffic = traffic_;
        return s;
    }

    void wait(const std::function<bool()>& done) { test::run_until(io_, done, kPatience); }

    const std::size_t count_;
    const std::size_t front_;
    test::EtcdCluster etcd_;
    asio::io_context io_{1};
    app::BootClock clock_;
    app::Tasks tasks_{
        io_, [](const std::string&, const std::string& what) { throw std::runtime_error(what); }};
    etcd::Keys keys_{"/bench-crowd"};
    Traffic traffic_;
    std::vector<std::unique_ptr<etcd::Client>> clients_;
    std::vector<std::unique_ptr<CrowdMember>> members_;
    std::size_t queued_ = 0;   ///< keys that were sent
    std::size_t checked_ = 0;  ///< members up to this one were seen in the queue
    int active_ = 0;
    CrowdMember* leader_ = nullptr;
    model::Instant marker_;
    model::Instant gate_open_;
    std::optional<model::Instant> activate_sent_;
};

void measure(std::size_t count, std::size_t front, std::chrono::seconds span) {
    Crowd crowd(count, front);
    const double built = crowd.build_queue();
    crowd.elect();
    crowd.rest(10s);
    const auto s = crowd.rest(span);
    const double each = static_cast<double>(count) * static_cast<double>(span.count());
    const auto rate = [&](std::uint64_t n) { return static_cast<double>(n) / each; };
    std::printf("%6zu %8.2f %9.0f %8.0f %8.2f %8.0f %7.3f %8.0f %7.3f %7.1f %7.1f", count, built,
                s.sent / each, s.received / each, rate(s.traffic.events),
                rate(s.traffic.event_bytes), rate(s.traffic.reads), rate(s.traffic.read_bytes),
                rate(s.traffic.publications), 100 * s.etcd_cpu / static_cast<double>(span.count()),
                100 * s.cpu / static_cast<double>(span.count()));
    std::fflush(stdout);
    Samples took;
    for (int i = 0; i < kHandovers; ++i) took.push_back(crowd.hand_over());
    std::printf(" %8.0f %8.0f\n", median(took), quantile(took, 1));
    std::fflush(stdout);
}

}  // namespace

// bench_crowd [seconds [front [count...]]]
int main(int argc, char** argv) {
    const std::chrono::seconds span{argc > 1 ? std::atoi(argv[1]) : 20};
    const auto front = static_cast<std::size_t>(argc > 2 ? std::atoi(argv[2]) : 16);
    std::vector<std::size_t> counts;
    for (int i = 3; i < argc; ++i) counts.push_back(std::strtoul(argv[i], nullptr, 10));
    if (counts.empty()) counts = {10, 100, 300, 1000};
    std::printf("front %zu; each candidate and second, but for CPU in %% and the hand-over in ms\n",
                front);
    std::printf("%6s %8s %9s %8s %8s %8s %7s %8s %7s %7s %7s %8s %8s\n", "count", "queue s",
                "sent B", "recvd B", "events", "bytes", "reads", "bytes", "writes", "etcd", "ours",
                "hand-over", "largest");
    for (const auto count : counts) measure(count, front, span);
    return 0;
}
