// The two programs as a user runs them.
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <boost/json.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include "simnode/checker/log_line.hpp"

namespace {

namespace fs = std::filesystem;
using namespace elector::checker;
using namespace std::chrono_literals;

class Folder {
  public:
    Folder() {
        std::string pattern = (fs::temp_directory_path() / "simnode-test-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
        watch_ = ::inotify_init1(IN_CLOEXEC);
        REQUIRE(::inotify_add_watch(watch_, pattern.c_str(), IN_MODIFY | IN_MOVED_TO) >= 0);
    }
    ~Folder() {
        ::close(watch_);
        fs::remove_all(path_);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    /// True as soon as something is written or appears in it.
    bool stirs_within(std::chrono::milliseconds limit) const {
        pollfd ready{watch_, POLLIN, 0};
        if (::poll(&ready, 1, static_cast<int>(limit.count())) <= 0) return false;
        std::array<char, 4096> events;
        return ::read(watch_, events.data(), events.size()) > 0;
    }
    template <class Done>
    bool eventually(Done&& done) const {
        const auto end = std::chrono::steady_clock::now() + 10s;
        while (!done() && std::chrono::steady_clock::now() < end) stirs_within(100ms);
        return done();
    }
    std::string file(const std::string& name) const { return (path_ / name).string(); }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(file(name)) << text;
        return file(name);
    }

  private:
    fs::path path_;
    int watch_ = -1;
};

std::string read(const std::string& name) {
    std::ifstream in(name);
    std::stringstream out;
    out << in.rdbuf();
    return out.str();
}

pid_t spawn(std::vector<std::string> argv, const std::string& out, const std::string& err) {
    std::vector<char*> pointers;
    for (std::string& a : argv) pointers.push_back(a.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_addopen(&files, 1, out.c_str(), kFlags, 0644);
    posix_spawn_file_actions_addopen(&files, 2, err.c_str(), kFlags, 0644);
    pid_t pid = -1;
    CHECK(::posix_spawn(&pid, pointers[0], &files, nullptr, pointers.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&files);
    return pid;
}

int wait_exit(pid_t pid) {
    int state = 0;
    REQUIRE(::waitpid(pid, &state, 0) == pid);
    return WIFEXITED(state) ? WEXITSTATUS(state) : 1000 + WTERMSIG(state);
}

struct Ran {
    int exit;
    std::string out;
    std::string err;
};

Ran checker(const Folder& f, std::vector<std::string> args) {
    args.insert(args.begin(), CHECKER_PROGRAM);
    const pid_t pid = spawn(std::move(args), f.file("out"), f.file("err"));
    const int code = wait_exit(pid);
    return {code, read(f.file("out")), read(f.file("err"))};
}

std::int64_t realtime_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

std::vector<Entry> signatures(const std::string& log) {
    std::vector<Entry> out;
    std::istringstream in(read(log));
    for (std::string line; std::getline(in, line);) {
        const auto parsed = parse_line(line);
        const Line* l = std::get_if<Line>(&parsed);
        if (l != nullptr && is_signature(l->entry.kind)) out.push_back(l->entry);
    }
    return out;
}

std::string vote(const std::string& node, std::int64_t t, std::uint64_t height) {
    return format_line(node, {t, 0, Kind::proposal, height, 0}) + "\n";
}

}  // namespace

TEST_CASE("elector-checker exits 0, 1 or 2 and names the bad line") {
    const Folder f;
    const std::string a = f.write("a.log", vote("a", 10, 5) + vote("a", 20, 6));
    const std::string b = f.write("b.log", vote("b", 30, 7));
    const std::string twin = f.write("twin.log", vote("twin", 15, 5));
    const std::string bad = f.write("bad.log", vote("c", 40, 8) + "rubbish\n" + vote("c", 50, 9));

    const Ran good = checker(f, {a, b});
    CHECK(good.exit == 0);
    CHECK(good.out.find("verdict: safe") != std::string::npos);
    CHECK(good.err.empty());

    const Ran unsafe = checker(f, {"--json", a, twin});
    CHECK(unsafe.exit == 1);
    CHECK(boost::json::parse(unsafe.out).at("double_signatures").as_array().size() == 1);

    const Ran spoilt = checker(f, {a, bad, twin});
    CHECK(spoilt.exit == 2);
    CHECK(spoilt.err.find(bad + ":2: not JSON") == 0);

    CHECK(checker(f, {}).exit == 2);
    CHECK(checker(f, {f.file("missing.log")}).exit == 2);
    CHECK(checker(f, {"--nonsense", a}).exit == 2);
}

TEST_CASE("iotex-simnode announces its ports, logs, and ends on SIGTERM with exit 0") {
    const Folder f;
    const std::string log = f.file("sign.log");
    const pid_t pid =
        spawn({SIMNODE_PROGRAM, "--names", "a,b", "--active", "--block-interval", "200ms",
               "--control-port", "0", "--log", log, "--ports-file", f.file("ports.json")},
              f.file("out"), f.file("err"));
    // Two active nodes sign the same round within a block or two.
    REQUIRE(f.eventually([&] { return checker(f, {log}).exit == 1; }));
    const auto ports = boost::json::parse(read(f.file("ports.json"))).as_object();
    CHECK(ports.at("nodes").as_array().size() == 2);
    CHECK(ports.at("nodes").as_array()[1].at("name") == "b");
    CHECK(ports.at("nodes").as_array()[1].at("admin").to_number<int>() > 0);
    CHECK(ports.at("control").to_number<int>() > 0);
    ::kill(pid, SIGTERM);
    CHECK(wait_exit(pid) == 0);
    CHECK(checker(f, {log}).exit == 1);
    const std::string text = read(log);
    for (const char* kind : {"start", "active_on", "proposal_endorsement", "stop"}) {
        CAPTURE(kind);
        CHECK(text.find("\"kind\":\"" + std::string(kind) + "\"") != std::string::npos);
    }
}

TEST_CASE("iotex-simnode refuses what it does not understand") {
    const Folder f;
    const auto exit_of = [&](std::vector<std::string> args) {
        args.insert(args.begin(), SIMNODE_PROGRAM);
        const pid_t pid = spawn(std::move(args), f.file("out"), f.file("err"));
        return wait_exit(pid);
    };
    CHECK(exit_of({"--help"}) == 0);
    CHECK(exit_of({"--nodes", "0"}) == 2);
    CHECK(exit_of({"--nodes"}) == 2);
    CHECK(exit_of({"--block-interval", "2.5"}) == 2);
    CHECK(exit_of({"--frobnicate"}) == 2);
    CHECK(exit_of({"--chain-epoch", "9000000000000000000"}) == 1);
    CHECK(exit_of({"--log", f.file("no/such/folder")}) == 1);
}

TEST_CASE("a stopped process signs nothing meanwhile; a killed one leaves its end to the checker") {
    const Folder f;
    const std::string log = f.file("sign.log");
    const std::int64_t epoch = realtime_ns() - 10'000'000'000;
    const std::vector<std::string> program{SIMNODE_PROGRAM,
                                           "--active",
                                           "--block-interval",
                                           "200ms",
                                           "--chain-epoch",
                                           std::to_string(epoch),
                                           "--log",
                                           log};
    const pid_t first = spawn(program, f.file("out"), f.file("err"));
    REQUIRE(f.eventually([&] { return signatures(log).size() > 2; }));
    ::kill(first, SIGSTOP);
    int state = 0;
    REQUIRE(::waitpid(first, &state, WUNTRACED) == first);
    const std::int64_t from = realtime_ns();
    f.stirs_within(0ms);  // what it wrote before
    CHECK_FALSE(f.stirs_within(700ms));
    const std::int64_t to = realtime_ns();
    const std::size_t before = signatures(log).size();
    ::kill(first, SIGCONT);
    CHECK(f.eventually([&] { return signatures(log).size() > before + 2; }));
    for (const Entry& e : signatures(log)) CHECK((e.time_ns < from || e.time_ns > to));
    ::kill(first, SIGKILL);
    CHECK(wait_exit(first) == 1000 + SIGKILL);
    const std::size_t dead = signatures(log).size();
    const pid_t second = spawn(program, f.file("out"), f.file("err"));
    CHECK(f.eventually([&] { return signatures(log).size() > dead; }));
    ::kill(second, SIGTERM);
    CHECK(wait_exit(second) == 0);
    const Ran judged = checker(f, {"--json", log});
    CHECK(judged.exit == 0);
    const auto report = boost::json::parse(judged.out);
    CHECK(report.at("active").as_array().size() == 2);
    CHECK(report.at("active").as_array()[0].at("end_unknown") == true);
    CHECK(report.at("active").as_array()[1].at("end_unknown") == false);
}

TEST_CASE("iotex-simnode ends with its parent") {
    const Folder f;
    const std::string log = f.file("sign.log");
    const std::string command = std::string(SIMNODE_PROGRAM) + " --log " + log + " & wait";
    const pid_t shell = spawn({"/bin/sh", "-c", command}, f.file("out"), f.file("err"));
    REQUIRE(f.eventually([&] { return read(log).find("\"start\"") != std::string::npos; }));
    REQUIRE(f.eventually([&] { return !read(f.file("out")).empty(); }));
    ::kill(shell, SIGKILL);
    wait_exit(shell);
    CHECK(f.eventually([&] { return read(log).find("\"stop\"") != std::string::npos; }));
}
