// Real runs of a command: what it is given, and what is learned of its end.
#include "guardian/fence_command.hpp"

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace elector;
using namespace elector::guardian;
using namespace std::chrono_literals;

namespace {

Instant now() {
    timespec t{};
    ::clock_gettime(CLOCK_BOOTTIME, &t);
    return Instant(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

struct Run {
    explicit Run(const std::string& script, Duration timeout = 30s)
        : Run(std::vector<std::string>{"/bin/sh", "-c", script}, timeout) {}
    Run(const std::vector<std::string>& words, Duration timeout)
        : command({"delegate-a", "boot net http://127.0.0.1:9009", "http://127.0.0.1:9009"}) {
        command.set(*fence_words("http://127.0.0.1:8080", words, timeout));
        REQUIRE(command.start(now(), {FencedBy::kGuardian, "elector_gone", {42}}));
    }
    /// Waits for something to happen, and lets the command proceed.
    std::optional<FenceEnd> look() {
        std::array<pollfd, 2> fds{{{command.output(), POLLIN, 0}, {command.end(), POLLIN, 0}}};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            std::min<Duration>(command.deadline() - now(), 30s));
        ::poll(fds.data(), fds.size(), static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
        return command.proceed(now());
    }
    FenceEnd finish() {
        for (;;)
            if (const auto end = look()) return *end;
    }

    FenceCommand command;
};

}  // namespace

TEST_CASE("a fence command is told who, what and why, and no secret") {
    ::setenv("ELECTOR_ETCD_PASSWORD", "hush", 1);
    ::setenv("OTHER", "kept", 1);
    ::setenv("NOTIFY_SOCKET", "@manager", 1);
    ::setenv("WATCHDOG_USEC", "10000000", 1);
    Run run("env | grep -E 'ELECTOR|OTHER|NOTIFY|WATCHDOG' | sort; readlink /proc/self/fd/0");
    ::unsetenv("ELECTOR_ETCD_PASSWORD");
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    const auto end = run.finish();
    CHECK(end.success());
    CHECK(std::string(run.command.said()) ==
          "ELECTOR_ADMIN=http://127.0.0.1:9009\n"
          "ELECTOR_ASKED_BY=guardian\n"
          "ELECTOR_INSTANCE=boot net http://127.0.0.1:9009\n"
          "ELECTOR_NAME=delegate-a\n"
          "ELECTOR_PROBE=http://127.0.0.1:8080\n"
          "ELECTOR_REASON=elector_gone\n"
          "ELECTOR_TERM=42\n"
          "OTHER=kept\n"
          "/dev/null\n");
}

TEST_CASE("exit code and signal are told apart, and only 0 is a success") {
    auto failed = Run("exit 7").finish();
    CHECK(failed.ending.code == 7);
    CHECK(!failed.success());
    auto killed = Run("kill -TERM $$").finish();
    CHECK(!killed.ending.code);
    CHECK(killed.ending.signal == SIGTERM);
    CHECK(!killed.success());
}

TEST_CASE("past its time a command is killed with all that it has started") {
    Run run("sleep 60 & echo $!; wait", 300ms);
    while (run.command.running() && run.command.said().empty()) static_cast<void>(run.look());
    const auto child = std::stoi(std::string(run.command.said()));
    const auto end = run.finish();
    CHECK(end.timed_out);
    CHECK(end.ending.signal == SIGKILL);
    CHECK(!end.success());
    CHECK(end.took >= 300ms);
    CHECK(end.took < 20s);
    // The child is reaped by somebody else; it is dead or a zombie by then.
    const auto gone = [&] {
        const auto file = "/proc/" + std::to_string(child) + "/stat";
        FILE* f = std::fopen(file.c_str(), "r");
        if (!f) return true;
        char state = 0;
        const int n = std::fscanf(f, "%*d %*s %c", &state);
        std::fclose(f);
        return n != 1 || state == 'Z' || state == 'X';
    };
    const auto until = now() + 10s;
    while (!gone() && now() < until) ::poll(nullptr, 0, 5);
    CHECK(gone());
}

TEST_CASE("of what a command says the end is kept") {
    Run run("seq 1 5000; printf last");
    CHECK(run.finish().success());
    const std::string said(run.command.said());
    CHECK(said.size() == FenceCommand::kKept);
    CHECK(said.substr(said.size() - 14) == "4999\n5000\nlast");
}

TEST_CASE("a command that leaves something behind that goes on talking has ended") {
    Run run("sleep 5 & echo left");
    const auto end = run.finish();
    CHECK(end.success());
}

TEST_CASE("a program that is not there is an error of its start") {
    Run run(std::vector<std::string>{"/no/such/program"}, 10s);
    const auto end = run.finish();
    CHECK(end.not_started == ENOENT);
    CHECK(!end.success());
    CHECK(!run.command.running());
}

TEST_CASE("a program that cannot be loaded for long holds up nobody but itself") {
    // Who opens a file that another process has leased waits for its consent, up to 45 s.
    std::string path = std::filesystem::temp_directory_path() / "elector-leased-XXXXXX";
    const int made = ::mkstemp(path.data());
    REQUIRE(made >= 0);
    const std::string script = "#!/bin/sh\necho loaded\n";
    REQUIRE(::write(made, script.data(), script.size()) == ssize_t(script.size()));
    ::fchmod(made, 0700);
    ::close(made);
    ::signal(SIGIO, SIG_IGN);  // the question
    const int lease = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(::fcntl(lease, F_SETLEASE, F_WRLCK) == 0);
    const auto since = now();
    Run run(std::vector<std::string>{path}, 30s);
    CHECK(!run.command.proceed(now()));
    CHECK(now() - since < 10s);
    CHECK(run.command.running());
    REQUIRE(::fcntl(lease, F_SETLEASE, F_UNLCK) == 0);
    CHECK(run.finish().success());
    CHECK(run.command.said() == "loaded\n");
    ::close(lease);
    ::unlink(path.c_str());
}

TEST_CASE("what cannot be ended is killed again each second, and told of once") {
    if (::geteuid() != 0) return;  // it takes a process that this one may not signal
    Run run("sleep 60", 300ms);
    const auto late = now() + 300ms;
    REQUIRE(::setresuid(65534, 65534, 0) == 0);
    CHECK(!run.command.proceed(late));
    CHECK(!run.command.unending());
    CHECK(!run.command.stuck());
    CHECK(run.command.deadline() == late + 1s);
    CHECK(!run.command.proceed(late + 1s));
    CHECK(run.command.unending() == EPERM);
    CHECK(run.command.stuck());
    CHECK(!run.command.proceed(late + 2s));
    CHECK(!run.command.unending());
    REQUIRE(::setresuid(0, 0, 0) == 0);
    CHECK(!run.command.proceed(late + 3s));
    const auto end = run.finish();
    CHECK(!run.command.stuck());
    CHECK(end.timed_out);
    CHECK(end.ending.signal == SIGKILL);
}

TEST_CASE("a command can be run again, and taken back") {
    FenceCommand command({"a", "b", "c"});
    CHECK(!command.configured());
    CHECK(command.deadline() == model::kNever);
    for (int i = 0; i < 3; ++i) {
        command.set(*fence_words("p", {"/bin/sh", "-c", "exit " + std::to_string(i)}, 10s));
        REQUIRE(command.start(now(), {FencedBy::kElector, "status_hung", {}}));
        CHECK(command.running());
        std::optional<FenceEnd> end;
        while (!end) {
            pollfd ended{command.end(), POLLIN, 0};
            ::poll(&ended, 1, 10'000);
            end = command.proceed(now());
        }
        CHECK(end->ending.code == i);
    }
    command.set({});
    CHECK(!command.configured());
}
