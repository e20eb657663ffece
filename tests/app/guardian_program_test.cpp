#include "app/guardian_program.hpp"

#include <chrono>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

using namespace elector::app;
using namespace std::chrono_literals;

namespace {

std::string judged(const char* path) {
    const int fd = ::open(path, O_PATH | O_CLOEXEC);
    REQUIRE(fd >= 0);
    const auto why = unfit(fd, 500ms);
    ::close(fd);
    return why;
}

}  // namespace

TEST_CASE("the guardian's program of this build is fit, and no other is") {
    CHECK(judged(ELECTOR_GUARDIAN) == "");
    CHECK(judged("/bin/true") == "it is of another version");
    CHECK(judged("/bin/echo") == "it is of another version");
    CHECK(judged("/etc/passwd") == "it cannot be run: Permission denied");
}

TEST_CASE("a program that does not say its version is not waited for") {
    const auto began = std::chrono::steady_clock::now();
    CHECK(judged(ELECTOR_SILENT_PROGRAM) == "it did not say its version in time");
    const auto took = std::chrono::steady_clock::now() - began;
    CHECK(took >= 500ms);
    CHECK(took < 5s);
}

TEST_CASE("a guardian that there is not is not become, and nothing is done") {
    elector::guardian::Settings settings;
    const std::string nowhere = "/nowhere/iotex-elector-guardian";
    CHECK(become_guardian(nowhere, settings, {}) ==
          "it cannot be opened: No such file or directory");
    CHECK(become_guardian("/bin/true", settings, {}) == "it is of another version");
}
