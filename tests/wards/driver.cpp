// The guardian's own process over as many nodes as are named, with an elector and closers that do
// what the test says instead of an election.
//   wards_driver guard PORT...     guards n0, n1, ... at these admin ports
// Its children are itself: `elector`, which arms every node again and again, and `close-holding`,
// which writes the orders that it was given to $DRIVER_ORDERS.
// $DRIVER_PLAN has words of the elector: "hold:MS", "drain:NODE:MS" (lets go of it, and has not
// confirmed it after so long), "fence:NODE:COUNT" (orders its fence command as often, one after the
// other's end), "idle:FROM" (arms no node from that one on), "orders" (of every node one, at once,
// and reads nothing for a second), "garbage:NODE" (sends what nobody understands, about that node).
// "disarm:FROM" (lets go of every node from that one on, a moment after its "orders").
// "linger:MS": asked to end it lets go of every node at once, and ends so long after that;
// "keeps": but of the last one. "words:NODE:BYTES" (a fence command for that node, so long).
// $DRIVER_QUIESCE_MS: of the last node, instead of 2000.
// $DRIVER_REFUSES: a file; the elector that finds it removes it, and ends with 2.
// $DRIVER_FENCE: the fence command of every node. $DRIVER_CLOSER_MS: how long a closer takes to
// end. $DRIVER_CLOSER_HANGS: the node of whom a closer says nothing, and hangs; "all": it only
// hangs.
#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guardian/process.hpp"

namespace {

using namespace elector;
using namespace elector::guardian;
using namespace std::chrono_literals;

constexpr Bounds kBounds{250ms, 2s, 500ms, 1s, 200ms};

Instant now() {
    timespec t{};
    ::clock_gettime(CLOCK_BOOTTIME, &t);
    return Instant(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

Bounds bounds_of(std::size_t node, std::size_t nodes) {
    auto bounds = kBounds;
    const auto quiesce = variable("DRIVER_QUIESCE_MS");
    if (!quiesce.empty() && node + 1 == nodes)
        bounds.quiesce = std::chrono::milliseconds(std::stoi(quiesce));
    return bounds;
}

/// "word:1:2" -> {"word", "1", "2"}
std::vector<std::string> parts(const std::string& text, char between) {
    std::vector<std::string> all;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, between);) all.push_back(part);
    return all;
}

int guard_ports(const std::vector<std::string>& ports) {
    Options options;
    std::vector<std::string> urls;
    const auto command = variable("DRIVER_FENCE");
    for (std::size_t i = 0; i < ports.size(); ++i) {
        WardOptions ward;
        ward.group = "n" + std::to_string(i);
        ward.admin.port = static_cast<std::uint16_t>(std::stoi(ports[i]));
        ward.bounds = bounds_of(i, ports.size());
        ward.set_timeout = 4s;
        urls.push_back("http://127.0.0.1:" + ports[i]);
        ward.fence_identity = {ward.group, "instance", urls.back()};
        if (!command.empty()) ward.fence = KeptWords(*fence_words("", {command, ports[i]}, 5s));
        options.wards.push_back(ward);
    }
    options.elector = {"wards_driver", "elector", std::to_string(ports.size())};
    options.closer_tail = {"--config", "of-the-driver"};
    options.version = "driver";
    NodeLocks locks;
    const Log log(2, false, Level::kInfo);
    if (const auto refused = locks.acquire(urls, true)) {
        log(Level::kError, "node_locked", {{"node", urls[refused->node]}, {"error", refused->why}});
        return 1;
    }
    auto manager = ServiceManager::from_environment();
    return guard(options, locks, manager, log);
}

volatile std::sig_atomic_t asked_to_end = 0;

class Elector {
  public:
    explicit Elector(std::size_t nodes)
        : nodes_(nodes), armed_(nodes), idle_from_(nodes), disarm_from_(nodes) {
        for (const auto& word : parts(variable("DRIVER_PLAN"), ' ')) take(parts(word, ':'));
    }

    int run() {
        start_ = now();
        if (::unlink(variable("DRIVER_REFUSES").c_str()) == 0) return 2;
        if (orders_)
            for (std::size_t i = 0; i < nodes_; ++i) order(i);
        if (disarm_from_ < nodes_) ::poll(nullptr, 0, 100);
        for (std::size_t i = disarm_from_; i < nodes_; ++i) send(Disarm{}, i);
        if (orders_) ::poll(nullptr, 0, 1000);
        if (linger_) std::signal(SIGTERM, [](int) { asked_to_end = 1; });
        for (;;) {
            if (linger_ && asked_to_end) let_go();
            if (now() >= end_) return 0;
            arm_all();
            const auto until = now() + 100ms;
            send(Ping{++pings_}, 0);
            while (now() < until) {
                pollfd link{kLinkFd, POLLIN, 0};
                ::poll(&link, 1, 10);
                if (!read_all()) return 0;
            }
        }
    }

  private:
    void take(const std::vector<std::string>& word) {
        const auto number = [&](std::size_t i) { return std::stoul(word.at(i)); };
        if (word[0] == "hold") hold_ = std::chrono::milliseconds(number(1));
        if (word[0] == "drain") drains_[number(1)] = std::chrono::milliseconds(number(2));
        if (word[0] == "fence") fences_[number(1)] = number(2);
        if (word[0] == "idle") idle_from_ = number(1);
        if (word[0] == "orders") orders_ = true;
        if (word[0] == "keeps") keeps_ = true;
        if (word[0] == "linger") linger_ = std::chrono::milliseconds(number(1));
        if (word[0] == "disarm") disarm_from_ = number(1);
        if (word[0] == "words") words_ = {number(1), number(2)};
        if (word[0] == "garbage") garbage_ = number(1);
    }

