// Claims about a configuration file, whatever is in it.
#include <algorithm>

#include "config/budget.hpp"
#include "config/load.hpp"
#include "config/reload.hpp"
#include "config/render.hpp"
#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"
#include "guardian/message.hpp"
#include "iotex/url.hpp"
#include "tests/config/pem.hpp"

namespace elector::fuzz {
namespace {

using config::Config;
using config::LoadResult;
using config::Problem;

constexpr std::string_view kFileMark = "\n#### file\n";
/// The end of every password and token, so that it is known wherever it appears.
constexpr std::string_view kSecretEnd = "-Zq7hX2-secret-Kw94";
constexpr std::size_t kLongestMessage = 2048;

/// A machine on which every file is there and holds the same; names tell the exceptions.
config::Environment machine(std::string_view file) {
    auto out = config::empty_environment();
    const std::string text(file);
    out.host_name = "host-1";
    out.unix_seconds = [] { return config::testing::kValidAt; };
    out.inspect = [](const std::string& path) {
        config::FileFacts facts{"", true, true, true, 0600};
        if (path.find("none") != std::string::npos) facts.error = "No such file or directory";
        if (path.find("open") != std::string::npos) facts.mode = 0666;
        if (path.find("folder") != std::string::npos) facts.regular = false;
        if (path.find("locked") != std::string::npos) facts.readable = facts.executable = false;
        return facts;
    };
    out.read = [text](const std::string& path) -> std::optional<std::string> {
        if (path.find("none") != std::string::npos) return std::nullopt;
        if (!path.ends_with(".pem")) return text + std::string(kSecretEnd);
        if (!text.empty()) return text;
        return path.ends_with("key.pem") ? config::testing::kKey : config::testing::kCertificate;
    };
    return out;
}

void judge_messages(const std::vector<Problem>& problems, std::string_view text) {
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    config::Position last;
    for (const Problem& problem : problems) {
        require_readable(problem.render(), "a problem");
        require(problem.render().size() < kLongestMessage, "a problem is short", problem.render());
        require(problem.at.line <= lines, "a problem lies in the file", problem.render());
        require(last <= problem.at, "problems are sorted by their places", problem.render());
        last = problem.at;
    }
}

std::string all_messages(const LoadResult& loaded) {
    std::string out;
    for (const Problem& problem : loaded.problems) out += problem.render() + "\n";
    for (const Problem& problem : loaded.warnings) out += problem.render() + "\n";
    return out;
}

void no_secret(std::string_view shown, std::string_view where) {
    require(shown.find(kSecretEnd) == std::string_view::npos,
            std::string(where) + " holds no secret", shown);
}

/// What is accepted can be used by those who get it.
void judge_use(const Config& config) {
    for (const auto& url : {config.node.admin, config.node.probe, config.node.web3}) {
        if (url.empty()) continue;
        require(iotex::parse_url(url.text()).has_value(), "the node client takes every address",
                url.text());
    }
    const auto key = config.election.key + "/7fffffffffffffff";
    require(guardian::key_text(key).has_value(), "a candidate key fits the guardian's link", key);
    const auto words =
        guardian::fence_words(config.node.probe.text(), config.fence.command, config.fence.timeout);
    require(words.has_value(), "the fence command fits the guardian's link");
    require(guardian::decode(guardian::encode(*words)) == guardian::Letter{0, *words},
            "the guardian takes the fence command");
    for (const auto& notify : config.notify) {
        const auto address = config::parse_web_address(notify.url);
        require(notify.url.empty() || std::holds_alternative<config::WebAddress>(address),
                "every webhook can be connected to", notify.url);
    }
}

/// No two groups can get at each other's node or keys.
void judge_groups(const Config& file) {
    if (file.groups.empty()) return;
    require(file.election.key.empty() && file.node.admin.empty(), "a file of groups has no node");
    for (const Config& a : file.groups) {
        require(!a.group.empty() && file.find(a.group) == &a, "groups are told apart", a.group);
        for (const Config& b : file.groups) {
            if (&a == &b) continue;
            const auto& key = b.election.key;
            require(key != a.election.key && !key.starts_with(a.election.key + "/") &&
                        !key.starts_with(a.election.key + ".d/"),
                    "no group lies in another's keys", key);
            for (const auto& url : {b.node.admin, b.node.probe, b.node.web3})
                require(url.empty() || (!(url == a.node.admin) && !(url == a.node.probe) &&
                                        !(url == a.node.web3)),
                        "no port is asked for two groups", url.text());
        }
    }
}

void judge_accepted(const Config& config, const config::Environment& here, bool secret_is_known) {
    const std::string toml = config::render_toml(config);
    const LoadResult again = config::load(toml, "rendered.toml", here);
    require(again.config.has_value(), "a rendered configuration is accepted",
            all_messages(again) + toml);
    require_same(toml, config::render_toml(*again.config), "it renders to the same text");
    require(*again.config == config, "a rendered configuration is the same one", toml);
    require(config::diff(config, *again.config).empty(), "nothing changes on its reload", toml);
    std::string said = config::render_targets(config);
    for (const Config& one : config.each()) said += config::render_budget(one);
    for (const auto& message : config::diff(Config{}, config).messages()) said += message + "\n";
    require_readable(said, "budget and changes", true);
    if (!secret_is_known) no_secret(said + toml, "what is said of a configuration");
    for (const Config& one : config.each()) judge_use(one);
    judge_groups(config);
}

}  // namespace

void fuzz_config(std::string_view bytes) {
    const auto mark = bytes.find(kFileMark);
    const auto text = bytes.substr(0, mark);
    const auto file =
        mark == std::string_view::npos ? std::string_view{} : bytes.substr(mark + kFileMark.size());
    const auto here = machine(file);
    const LoadResult loaded = config::load(text, "elector.toml", here);
    require(loaded.config.has_value() == loaded.problems.empty(),
            "there is a configuration, or a problem", all_messages(loaded));
    judge_messages(loaded.problems, text);
    judge_messages(loaded.warnings, text);
    const bool secret_is_known = text.find(kSecretEnd) != std::string_view::npos;
    if (!secret_is_known) no_secret(all_messages(loaded), "what is said of a file");
    if (loaded.config) judge_accepted(*loaded.config, here, secret_is_known);
    for (const auto use : {config::Use::kRun, config::Use::kRecord, config::Use::kDemote}) {
        const LoadResult spared = config::load(text, "elector.toml", here, use);
        require(spared.config || !loaded.config, "no use refuses what has no problem",
                all_messages(spared));
        require(spared.config || spared.left_out.empty(), "who is left out has others to leave");
        if (spared.config) judge_groups(*spared.config);
    }
}

}  // namespace elector::fuzz
