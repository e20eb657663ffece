#include "app/start_pages.hpp"

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace elector::app;

namespace {

/// Of this process, in kB.
long resident(const std::string& what) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(what)) return std::stol(line.substr(what.size()));
    return 0;
}
long resident_of_files() { return resident("RssFile:"); }

}  // namespace

TEST_CASE("pages of code are given back, and the program goes on") {
    const auto before = resident_of_files();
    const auto asked = give_back_start_pages();
    const auto after = resident_of_files();
    CHECK(asked > 1'000'000);
    CHECK(after < before);
    const std::string text = "what is used again is mapped again";
    CHECK(text + std::to_string(after > 0) == "what is used again is mapped again1");
}

// A sanitizer's allocator is its own, and gives back when it likes.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("free memory is given back from between what is in use") {
    std::vector<std::unique_ptr<std::string>> blocks;
    for (int i = 0; i < 16'000; ++i) blocks.push_back(std::make_unique<std::string>(1000, 'x'));
    for (std::size_t i = 0; i < blocks.size(); ++i)
        if (i % 100 != 0) blocks[i].reset();
    const auto before = resident("RssAnon:");
    give_back_free_memory();
    CHECK(resident("RssAnon:") < before - 8'000);
    CHECK(*blocks[100] == std::string(1000, 'x'));
}
#endif

TEST_CASE("a program that ends before the start is over gives nothing back and waits for nothing") {
    boost::asio::io_context io;
    StartPages pages(io);
    pages.start();
    pages.close();
    CHECK(io.run() == 1);  // what was waited for was cancelled
    CHECK(io.stopped());
}
