// A resignation outlives the process that was told of it.
#include "app/resignation.hpp"

#include <filesystem>
#include <fstream>
#include <optional>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

using elector::app::Resignation;
namespace fs = std::filesystem;

namespace {

using At = std::optional<std::int64_t>;

struct Folder {
    std::string path;
    Folder() {
        auto name = (fs::temp_directory_path() / "elector-resignation-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Folder() { fs::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
};

}  // namespace

TEST_CASE("a member has not resigned unless it was told to") {
    const Folder folder;
    CHECK(Resignation(folder.path).unix_ms() == At{});
}

TEST_CASE("a resignation is found again with its time, until it is taken back") {
    const Folder folder;
    const auto state = folder.path + "/made/by/it";
    Resignation first(state);
    CHECK(first.set(1234567890123) == "");
    CHECK(first.set(1999999999999) == "");  // it has resigned already
    CHECK(first.unix_ms() == At{1234567890123});
    Resignation second(state);
    CHECK(second.unix_ms() == At{1234567890123});
    CHECK(second.clear() == "");
    CHECK(second.clear() == "");
    CHECK(second.unix_ms() == At{});
    CHECK(Resignation(state).unix_ms() == At{});
}

TEST_CASE("a file that says nothing is a resignation all the same") {
    const Folder folder;
    std::ofstream(folder.path + "/resigned") << "";
    CHECK(Resignation(folder.path).unix_ms() == At{0});
}

TEST_CASE("what cannot be written down is not given") {
    const Folder folder;
    std::ofstream(folder.path + "/file") << "";
    Resignation none(folder.path + "/file");
    CHECK(none.set(1) != "");
    CHECK(none.unix_ms() == At{});
}

TEST_CASE("of many groups in one folder each has resigned by itself") {
    const Folder folder;
    Resignation west(folder.path, "/west");
    Resignation east(folder.path, "/east");
    CHECK(west.set(7) == "");
    CHECK(west.path() == folder.path + "/resigned-%2Fwest");
    CHECK(Resignation(folder.path, "/west").unix_ms() == At{7});
    CHECK(Resignation(folder.path, "/east").unix_ms() == At{});
    CHECK(Resignation(folder.path, "/west.new").unix_ms() == At{});
    CHECK(Resignation(folder.path).unix_ms() == At{});
    CHECK(east.clear() == "");
    CHECK(Resignation(folder.path, "/west").unix_ms() == At{7});
}
