// iotex-simnode: simulated nodes of one delegate on loopback ports, in real time.
#include <charconv>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>
#include <string_view>

#include <boost/asio/signal_set.hpp>

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "simnode/checker/log_line.hpp"
#include "simnode/host/host.hpp"

namespace {

using namespace elector::simnode;

constexpr const char* kUsage =
    "usage: iotex-simnode [options]          (durations as 2.5s or 300ms)\n"
    "  --nodes N             nodes in this process (1)\n"
    "  --names A,B,C         their names (node0,node1,...); sets --nodes\n"
    "  --admin-port P        first node's port, the next ones follow; 0 chooses free ones (0)\n"
    "  --probe-port P, --web3-port P          likewise\n"
    "  --control-port P      fault orders and state: POST /fault?node=0&kind=crash, GET /state\n"
    "  --ports-file FILE     writes the ports as JSON (also printed as one line when ready)\n"
    "  --log FILE            appends one JSON line per signature, flag change, start and stop\n"
    "  --block-interval D    2.5s; consensus spans scale with it\n"
    "  --seed N              of the chain and the nodes (1)\n"
    "  --chain-epoch NS      CLOCK_REALTIME of the chain's instant 0: several processes with the\n"
    "                        same epoch, seed and interval see the same chain\n"
    "  --genesis-height N    height at instant 0 (41000000)\n"
    "  --producers N         one slot in N is the delegate's (24)\n"
    "  --boot D              process start to open admin port, for restarts (12s)\n"
    "  --booting             begin with that boot instead of being up\n"
    "  --start-delay D       first round of a node that starts active (5s)\n"
    "  --active              nodes are configured active\n"
    "  --skew D,D,...        wall clock of each node minus the real one\n"
    "  --older-version, --noop, --operator-address A, --node-version V\n"
    "  --metrics-padding N   bytes of further series in /metrics (0)\n";

struct Arguments {
    HostOptions host;
    std::string log;
    std::string ports_file;
    std::vector<std::string> names;
    std::vector<Duration> skews;
    NodeParams node;
    NodePorts first;
    std::uint32_t nodes = 1;
    Duration interval = 2500ms;
};

template <class T>
bool parse_number(std::string_view text, T& out) {
    const auto done = std::from_chars(text.data(), text.data() + text.size(), out);
    return done.ec == std::errc{} && done.ptr == text.data() + text.size();
}

bool parse_duration(std::string_view text, Duration& out) {
    double value = 0;
    const auto done = std::from_chars(text.data(), text.data() + text.size(), value);
    if (done.ec != std::errc{}) return false;
    const std::string_view unit = text.substr(static_cast<std::size_t>(done.ptr - text.data()));
    if (unit != "s" && unit != "ms") return false;
    const double ms = unit == "s" ? value * 1e3 : value;
    out = Duration{static_cast<std::int64_t>(ms * 1e6)};
    return true;
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> out;
    for (;;) {
        const std::size_t comma = text.find(',');
        out.emplace_back(text.substr(0, comma));
        if (comma == std::string_view::npos) return out;
        text.remove_prefix(comma + 1);
    }
}

bool parse_skews(std::string_view text, std::vector<Duration>& out) {
    for (const std::string& s : split(text))
        if (!parse_duration(s, out.emplace_back())) return false;
    return true;
}

using Setter = std::function<bool(std::string_view)>;

std::map<std::string_view, Setter> setters(Arguments& a) {
    const auto number = [](auto& out) {
        return [&out](std::string_view v) { return parse_number(v, out); };
    };
    const auto span = [](Duration& out) {
        return [&out](std::string_view v) { return parse_duration(v, out) && out > 0ms; };
    };
    const auto word = [](std::string& out) {
        return [&out](std::string_view v) {
            out = v;
            return !v.empty();
        };
    };
    return {
        {"--nodes", number(a.nodes)},
        {"--names",
         [&a](std::string_view v) {
             a.names = split(v);
             return true;
         }},
        {"--admin-port", number(a.first.admin)},
        {"--probe-port", number(a.first.probe)},
        {"--web3-port", number(a.first.web3)},
        {"--control-port",
         [&a](std::string_view v) { return parse_number(v, a.host.control_port.emplace()); }},
        {"--ports-file", word(a.ports_file)},
        {"--log", word(a.log)},
        {"--block-interval", span(a.interval)},
        {"--seed", number(a.host.chain.seed)},
        {"--chain-epoch",
         [&a](std::string_view v) { return parse_number(v, a.host.chain_epoch_ns.emplace()); }},
        {"--genesis-height", number(a.host.chain.genesis_height)},
        {"--producers", number(a.host.chain.producers)},
        {"--boot", span(a.node.admin_boot)},
        {"--start-delay", span(a.node.start_delay)},
        {"--skew", [&a](std::string_view v) { return parse_skews(v, a.skews); }},
        {"--operator-address", word(a.node.operator_address)},
        {"--node-version", word(a.node.version)},
        {"--metrics-padding", number(a.host.metrics_padding_bytes)},
    };
}

bool parse_switch(std::string_view name, Arguments& a) {
    if (name == "--active") return a.node.starts_active = true;
    if (name == "--booting") return !(a.node.already_up = false);
    if (name == "--older-version") return a.node.older_version = true;
    if (name != "--noop") return false;
    a.node.scheme = Scheme::noop;
    return true;
}

/// Empty, or what is wrong.
std::string parse(int argc, char** argv, Arguments& a) {
    const auto known = setters(a);
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (parse_switch(name, a)) continue;
        const auto it = known.find(name);
        if (it == known.end()) return "unknown option " + std::string(name);
        if (++i == argc) return std::string(name) + " needs a value";
        if (!it->second(argv[i])) return std::string(name) + " cannot be \"" + argv[i] + "\"";
    }
    if (!a.names.empty()) a.nodes = static_cast<std::uint32_t>(a.names.size());
    if (a.nodes == 0 || a.nodes > 64) return "--nodes must be 1 to 64";
    if (a.host.chain.producers == 0) return "--producers must be at least 1";
    if (a.interval < 100ms) return "--block-interval must be at least 100ms";
    return {};
}

