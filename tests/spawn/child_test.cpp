// Children of this very test: how their ends are told.
#include "spawn/child.hpp"

#include <array>
#include <csignal>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

using namespace elector::spawn;

namespace {

/// Runs `script` to its end, once it is known.
std::optional<Ending> ending_of(std::string script) {
    script = "read line <&3; " + script;
    std::array<int, 2> go{};
    REQUIRE(::pipe2(go.data(), O_CLOEXEC) == 0);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_adddup2(&files, go[0], 3);
    std::string shell = "sh", flag = "-c";
    const std::array<char*, 4> words{shell.data(), flag.data(), script.data(), nullptr};
    const std::array<char*, 1> nothing{};
    Child child;
    REQUIRE(child.start(files, {"/bin/sh", words.data(), nothing.data()}));
    ::posix_spawn_file_actions_destroy(&files);
    CHECK(!child.ended());
    for (const int fd : go) ::close(fd);
    pollfd end{child.fd(), POLLIN, 0};
    REQUIRE(::poll(&end, 1, 10'000) == 1);
    const auto ending = child.ended();
    CHECK(!child.running());
    CHECK(!child.ended());
    return ending;
}

}  // namespace

TEST_CASE("a child ends with its exit code or its signal") {
    CHECK(ending_of("exit 7") == Ending{7, 0});
    CHECK(ending_of("kill -9 $$") == Ending{std::nullopt, 9});
}

TEST_CASE("a child that somebody else has reaped has ended, nobody knows how") {
    const auto before = std::signal(SIGCHLD, SIG_IGN);  // now the kernel reaps
    CHECK(ending_of("exit 7") == Ending{});
    std::signal(SIGCHLD, before);
}
