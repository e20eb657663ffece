// The demo's hold on processes, with real ones.
#include "demo/process.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace elector::demo;

namespace {

struct Pipe {
    Pipe() { REQUIRE(::pipe2(ends, O_CLOEXEC) == 0); }
    ~Pipe() {
        for (const int end : ends) ::close(end);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    /// Waits for it.
    std::string line() {
        std::string text;
        for (char c = 0; ::read(ends[0], &c, 1) == 1 && c != '\n';) text += c;
        return text;
    }
    int ends[2]{};
};

Process shell(const std::string& script, const Pipe& pipe) {
    return Process(Command{"/bin/sh", {"sh", "-c", script}, pipe.ends[1], SIGKILL});
}

/// Without a limit: what never ends is seen by the test's own.
void wait_for_end(Process& process) {
    while (process.running()) {
    }
}

bool is_there(pid_t pid) { return ::kill(pid, 0) == 0; }

}  // namespace

TEST_CASE("a process tells how it ended, and stands in a clean environment and group of its own") {
    ::setenv("ETCD_NAME", "strange", 1);
    Pipe pipe;
    const std::string group = "read -r a b c d group e < /proc/$$/stat; echo $group; ";
    auto process = shell("echo ${ETCD_NAME:-clean}; " + group + "exit 3", pipe);
    CHECK(pipe.line() == "clean");
    CHECK(pipe.line() == std::to_string(process.pid()));
    wait_for_end(process);
    CHECK(process.ending() == "exit code 3");
    CHECK_FALSE(process.succeeded());
    auto killed = shell("exec sleep 100", pipe);
    killed.signal(SIGKILL);
    wait_for_end(killed);
    CHECK(killed.ending() == "signal 9");
}

TEST_CASE("a process inherits nothing that is open here") {
    Pipe pipe;
    const int open = ::dup(pipe.ends[0]);  // outlives exec, as a socket of Asio's does
    auto process =
        shell("test -e /proc/self/fd/" + std::to_string(open) + " && echo open; echo no", pipe);
    CHECK(pipe.line() == "no");
    ::close(open);
}

TEST_CASE("a process ends with the object that holds it") {
    Pipe pipe;
    pid_t pid = 0;
    {
        auto process = shell("echo; exec sleep 100", pipe);
        pipe.line();
        pid = process.pid();
        CHECK(process.running());
    }
    CHECK_FALSE(is_there(pid));
}

TEST_CASE("a child's child is found, a stranger and a dead one are not") {
    Pipe pipe;
    auto parent = shell("sleep 100 & echo $!; wait", pipe);
    const pid_t pid = std::stoi(pipe.line());
    auto child = Process::find(pid, parent.pid());
    REQUIRE(child);
    CHECK(child->running());
    CHECK_FALSE(Process::find(pid, 1));
    CHECK_FALSE(Process::find(::getppid(), parent.pid()));
    child->signal(SIGKILL);
    wait_for_end(parent);  // which waits for it, and reaps it
    CHECK_FALSE(child->running());
    CHECK_FALSE(Process::find(pid, parent.pid()));
}

TEST_CASE("whoever loses its parent stays in the family, and ends with it") {
    Pipe pipe;
    pid_t held = 0, forgotten = 0;
    {
        const Family family;
        auto parent = shell("sleep 100 & echo $!; sleep 100 & echo $!; wait", pipe);
        held = std::stoi(pipe.line());
        forgotten = std::stoi(pipe.line());
        auto child = Process::find(held, parent.pid());
        REQUIRE(child);
        parent.end();
        CHECK(child->running());
        child->signal(SIGKILL);
        wait_for_end(*child);
        CHECK(child->ending() == "signal 9");  // reaped by us
        CHECK(is_there(forgotten));
    }
    CHECK_FALSE(is_there(forgotten));
}