std::uint16_t nth(std::uint16_t first, NodeIndex n) {
    return first == 0 ? first : static_cast<std::uint16_t>(first + n);
}

HostOptions host_options(const Arguments& a) {
    HostOptions o = a.host;
    o.chain = o.chain.scaled_to(a.interval);
    // With an epoch of its own the chain may be shared: then it must be a function of time alone.
    o.chain.own_slots_matter = !o.chain_epoch_ns.has_value();
    for (NodeIndex n = 0; n < a.nodes; ++n) {
        NodeParams p = a.node.scaled_to(a.interval);
        if (n < a.names.size()) p.name = a.names[n];
        if (n < a.skews.size()) p.wall_skew = a.skews[n];
        p.consensus_boot = p.admin_boot * 2 / 3;
        o.nodes.push_back(p);
        o.ports.push_back({nth(a.first.admin, n), nth(a.first.probe, n), nth(a.first.web3, n)});
    }
    return o;
}

/// One write per line on an appending descriptor: several processes can share the file.
class LogFile {
  public:
    explicit LogFile(const std::string& name)
        : fd_(name.empty() ? -1
                           : ::open(name.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644)),
          wanted_(!name.empty()) {}
    ~LogFile() {
        if (fd_ >= 0) ::close(fd_);
    }
    LogFile(const LogFile&) = delete;
    LogFile& operator=(const LogFile&) = delete;

    bool good() const { return !wanted_ || fd_ >= 0; }

    void write(const std::string& node, const elector::checker::Entry& e) const {
        if (fd_ < 0) return;
        const std::string line = elector::checker::format_line(node, e) + "\n";
        // A signature that is not on record would make the judgement worthless.
        if (::write(fd_, line.data(), line.size()) == static_cast<ssize_t>(line.size())) return;
        std::perror("iotex-simnode: cannot write the log");
        std::_Exit(1);
    }

  private:
    int fd_;
    bool wanted_;
};

bool announce(const Host& host, const std::string& file) {
    const std::string line = boost::json::serialize(host.ports_json());
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
    if (file.empty()) return true;
    // Renamed into place, so that nobody reads half of it.
    const std::string draft = file + ".new";
    {
        std::ofstream out(draft, std::ios::trunc);
        out << line << "\n";
        if (!out.flush()) return false;
    }
    return std::rename(draft.c_str(), file.c_str()) == 0;
}

int run(const Arguments& a) {
    const LogFile log(a.log);
    if (!log.good()) {
        std::fprintf(stderr, "iotex-simnode: cannot open %s\n", a.log.c_str());
        return 1;
    }
    boost::asio::io_context io(1);
    HostOptions options = host_options(a);
    options.sink = [&log](const std::string& node, const elector::checker::Entry& e) {
        log.write(node, e);
    };
    Host host(io, std::move(options));
    boost::asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&](boost::system::error_code, int) { host.stop(); });
    if (!announce(host, a.ports_file)) {
        std::fprintf(stderr, "iotex-simnode: cannot write %s\n", a.ports_file.c_str());
        return 1;
    }
    io.run();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const pid_t parent = ::getppid();
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) return 1;  // it died in between
    std::signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && (std::string_view(argv[1]) == "--help" || std::string_view(argv[1]) == "-h")) {
        std::fputs(kUsage, stdout);
        return 0;
    }
    Arguments a;
    a.host.chain.genesis_height = 41'000'000;
    if (const std::string error = parse(argc, argv, a); !error.empty()) {
        std::fprintf(stderr, "iotex-simnode: %s\n%s", error.c_str(), kUsage);
        return 2;
    }
    try {
        return run(a);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "iotex-simnode: %s\n", e.what());
        return 1;
    }
}
