// The file that says which cluster a host has agreed to.
#include "etcd/cluster_pin.hpp"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

using elector::etcd::ClusterPin;

namespace {

namespace fs = std::filesystem;

struct Folder {
    Folder() {
        auto text = (fs::temp_directory_path() / "elector-pin-XXXXXX").string();
        REQUIRE(::mkdtemp(text.data()) != nullptr);
        path = text;
    }
    ~Folder() { fs::remove_all(path); }
    std::string state() const { return path + "/state"; }
    std::string path;
};

unsigned mode_of(const std::string& path) {
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    return found.st_mode & 07777U;
}

std::string content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

void put(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

TEST_CASE("nothing is pinned before the first contact") {
    const Folder folder;
    const auto reading = ClusterPin(folder.state(), "/iotex-server").read();
    CHECK(reading.cluster == 0);
    CHECK(reading.problem == "");
}

TEST_CASE("what is pinned is read again, by its owner only") {
    const Folder folder;
    const ClusterPin pin(folder.state(), "/iotex-server");
    CHECK(pin.path() == folder.state() + "/cluster-%2Fiotex-server.json");
    CHECK(pin.write(0xcdf818194e3a8c32) == "");
    CHECK(content(pin.path()) ==
          "{\"v\":1,\"key\":\"/iotex-server\",\"cluster\":\"cdf818194e3a8c32\"}\n");
    CHECK(pin.read().cluster == 0xcdf818194e3a8c32);
    CHECK(mode_of(pin.path()) == 0600U);
    CHECK(mode_of(folder.state()) == 0700U);
    CHECK(pin.write(7) == "");
    CHECK(pin.read().cluster == 7);
    CHECK(std::distance(fs::directory_iterator(folder.state()), {}) == 1);
}

TEST_CASE("two election keys have two pins, however long they are") {
    const Folder folder;
    const auto slashes = std::string(255, '/');
    const ClusterPin one(folder.state(), slashes + "a");
    const ClusterPin two(folder.state(), slashes + "b");
    CHECK(one.write(1) == "");
    CHECK(two.write(2) == "");
    CHECK(one.read().cluster == 1);
    CHECK(two.read().cluster == 2);
}

TEST_CASE("a pin that says nothing to rely on is a problem, never an empty one") {
    const Folder folder;
    const ClusterPin pin(folder.state(), "/k");
    REQUIRE(pin.write(7) == "");
    for (const char* text :
         {"", "{", "[]", "{}", "{\"key\":\"/k\"}", "{\"key\":\"/k\",\"cluster\":7}",
          "{\"key\":\"/k\",\"cluster\":\"0\"}", "{\"key\":\"/k\",\"cluster\":\"7x\"}",
          "{\"key\":\"/other\",\"cluster\":\"7\"}"}) {
        CAPTURE(text);
        put(pin.path(), text);
        CHECK(pin.read().cluster == 0);
        CHECK(pin.read().problem ==
              "cannot understand the cluster pin " + pin.path() + ": it is damaged");
    }
    put(pin.path(), std::string(5000, ' '));
    CHECK(pin.read().problem != "");
}

TEST_CASE("a folder that cannot be is told") {
    const Folder folder;
    put(folder.path + "/file", "");
    const ClusterPin pin(folder.path + "/file/state", "/k");
    CHECK(pin.write(7).rfind("cannot write the cluster pin " + pin.path() + ": ", 0) == 0);
    CHECK(pin.read().problem.rfind("cannot read the cluster pin " + pin.path() + ": ", 0) == 0);
}
