// The documentation and the example files say what the key table and the loader say.
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>

#include "config/budget.hpp"
#include "config/keys.hpp"
#include "config/read.hpp"
#include "config/support.hpp"

using namespace elector::config;
using namespace elector::config::testing;

namespace {

std::string file_text(const std::string& path) {
    std::ifstream in(std::string(ELECTOR_SOURCE_DIR) + "/" + path);
    REQUIRE_MESSAGE(in.good(), path);
    return {std::istreambuf_iterator<char>(in), {}};
}

Lines lines_of(const std::string& text) {
    Lines out;
    std::size_t from = 0;
    while (from < text.size()) {
        const std::size_t end = std::min(text.find('\n', from), text.size());
        out.push_back(text.substr(from, end - from));
        from = end + 1;
    }
    return out;
}

std::vector<KeySpec> every_key() {
    std::vector<KeySpec> out(keys().begin(), keys().end());
    out.insert(out.end(), notify_keys().begin(), notify_keys().end());
    return out;
}

Config defaults() {
    Config config;
    config.notify.emplace_back();
    return config;
}

std::string default_text(const KeySpec& key) {
    const std::string value = value_text(key, defaults());
    if (key.default_rule.empty()) return "`" + value + "`";
    if (value == "\"\"") return std::string(key.default_rule);
    return "`" + value + "` (" + std::string(key.default_rule) + ")";
}

/// The row that docs/configuration.md must have.
std::string documented(const KeySpec& key) {
    return "| `" + std::string(key.path) + "` | " + std::string(type_text(key)) + " | " +
           default_text(key) + " | " + range_text(key) + " | " +
           std::string(reload_text(key.reload)) + " | " + std::string(key.meaning) + " |";
}

/// The example's assignments as "table.key" and the value as written, commented out or not.
struct Assignment {
    std::string path;
    std::string value;
    bool commented;
};

std::vector<Assignment> assignments(const std::string& text) {
    std::vector<Assignment> out;
    std::string table;
    for (std::string line : lines_of(text)) {
        const bool commented = line.starts_with("# ");
        if (commented) line.erase(0, 2);
        if (line.starts_with('[')) table = line.substr(line.find_last_of('[') + 1);
        if (line.starts_with('[')) table.resize(table.find(']'));
        const std::size_t equals = line.find(" = ");
        if (equals == std::string::npos) continue;
        const std::string key = line.substr(0, equals);
        if (key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") != std::string::npos) {
            continue;
        }
        const std::string value = line.substr(equals + 3);
        out.push_back({table + "." + key, value.substr(0, value.find("    #")), commented});
    }
    return out;
}

std::string tenths(Duration span) {
    const auto count = (span.count() + 50'000'000) / 100'000'000;
    return std::to_string(count / 10) + "." + std::to_string(count % 10) + " s";
}

}  // namespace

TEST_CASE("docs/configuration.md has exactly one row per key, as the key table says it") {
    Lines expected;
    for (const KeySpec& key : every_key()) expected.push_back(documented(key));
    const std::string text = file_text("docs/configuration.md");
    Lines found;
    for (const std::string& line : lines_of(text.substr(text.find("\n## Keys\n")))) {
        if (line.starts_with("| `")) found.push_back(line);
    }
    CHECK(found == expected);
}

TEST_CASE("docs/configuration.md promises the budgets that are computed") {
    const std::string text = file_text("docs/configuration.md");
    for (const std::string profile : {"fast", "standard", "wan"}) {
        const LoadResult result = load_text("[election]\nprofile = \"" + profile + "\"\n");
        const Budget b = budget_of(*result.config);
        const std::string row = "| " + profile + " | " + tenths(b.hold) + " | " + tenths(b.renew) +
                                " | " + tenths(b.tolerance) + " | " + tenths(b.host_loss) + " | " +
                                tenths(b.unknown_wait) + " |";
        CAPTURE(row);
        CHECK(text.find("\n" + row + "\n") != std::string::npos);
    }
}

