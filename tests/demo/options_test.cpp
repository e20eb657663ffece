// The words after `demo`.
#include "demo/options.hpp"

#include <doctest/doctest.h>

using namespace elector::demo;

namespace {

Options parsed(const std::vector<std::string>& words) {
    return std::get<Options>(parse_options(words));
}
std::string wrong(const std::vector<std::string>& words) {
    return std::get<std::string>(parse_options(words));
}

}  // namespace

TEST_CASE("without words the demo is live, with the fast profile and no log") {
    CHECK(parsed({}) == Options{"fast", false, false, ""});
}

TEST_CASE("every word is understood, with its value beside it or behind an equals sign") {
    const Options all{"standard", true, true, "members.log"};
    CHECK(parsed({"--profile", "standard", "--unattended", "--log", "members.log", "--help"}) ==
          all);
    CHECK(parsed({"--profile=standard", "--unattended", "--log=members.log", "-h"}) == all);
}

TEST_CASE("a wrong word is named") {
    CHECK(wrong({"--speed"}) == "demo: unknown argument '--speed'");
    CHECK(wrong({"more"}) == "demo: unknown argument 'more'");
    CHECK(wrong({"--log"}) == "demo: --log needs a value");
    CHECK(wrong({"--profile="}) == "demo: --profile needs a value");
    CHECK(wrong({"--profile", "wan"}) == "demo: there is no profile 'wan' here; fast or standard");
}
