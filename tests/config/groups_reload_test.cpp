// The reload of a file of [[group]] tables.
#include <doctest/doctest.h>

#include "config/groups_text.hpp"
#include "config/reload.hpp"
#include "config/support.hpp"

using namespace elector::config;
using namespace elector::config::testing;

namespace {

Config loaded(std::string_view text) {
    const LoadResult result = load_text(text);
    REQUIRE(rendered(result.problems) == Lines{});
    return *result.config;
}

Lines planned(const std::string& before, const std::string& after) {
    return diff(loaded(before), loaded(after)).messages();
}

}  // namespace

TEST_CASE("a reload of the same groups plans nothing") {
    CHECK(diff(loaded(many_groups(40)), loaded(many_groups(40))).empty());
}

TEST_CASE("each group's changes are told by its name, those of the file without one") {
    const std::string east = group_text("east", 0);
    CHECK(planned(east + group_text("west", 1), "[log]\nlevel = \"debug\"\n" + east +
                                                    group_text("west", 1, "hold = \"6s\"\n") +
                                                    "[group.health]\nfall = 9\n") ==
          Lines{"log.level: \"info\" -> \"debug\", from now on",
                "group \"west\": election.hold: \"5s\" -> \"6s\", from the next holding on",
                "group \"west\": election.renew: \"1s\" -> \"1.2s\", from the next holding on",
                "group \"west\": health.fall: 3 -> 9, from now on"});
}

TEST_CASE("a default of the file changes every group that has it") {
    CHECK(planned(many_groups(2), "[health]\nrise = 5\n" + many_groups(2)) ==
          Lines{"group \"g0\": health.rise: 2 -> 5, from now on",
                "group \"g1\": health.rise: 2 -> 5, from now on"});
}

TEST_CASE("what names a group's election or node is refused, and with it the whole reload") {
    std::string moved = group_text("b", 1);
    moved.replace(moved.find("\"/b\""), 4, "\"/c\"");
    const auto plan = diff(loaded(many_groups(1) + group_text("b", 1)),
                           loaded("[log]\nlevel = \"debug\"\n" + many_groups(1) + moved));
    CHECK(plan.refused());
    CHECK(plan.messages() ==
          Lines{"group \"b\": cannot change election.key: \"/b\" -> \"/c\" in a running elector; "
                "nothing was changed; restart it, or take the change back"});
}

TEST_CASE("groups come, go, move and are renamed by a restart only") {
    const std::string a = group_text("a", 0);
    const std::string b = group_text("b", 1);
    const auto refusal = [](const std::string& from, const std::string& to) {
        return Lines{
            "cannot add, remove, rename or reorder [[group]] tables in a running elector: " + from +
            " -> " + to + "; nothing was changed; restart the service, or take the change back"};
    };
    CHECK(planned(a, a + b) == refusal("\"a\"", "\"a\", \"b\""));
    CHECK(planned(a + b, b) == refusal("\"a\", \"b\"", "\"b\""));
    CHECK(planned(a + b, b + a) == refusal("\"a\", \"b\"", "\"b\", \"a\""));
    CHECK(planned("", a) == refusal("none", "\"a\""));
    CHECK(planned(a, "") == refusal("\"a\"", "none"));
    const auto many = planned(many_groups(20), many_groups(9));
    REQUIRE(many.size() == 1);
    CHECK(many[0].find("\"g7\" and 12 more -> ") != std::string::npos);
    CHECK(diff(loaded(a), loaded(a + b)).refused());
}