    void send(const Message& message, std::size_t ward) {
        const auto packet = encode(message, ward);
        ::send(kLinkFd, packet.data(), packet.size(), MSG_NOSIGNAL);
    }

    void order(std::size_t i) {
        FenceOrder order{{++op_}, {9}, {}};
        std::string_view("driver").copy(order.reason.data(), kMaxReason);
        send(order, i);
    }

    void let_go() {
        if (end_ != model::kNever) return;
        end_ = now() + *linger_;
        idle_from_ = 0;
        for (std::size_t i = 0; i + (keeps_ ? 1 : 0) < nodes_; ++i) send(Disarm{}, i);
    }

    void arm_all() {
        const bool settled = now() > start_ + 1s;
        for (std::size_t i = 0; i < nodes_; ++i) {
            const bool kept = keeps_ && i + 1 == nodes_;
            if (i >= idle_from_ && !kept) continue;
            if (settled && drains_.contains(i)) {
                if (drained_[i]++ == 0) send(Draining{now() + drains_[i]}, i);
                continue;
            }
            Arm arm;
            arm.op = {++op_};
            arm.valid_until = now() + hold_;
            arm.term = {9};
            arm.nonce = {i + 1};
            arm.lease = {7};
            arm.holder_mod = {5};
            arm.key = *key_text("/k/7");
            arm.bounds = bounds_of(i, nodes_);
            send(arm, i);
            send(ActivationAnswered{arm.nonce}, i);
        }
        for (auto& [i, left] : fences_)
            if (settled && left > 0 && !ordered_[i]) {
                ordered_[i] = true;
                --left;
                order(i);
            }
        if (words_ && settled) {
            const auto [node, bytes] = *std::exchange(words_, std::nullopt);
            const std::string path = "/" + std::string(bytes - 3, 'x');
            send(*fence_words("", {path}, 5s), node);
        }
        if (garbage_ && settled) {
            auto packet = encode(Armed{{1}}, *garbage_);
            packet.used -= 1;
            ::send(kLinkFd, packet.data(), packet.size(), MSG_NOSIGNAL);
            garbage_.reset();
        }
    }

    bool read_all() {
        std::array<std::byte, kPacketSize> bytes{};
        for (;;) {
            const auto n = ::recv(kLinkFd, bytes.data(), bytes.size(), MSG_DONTWAIT);
            if (n == 0) return false;
            if (n < 0) return true;
            const auto letter = decode(std::span(bytes).first(static_cast<std::size_t>(n)));
            if (!letter) return false;
            if (std::holds_alternative<Armed>(letter->message)) acknowledged(letter->ward);
            if (std::holds_alternative<FenceDone>(letter->message)) {
                ordered_[letter->ward] = false;
                tell("done", letter->ward, ++done_);
            }
        }
    }

    void acknowledged(std::size_t ward) {
        if (armed_[ward]) return;
        armed_[ward] = true;
        tell("armed", ward, ++told_armed_);
    }

    void tell(std::string_view event, std::size_t ward, std::size_t count) const {
        log_(Level::kInfo, event,
             {{"node", Number(static_cast<std::int64_t>(ward))},
              {"count", Number(static_cast<std::int64_t>(count))}});
    }

    const Log log_{2, false, Level::kInfo, "elector"};
    std::size_t nodes_;
    std::vector<bool> armed_;
    std::size_t idle_from_;
    std::size_t disarm_from_;
    Instant start_;
    Duration hold_ = 5s;
    std::map<std::size_t, Duration> drains_;
    std::map<std::size_t, int> drained_;
    std::map<std::size_t, std::size_t> fences_;
    std::map<std::size_t, bool> ordered_;
    std::optional<std::size_t> garbage_;
    std::optional<std::pair<std::size_t, std::size_t>> words_;
    bool orders_ = false;
    bool keeps_ = false;
    std::optional<Duration> linger_;
    Instant end_ = model::kNever;
    std::uint64_t pings_ = 0, op_ = 0;
    std::size_t done_ = 0, told_armed_ = 0;
};

int close_holding(std::vector<std::string> words) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // one that hangs does not outlive its guardian
    const auto orders = take_orders(words);
    if (orders.empty()) return 2;
    const auto takes = variable("DRIVER_CLOSER_MS");
    const auto hangs = variable("DRIVER_CLOSER_HANGS");
    bool hung = false;
    for (std::size_t i = 0; i < orders.size(); ++i) {
        const auto& order = orders[i];
        const std::string gate = order.gate == GateKind::kTip ? "tip" : "time";
        const char* what = order.unfenced ? " unfenced " : order.spared ? " spared " : " drained ";
        const auto line = order.group + what + gate + " " + std::to_string(::getpid()) + "\n";
        const int file = ::open(variable("DRIVER_ORDERS").c_str(),
                                O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0 || ::write(file, line.data(), line.size()) < 0) return 1;
        ::close(file);
        hung = hung || hangs == order.group || hangs == "all";
        if (hangs == order.group) continue;
        const Report report{static_cast<std::uint8_t>(i), 0};
        if (::write(kReportFd, &report, sizeof report) != 2) return 1;
    }
    ::poll(nullptr, 0, hung ? -1 : takes.empty() ? 0 : std::stoi(takes));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() < 2) return 2;
    const std::vector<std::string> rest(words.begin() + 1, words.end());
    if (words[0] == "guard") return guard_ports(rest);
    if (words[0] == "elector") return Elector(std::stoul(rest[0])).run();
    if (words[0] == "close-holding") return close_holding(rest);
    return 2;
}
