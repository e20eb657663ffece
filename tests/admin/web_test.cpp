// The dashboard's files beside the API, and the figures that only it needs.
#include "admin/web.hpp"

#include <doctest/doctest.h>

#include "admin/budget.hpp"
#include "config/budget.hpp"
#include "config/values.hpp"

using namespace elector::admin;
namespace config = elector::config;
using namespace std::chrono_literals;

TEST_CASE("the dashboard has four files, and no other path is one") {
    for (const auto* path : {"/", "/app.js", "/groups.js", "/style.css", "/icon.svg"}) {
        const auto* file = find_web_file(path);
        REQUIRE_MESSAGE(file != nullptr, path);
        const auto answer = to_answer(*file);
        CHECK(answer.status == 200);
        CHECK(answer.body == file->text);
        CHECK(answer.body.size() > 100);
        CHECK(answer.fields.front().first == "Content-Security-Policy");
    }
    for (const auto* path : {"", "/index.html", "/app.js/", "//", "/../app.js", "/status"})
        CHECK_MESSAGE(find_web_file(path) == nullptr, path);
}

TEST_CASE("a planned hand-over takes one block with web3, and the settling time without") {
    config::Config c;
    c.node.web3_mode = config::Web3Mode::kAuto;
    const auto seen = reported_budget(c);
    CHECK(seen.profile == config::kProfiles.at(static_cast<std::size_t>(c.election.profile)));
    CHECK(seen.handover == 700ms + c.node.block_interval);
    c.node.web3_mode = config::Web3Mode::kOff;
    const auto blind = reported_budget(c);
    CHECK(blind.handover == 700ms + config::budget_of(c).gate_without_tip);
    CHECK(blind.handover_at_most == seen.handover_at_most);
    CHECK(blind.handover < blind.handover_at_most);
}
