// Owns the measurement of what the machinery adds to a hand-over, beside its floors in the same
// run: plain calls to the same etcd and a blocking socket to the same nodes. Waits that the
// protocol asks for (the next block, the last round) are not in any figure. Thread rule: one
// thread.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "etcd_calls.hpp"
#include "group.hpp"
#include "http_exchange.hpp"

namespace {

using namespace elector;
using namespace elector::bench;
using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr double kMostOfPlain = 1.2;
constexpr Rounds kFloorRounds{50, 300};  // before, and again after the hand-overs

struct Floors {
    Samples read;    ///< transaction that reads
    Samples range;   ///< linearizable
    Samples write;   ///< guarded put
    Samples notice;  ///< put to notice at another client
    Samples http;    ///< GET /ha
};

void append(Samples& all, const Samples& more) { all.insert(all.end(), more.begin(), more.end()); }

void measure_floors(asio::io_context& io, Group& group, Floors& floors) {
    const auto options = group.client_options();
    etcd::Client client(io, options);
    etcd::Client reader(io, options);
    const auto time = [&](auto call) { return time_etcd(io, call, kFloorRounds); };
    append(floors.read, time([&client] { return client.txn(guarded_read()); }));
    append(floors.range, time([&client] { return client.range({"bench/k", "", false, 0}); }));
    append(floors.write, time([&client] { return client.txn(guarded_put()); }));
    append(floors.notice, put_to_notice(io, client, reader, kFloorRounds));
    const iotex::Url node{"127.0.0.1", group.nodes().ports(0).admin};
    append(floors.http, http_round_trips(node, kFloorRounds));
    test::run(io, client.close());
    test::run(io, reader.close());
}

/// Every span of one kind, over all hand-overs of a sort.
Samples spans(const std::vector<Handover>& all, Handover::Moment Handover::*from,
              Handover::Moment Handover::*to) {
    Samples samples;
    for (const auto& h : all) {
        if (!(h.*from) || !(h.*to)) throw std::runtime_error("a moment of a hand-over is missing");
        samples.push_back(std::chrono::duration<double, std::milli>(*(h.*to) - *(h.*from)).count());
    }
    return samples;
}

void print_head(const std::string& title) {
    std::printf("\n%-42s %8s %8s %8s   %s\n", title.c_str(), "min", "median", "max",
                "floor (ratio of medians)");
}

void print_row(const char* what, const Samples& samples) {
    std::printf("%-42s %8.2f %8.2f %8.2f", what, quantile(samples, 0), median(samples),
                quantile(samples, 1));
}

void print(const char* what, const Samples& samples) {
    print_row(what, samples);
    std::printf("\n");
}

void print(const char* what, const Samples& samples, const char* floor_name, double floor) {
    print_row(what, samples);
    std::printf("   %.2f %s (%.1f)\n", floor, floor_name, median(samples) / floor);
}

/// A median against what was promised, in ms.
void judge(const char* what, const Samples& samples, double most) {
    const double got = median(samples);
    std::printf("%s: median %.2f ms, promised %.0f ms: %s\n", what, got, most,
                got <= most ? "kept" : "MISSED");
}

void print_floors(const Floors& f) {
    print_head("floors, ms");
    print("etcd: transaction that reads", f.read);
    print("etcd: range, linearizable", f.range);
    print("etcd: transaction that writes", f.write);
    print("etcd: put to another client's notice", f.notice);
    print("node: GET /ha over a blocking socket", f.http);
}

void print_takeover(const std::vector<Handover>& all, const Floors& f) {
    const double read = median(f.read), write = median(f.write), http = median(f.http);
    using H = Handover;
    print("marker sent -> successor learned", spans(all, &H::drain_sent, &H::learned),
          "put to notice", median(f.notice));
    print("marker answered -> successor learned", spans(all, &H::marker, &H::learned));
    print("gate open -> claim sent", spans(all, &H::gate_open, &H::claim_sent), "reading txn",
          read);
    print("claim sent -> claimed", spans(all, &H::claim_sent, &H::claimed), "writing txn", write);
    print("claimed -> activation sent", spans(all, &H::claimed, &H::activate_sent), "GET /ha",
          http);
    print("gate open -> activation sent", spans(all, &H::gate_open, &H::activate_sent), "all three",
          read + write + http);
    print("activation sent -> verified active", spans(all, &H::activate_sent, &H::verified),
          "2 x GET /ha", 2 * http);
}

void print_planned(const std::vector<Handover>& all, const Floors& f) {
    using H = Handover;
    print_head("planned hand-over, ms");
    print("order put -> leader lets go", spans(all, &H::began, &H::decided), "put to notice",
          median(f.notice));
    print("marker sent -> answered", spans(all, &H::drain_sent, &H::marker), "writing txn",
          median(f.write));
    print_takeover(all, f);
}

void print_crashes(const std::vector<Handover>& all, const Floors& f, double grace) {
    using H = Handover;
    print_head("node crash, ms");
    print("crash -> leader lets go", spans(all, &H::began, &H::decided));
    print("crash -> node found dead", spans(all, &H::began, &H::found_dead), "refused_grace",
          grace);
    print("crash -> marker sent", spans(all, &H::began, &H::drain_sent), "refused_grace", grace);
    print_takeover(all, f);
}

void require_sort(const std::vector<Handover>& all, const std::vector<std::string>& causes,
                  bool by_height) {
    for (const auto& h : all) {
        const bool expected = std::find(causes.begin(), causes.end(), h.cause) != causes.end();
        if (!expected || (by_height && !h.by_height))
            throw std::runtime_error("another hand-over came in between: " + h.cause);
    }
}

void print_conditions(const char* when) {
    double load = 0;
    ::getloadavg(&load, 1);
    std::printf("load average %s: %.1f on %u processors\n", when, load,
                std::thread::hardware_concurrency());
}

int measure(int count, std::chrono::milliseconds block) {
    asio::io_context io(1);
    Group group(io, block);
    std::printf(
        "one durable etcd member, 3 simulated nodes, 3 members, profile fast, block interval %d "
        "ms, %d hand-overs of each sort\n",
        static_cast<int>(block.count()), count);
    print_conditions("at the beginning");
    Floors floors;
    measure_floors(io, group, floors);
    group.start();
    std::vector<Handover> planned, crashes;
    for (int i = 0; i < count; ++i) planned.push_back(group.planned());
    for (int i = 0; i < count; ++i) crashes.push_back(group.crash());
    group.close();
    measure_floors(io, group, floors);
    print_conditions("at the end");
    require_sort(planned, {"switchover"}, true);
    require_sort(crashes, {"node_lost", "node_dead"}, false);
    const double grace = std::chrono::duration<double, std::milli>(group.refused_grace()).count();
    print_floors(floors);
    print_planned(planned, floors);
    print_crashes(crashes, floors, grace);
    std::printf("\n");
    judge("planned, gate open -> activation sent",
          spans(planned, &Handover::gate_open, &Handover::activate_sent), 10);
    judge("node crash -> marker sent", spans(crashes, &Handover::began, &Handover::drain_sent),
          250);
    group.nodes().stop();
    const auto report = group.nodes().report();
    std::printf("%zu rounds signed, %zu double signatures\n",
                static_cast<std::size_t>(report.rounds_signed), report.double_signatures.size());
    return report.safe() ? 0 : 1;
}

/// What a way to etcd costs: its calls, the machinery's part of a hand-over, and the whole of it.
struct Cost {
    Floors floors;
    Samples machinery;  ///< marker sent to the successor's knowledge, gate open to its activation
    Samples whole;      ///< the order to the verified activation
};

Cost cost_of(Way way, int count, std::chrono::milliseconds block) {
    using H = Handover;
    asio::io_context io(1);
    Group group(io, block, way);
    Cost cost;
    measure_floors(io, group, cost.floors);
    group.start();
    std::vector<Handover> planned;
    for (int i = 0; i < count; ++i) planned.push_back(group.planned());
    group.close();
    require_sort(planned, {"switchover"}, true);
    const Samples marker = spans(planned, &H::drain_sent, &H::learned);
    const Samples claim = spans(planned, &H::gate_open, &H::activate_sent);
    for (std::size_t i = 0; i < marker.size(); ++i) cost.machinery.push_back(marker[i] + claim[i]);
    cost.whole = spans(planned, &H::began, &H::verified);
    group.nodes().stop();
    if (!group.nodes().report().safe()) throw std::runtime_error("two nodes signed");
    return cost;
}

void compare(const char* what, const Samples& samples, const Samples& plain) {
    print_row(what, samples);
    std::printf("   %.2f plain (%.2f)\n", median(plain), median(samples) / median(plain));
}

/// Planned hand-overs over each way, one after another in the same run.
int compare_ways(int count, std::chrono::milliseconds block) {
    print_conditions("at the beginning");
    const Cost plain = cost_of(Way::kPlain, count, block);
    bool kept = true;
    for (const Way way : {Way::kTls, Way::kMutual, Way::kUsers}) {
        const Cost cost = cost_of(way, count, block);
        print_head(std::string(name(way)) + ", ms");
        compare("etcd: transaction that reads", cost.floors.read, plain.floors.read);
        compare("etcd: transaction that writes", cost.floors.write, plain.floors.write);
        compare("etcd: put to another client's notice", cost.floors.notice, plain.floors.notice);
        compare("machinery of a planned hand-over", cost.machinery, plain.machinery);
        compare("whole planned hand-over", cost.whole, plain.whole);
        kept = kept && median(cost.whole) <= kMostOfPlain * median(plain.whole);
    }
    print_conditions("at the end");
    std::printf("hand-over at most %.1f times as long as plain: %s\n", kMostOfPlain,
                kept ? "kept" : "MISSED");
    return kept ? 0 : 1;
}

}  // namespace

/// Arguments: hand-overs of each sort (10), block interval in ms (1000), "ways" to compare plain
/// with secured.
int main(int argc, char** argv) {
    const int count = argc > 1 ? std::atoi(argv[1]) : 10;
    const std::chrono::milliseconds block(argc > 2 ? std::atoi(argv[2]) : 1000);
    const bool ways = argc > 3 && std::string(argv[3]) == "ways";
    if (count < 1 || block < 1s || (argc > 3 && !ways)) {
        std::fprintf(stderr, "usage: bench_handover [COUNT [BLOCK_INTERVAL_MS [ways]]]\n");
        return 2;
    }
    try {
        return ways ? compare_ways(count, block) : measure(count, block);
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "bench_handover: %s\n", failure.what());
        return 1;
    }
}
