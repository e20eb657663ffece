// Every input of the fuzzers' corpora, judged by its target: seeds, and what was found once.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"

using namespace elector::fuzz;
namespace fs = std::filesystem;

namespace {

struct Target {
    std::string name;
    void (*judge)(std::string_view bytes);
};

const std::array kTargets{
    Target{"api_request", fuzz_api_request},
    Target{"command_line", fuzz_command_line},
    Target{"config", fuzz_config},
    Target{"etcd_values", fuzz_etcd_values},
    Target{"etcd_wire", fuzz_etcd_wire},
    Target{"guardian_answer", fuzz_guardian_answer},
    Target{"guardian_link", fuzz_guardian_link},
    Target{"node", fuzz_node},
    Target{"recorder", fuzz_recorder},
    Target{"texts", fuzz_texts},
};

std::vector<fs::path> sorted_entries(const fs::path& folder) {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(folder)) out.push_back(entry.path());
    std::sort(out.begin(), out.end());
    return out;
}

fs::path corpus() { return fs::path(ELECTOR_SOURCE_DIR) / "fuzz" / "corpus"; }

std::string bytes_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    REQUIRE_MESSAGE(in.good(), file);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// What a claim says when it does not hold; empty: it holds.
template <class Claim>
std::string violation(Claim claim) {
    try {
        claim();
    } catch (const Violation& found) {
        return found.what();
    }
    return "";
}

}  // namespace

TEST_CASE("every target has a corpus, and every corpus a target") {
    std::vector<std::string> folders;
    for (const auto& folder : sorted_entries(corpus())) folders.push_back(folder.filename());
    std::vector<std::string> names;
    for (const auto& target : kTargets) names.push_back(target.name);
    CHECK(folders == names);
}

TEST_CASE("the claims hold for every input of the corpora, and for none at all") {
    for (const auto& target : kTargets) {
        CAPTURE(target.name);
        CHECK_NOTHROW(target.judge(""));
        const auto files = sorted_entries(corpus() / target.name);
        CHECK(files.size() >= 5);
        for (const auto& file : files) {
            CAPTURE(file);
            const std::string bytes = bytes_of(file);
            CHECK_NOTHROW(target.judge(bytes));
        }
    }
}

TEST_CASE("the claims hold for every beginning of an input, and with any byte gone") {
    constexpr std::size_t kMostBytes = 300;  // of larger ones every n-th, for the sake of time
    for (const auto& target : kTargets) {
        for (const auto& file : sorted_entries(corpus() / target.name)) {
            CAPTURE(file);
            const std::string bytes = bytes_of(file);
            const std::size_t step = bytes.size() / kMostBytes + 1;
            for (std::size_t n = 0; n < bytes.size(); n += step) {
                CAPTURE(n);
                CHECK_NOTHROW(target.judge(std::string_view(bytes).substr(0, n)));
                auto without = bytes;
                without.erase(n, 1);
                CHECK_NOTHROW(target.judge(without));
            }
        }
    }
}

TEST_CASE("a claim that does not hold says so, and shows what was seen") {
    CHECK(violation([] { require(true, "the sky is blue", "x"); }) == "");
    CHECK(violation([] { require(false, "the sky is blue", "grey\x1b"); }) ==
          "the sky is blue: grey\\x1b");
    CHECK(violation([] { require_same("abc", "abc", "twins"); }) == "");
    CHECK(violation([] { require_same("abc", "abd", "twins"); }) ==
          "twins: they differ at byte 2\n  abc\n  abd");
    CHECK(violation([] { require_readable("gr\xc3\xbcn", "a text"); }) == "");
    CHECK(violation([] { require_readable("two\nlines", "a text", true); }) == "");
    CHECK(violation([] { require_readable("", "a text"); }) == "a text is not empty: ");
    CHECK(violation([] { require_readable("a\nb", "a text"); }) ==
          "a text has no control characters: a\\x0ab");
    CHECK(violation([] { require_readable("a\xff", "a text"); }) == "a text is UTF-8: a\\xff");
    CHECK(violation([] { require_readable("a\xc3", "a text"); }) == "a text is UTF-8: a\\xc3");
}