TEST_CASE("docs/configuration.md shows problems as they are reported") {
    const std::string text = file_text("docs/configuration.md");
    const Lines problems = problems_of(
        "[member]\n\n\n\n\n\n[election]\nhold = \"2s\"\nrenew = \"1s\"\n\nmargn = "
        "\"1s\"\n\n\n\n\n\n\n"
        "[eletion]\n");
    REQUIRE(problems.size() == 3);
    for (const std::string& problem : problems) {
        CAPTURE(problem);
        CHECK(text.find("\n" + problem + "\n") != std::string::npos);
    }
}

TEST_CASE("the example names every key once, in the order of the key table") {
    Lines expected;
    for (const KeySpec& key : every_key()) expected.emplace_back(key.path);
    Lines found;
    for (const Assignment& a : assignments(file_text("config/elector.example.toml"))) {
        found.push_back(a.path);
    }
    CHECK(found == expected);
}

TEST_CASE("the example loads without problems or warnings and equals the defaults") {
    const LoadResult result = load_text(file_text("config/elector.example.toml"));
    REQUIRE(rendered(result.problems) == Lines{});
    CHECK(rendered(result.warnings) == Lines{});
    CHECK(*result.config == *load_text("").config);
}

TEST_CASE("every value shown in the example is the default, or an example where there is none") {
    const auto all = assignments(file_text("config/elector.example.toml"));
    const std::vector<KeySpec> specs = every_key();
    REQUIRE(all.size() == specs.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        CAPTURE(all[i].path);
        const std::string value = value_text(specs[i], defaults());
        const bool has_default = value != "\"\"" && specs[i].path != "notify.command";
        CHECK(all[i].value == (has_default ? value : std::string(specs[i].example)));
        CHECK((has_default || all[i].commented));
    }
}

TEST_CASE("the examples in messages are acceptable values") {
    for (const KeySpec& key : every_key()) {
        CAPTURE(key.path);
        const bool notify = key.table() == "notify";
        const std::string text = (notify ? "[[notify]]" : "[" + std::string(key.table()) + "]") +
                                 "\n" + std::string(key.leaf()) + " = " + std::string(key.example);
        const auto parsed = parse_document(text);
        REQUIRE(std::holds_alternative<Tree>(parsed));
        Config config;
        Report report{"example"};
        read_tree(std::get<Tree>(parsed), config, report);
        CHECK(rendered(report.problems()) == Lines{});
    }
}

TEST_CASE("the example of groups loads without problems or warnings") {
    const LoadResult result = load_text(file_text("config/groups.example.toml"));
    REQUIRE(rendered(result.problems) == Lines{});
    CHECK(rendered(result.warnings) == Lines{});
    REQUIRE(result.config->groups.size() == 2);
    CHECK(result.config->groups[0].group == "east");
    CHECK(result.config->groups[1].election.profile == Profile::kWan);
    CHECK(result.config->groups[1].health.max_lag == 5);
}

TEST_CASE("docs/groups.md shows a file that loads, and a problem as it is reported") {
    const std::string page = file_text("docs/groups.md");
    const std::size_t from = page.find("```toml\n") + 8;
    std::string text = page.substr(from, page.find("```", from) - from);
    const LoadResult good = load_text(text);
    REQUIRE(rendered(good.problems) == Lines{});
    CHECK(rendered(good.warnings) == Lines{});
    CHECK(good.config->groups.size() == 2);
    const std::string west = "\"/delegates/west\"";
    text.replace(text.find(west), west.size(), "\"/delegates/east\"");
    const LoadResult bad = load(text, "groups.toml", FakeMachine{}.environment());
    REQUIRE(bad.problems.size() == 1);
    CAPTURE(bad.problems[0].render());
    CHECK(page.find("\n" + bad.problems[0].render() + "\n") != std::string::npos);
}

TEST_CASE("the profile files load and are what they are named") {
    const LoadResult fast = load_text(file_text("config/fast.toml"));
    const LoadResult wan = load_text(file_text("config/wan.toml"));
    REQUIRE(rendered(fast.problems) == Lines{});
    REQUIRE(rendered(wan.problems) == Lines{});
    CHECK(fast.config->election.profile == Profile::kFast);
    CHECK(wan.config->election.profile == Profile::kWan);
    CHECK(fast.warnings.size() == 1);  // losing the etcd leader may end the holding
    CHECK(rendered(wan.warnings) == Lines{});
}
