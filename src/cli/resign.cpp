#include "cli/resign.hpp"

#include <chrono>
#include <cstdio>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>

#include "cli/arguments.hpp"
#include "cli/local_api.hpp"
#include "cli/session.hpp"
#include "config/budget.hpp"
#include "report/text.hpp"

namespace elector::cli {
namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

/// Etcd may be asked three times meanwhile.
constexpr auto kAnswer = 10s;
constexpr auto kLook = 500ms;
/// An order that is not obeyed ends by itself after this.
constexpr auto kOrder = 30s;

std::string text_of(const json::object& o, const char* name) {
    const auto* value = o.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string{};
}

bool is_true(const json::object& o, const char* name) {
    const auto* value = o.if_contains(name);
    return value && value->is_bool() && value->get_bool();
}

/// None: there was none that makes sense, and that was said.
std::optional<json::object> ask(const config::Config& config, const char* method, const char* path,
                                const char* what) {
    const auto answer = ask_local_api(config.api, method, of_group(path, config.group), kAnswer);
    if (answer.status == 0) {
        refuse("cannot " + std::string(what) + ": " + answer.error);
        return std::nullopt;
    }
    boost::system::error_code failure;
    const auto document = json::parse(answer.body, failure);
    if (failure || !document.is_object()) {
        refuse("cannot " + std::string(what) + ": the answer is no JSON object");
        return std::nullopt;
    }
    const auto& object = document.get_object();
    if (answer.status < 300) return object;
    refuse(text_of(object, "error") + "; " + text_of(object, "next"));
    return std::nullopt;
}

/// The one member other than this whose node is verified active; empty: there is none.
std::string successor(const json::object& status, const std::string& self) {
    const auto* active = status.if_contains("verified_active");
    if (!active || !active->is_array() || active->get_array().size() != 1) return {};
    const auto& name = active->get_array().front();
    const bool other = name.is_string() && name.get_string() != self;
    return other ? std::string(name.get_string()) : std::string{};
}

/// It holds the lead, and nothing is on its way to change that: the order ended, or it was just
/// taking over when it was told to resign.
bool holds_on(const json::object& status) {
    const auto* order = status.if_contains("switchover");
    const auto* local = status.if_contains("local");
    const bool leads =
        local && local->is_object() && text_of(local->get_object(), "role") == "leader";
    return leads && order && order->is_null();
}

void pause_for(std::chrono::milliseconds span) {
    boost::asio::io_context io;
    boost::asio::steady_timer timer(io, span);
    timer.wait();
}

/// Until another leads, verified. Empty: in time it did not, and why was said.
std::string wait_for_successor(const config::Config& config) {
    const auto budget = config::budget_of(config);
    const auto bound = kOrder + budget.drain_healthy + budget.gate_without_tip;
    const auto began = Clock::now();
    auto ordered = began;
    std::string verdict;
    while (Clock::now() - began < bound) {
        const auto status = ask(config, "GET", "/status", "wait for the next leader");
        if (!status) return {};
        const auto next = successor(*status, config.member.name);
        if (!next.empty()) return next;
        verdict = text_of(*status, "verdict");
        if (holds_on(*status) && Clock::now() - ordered > 2s) {
            ordered = Clock::now();
            if (!ask(config, "POST", "/resign", "hand over")) return {};
        }
        pause_for(kLook);
    }
    refuse("cannot wait any longer for another member to lead (" + report::span_text(bound) +
           "): " + verdict + " This member has resigned and stays so; rejoin takes it back");
    return {};
}

void print(const json::object& document) { std::printf("%s\n", json::serialize(document).c_str()); }

void tell(const json::object& done, const std::string& next) {
    if (!next.empty())
        return static_cast<void>(std::printf(
            "done, by the elector of this host: it has resigned, and %s is verified active.\n",
            next.c_str()));
    std::puts(is_true(done, "handing_over")
                  ? "done, by the elector of this host: it has resigned and hands over; look with "
                    "status."
                  : "done, by the elector of this host: it has resigned; it did not lead.");
    std::puts("It stays so, also over restarts, until rejoin.");
}

}  // namespace

int resign(const std::vector<std::string>& words) {
    const auto& row = command("resign");
    const auto arguments = parse(words, row);
    if (!arguments) return 2;
    const auto config = configuration_of_group(*arguments, row, config::Use::kRecord);
    if (!config) return 2;
    auto done = ask(*config, "POST", "/resign", "resign");
    if (!done) return 1;
    std::string next;
    if (arguments->contains("--wait")) {
        next = wait_for_successor(*config);
        if (next.empty()) return 1;
        (*done)["handing_over"] = false;
        (*done)["verified_active"] = next;
        done->erase("next");
    }
    if (arguments->contains("--json")) {
        print(*done);
    } else {
        tell(*done, next);
    }
    return 0;
}

int rejoin(const std::vector<std::string>& words) {
    const auto& row = command("rejoin");
    const auto arguments = parse(words, row);
    if (!arguments) return 2;
    const auto config = configuration_of_group(*arguments, row, config::Use::kRecord);
    if (!config) return 2;
    const auto done = ask(*config, "POST", "/rejoin", "rejoin");
    if (!done) return 1;
    if (arguments->contains("--json")) {
        print(*done);
    } else {
        std::puts(is_true(*done, "was_resigned")
                      ? "done, by the elector of this host: it takes part again."
                      : "It had not resigned; nothing was changed.");
    }
    return 0;
}

}  // namespace elector::cli
