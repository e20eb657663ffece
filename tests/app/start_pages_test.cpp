#include "app/start_pages.hpp"

#include <fstream>
#include <string>

#include <doctest/doctest.h>

using namespace elector::app;

namespace {

/// Of this process, of files, in kB.
long resident_of_files() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("RssFile:")) return std::stol(line.substr(8));
    return 0;
}

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

TEST_CASE("a program that ends before the start is over gives nothing back and waits for nothing") {
    boost::asio::io_context io;
    StartPages pages(io);
    pages.start();
    pages.close();
    CHECK(io.run() == 1);  // what was waited for was cancelled
    CHECK(io.stopped());
}
