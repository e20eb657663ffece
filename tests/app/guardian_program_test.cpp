#include "app/guardian_program.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>

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
    CHECK(become_guardian("/bin", settings, {}) == "others may write to it than to this program");
}

TEST_CASE("a guardian that more people may write to than to the program is not even asked") {
    auto path = (std::filesystem::temp_directory_path() / "guardian-XXXXXX").string();
    ::close(::mkstemp(path.data()));
    namespace fs = std::filesystem;
    fs::copy_file(ELECTOR_GUARDIAN, path, fs::copy_options::overwrite_existing);
    fs::permissions(path, fs::perms::owner_all | fs::perms::others_write);
    CHECK(become_guardian(path, {}, {}) == "others may write to it than to this program");
    fs::permissions(path, fs::perms::owner_all);
    CHECK(judged(path.c_str()) == "");
    fs::remove(path);
}
