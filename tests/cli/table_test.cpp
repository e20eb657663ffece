// Tables on a terminal: what is left out where there is no room, and what never reaches it.
#include "cli/table.hpp"

#include <doctest/doctest.h>

using namespace elector::cli;

namespace {

const std::vector<Column> kColumns = {{"NAME"}, {"TIP", 1}, {"VERSION", 2}};
const std::vector<std::vector<Cell>> kRows = {{{"délégué"}, {"1000"}, {"1.2"}},
                                              {{"b"}, {"7"}, {"1.10"}}};

std::string at(std::size_t width) { return render(kColumns, kRows, {width, false}); }

}  // namespace

TEST_CASE("columns are as wide as their widest cell, counted in letters") {
    CHECK(at(0) == "NAME     TIP   VERSION\ndélégué  1000  1.2\nb        7     1.10\n");
    CHECK(at(22) == at(0));
}

TEST_CASE("a narrow terminal loses columns in their order, then the ends of lines") {
    CHECK(at(21) == "NAME     TIP\ndélégué  1000\nb        7\n");
    CHECK(at(12) == "NAME\ndélégué\nb\n");
    CHECK(at(3) == "NAM\ndél\nb\n");
}

TEST_CASE("colour is only where it is wanted, and takes no room") {
    const std::vector<std::vector<Cell>> rows = {{{"a", Tone::kBad}, {"1"}, {""}}};
    CHECK(render(kColumns, rows, {12, true}) ==
          "\x1b[2mNAME\x1b[0m  \x1b[2mTIP\x1b[0m\n\x1b[1;31ma\x1b[0m     1\n");
    CHECK(toned("a", Tone::kBad, {0, false}) == "a");
}

TEST_CASE("control characters that somebody has stored do not reach the terminal") {
    CHECK(plain("a\x1b[2Jb\n\x7f") == "a?[2Jb??");
    CHECK(plain("\xc2\x9b"
                "2J") == "??2J");
    CHECK(plain("délégué") == "délégué");
    CHECK(render({{"X"}}, {{{"\x1b"}}}, {}) == "X\n?\n");
}
