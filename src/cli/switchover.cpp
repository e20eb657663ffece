#include "cli/switchover.hpp"

#include <chrono>
#include <cstdio>
#include <utility>

#include "cli/arguments.hpp"
#include "cli/duty.hpp"
#include "report/text.hpp"

namespace elector::cli {
namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

/// In blocks: a node that is only activated and drained again has shown nothing.
constexpr int kStay = 2;
/// Until the member that has handed over is fit again, for the way back.
constexpr auto kBackPatience = 60s;
constexpr auto kLookEvery = 250ms;

struct Wanted {
    std::string to;
    bool best = false;
    bool dry_run = false;
    bool yes = false;
    bool json = false;
};

Wanted wanted_of(const Arguments& arguments) {
    Wanted w;
    const auto to = arguments.find("--to");
    if (to != arguments.end()) w.to = to->second;
    w.best = arguments.contains("--at");
    w.dry_run = arguments.contains("--dry-run");
    w.yes = arguments.contains("--yes");
    w.json = arguments.contains("--json");
    return w;
}

void print(const json::object& document) { std::printf("%s\n", json::serialize(document).c_str()); }
void print(const std::string& text) { std::fputs(text.c_str(), stdout); }

bool refused(const HandOver& h) {
    return h.outcome == Outcome::kRefused || h.outcome == Outcome::kUnreachable;
}

int told(const HandOver& h, const config::Config& config, const Wanted& w) {
    if (refused(h)) refuse(plain_lines(refusal_text(h)));
    if (w.json) {
        print(to_json(h, config));
    } else if (!refused(h) && h.outcome != Outcome::kPlanned) {
        print(plain_lines(end_text(h)));
    }
    return h.outcome == Outcome::kVerified || h.outcome == Outcome::kPlanned ? 0 : 1;
}

HandOver unknown_moment(HandOver h, const std::string& why) {
    h.outcome = Outcome::kRefused;
    h.refusals = {{"moment_unknown", "The best moment cannot be known: " + why + ".",
                   "Run switchover without --at best: it is expected to cost what check says."}};
    return h;
}

HandOver not_confirmed(HandOver h, const std::string& why) {
    h.outcome = Outcome::kRefused;
    h.refusals = {{"not_confirmed", "It was not confirmed: " + why + ".",
                   "Run it on a terminal and answer yes, or say --yes."}};
    return h;
}

asio::awaitable<std::string> holder_address(Session& session) {
    const auto view = co_await session.look();
    if (!view) co_return std::string{};
    const auto* holder = orders::verified_holder(session.policy, *view);
    co_return holder ? holder->record.operator_address : std::string{};
}

/// Waits for the moment, and judges again what has not changed meanwhile.
asio::awaitable<HandOver> at_best(Session& session, DutyWatch& watch, HandOver h,
                                  Progress& progress) {
    const auto problem = co_await watch.wait(progress);
    if (!problem.empty()) co_return unknown_moment(std::move(h), problem);
    auto again = co_await plan_hand_over(session, h.plan.order.to, h.plan.order.why);
    const bool same = again.plan.from == h.plan.from && again.plan.order.term == h.plan.order.term;
    if (again.outcome == Outcome::kPlanned && !same) {
        again.outcome = Outcome::kRefused;
        again.refusals = {{"changed", "The lead has changed while the moment was awaited.",
                           "Run the command again."}};
    }
    co_return again;
}

asio::awaitable<HandOver> switch_over(Session& session, const Means& means,
                                      const config::Config& config, const Wanted& w) {
    auto h = co_await plan_hand_over(session, w.to, "switchover by command");
    if (h.outcome != Outcome::kPlanned) co_return h;
    if (!w.json) print(plain_lines(plan_text(h, config)));
    const auto address = co_await holder_address(session);
    DutyWatch watch(session, means, config, address);
    Progress progress;
    if (w.best) {
        const auto problem = co_await watch.learn(progress);
        if (!problem.empty()) co_return unknown_moment(std::move(h), problem);
        const auto left = static_cast<int>(watch.duty().until_next());
        const auto span =
            watch.duty().now() ? model::Duration{} : left * config.node.block_interval;
        if (!w.json)
            print("  right after our own block       in about " + report::span_text(span) +
                  ": no proposal is expected to be missed\n");
    }
    if (w.dry_run) {
        if (!w.json) print(std::string("Dry run: nothing was changed.\n"));
        co_return h;
    }
    const auto why = not_agreed(w.yes, "Hand over now?");
    if (!why.empty()) co_return not_confirmed(std::move(h), why);
    if (w.best) h = co_await at_best(session, watch, std::move(h), progress);
    if (h.outcome != Outcome::kPlanned) co_return h;
    auto done = co_await make_hand_over(session, config, std::move(h), progress);
    co_return done;
}

asio::awaitable<int> switchover_in(Session& session, const Means& means,
                                   const config::Config& config, Wanted w) {
    const auto h = co_await switch_over(session, means, config, w);
    co_return told(h, config, w);
}

// ----------------------------------------------------------------------------------- the drill

struct Drill {
    HandOver there;
    std::optional<HandOver> back;
};

bool both_verified(const Drill& d) {
    return d.there.outcome == Outcome::kVerified && d.back && d.back->outcome == Outcome::kVerified;
}

std::string drill_table(const Drill& d, const config::Config& config) {
    const auto e = orders::expected(config, d.there.plan);
    const auto cells = [&](const std::string& label, auto figure, const std::string& budget) {
        const auto of = [&](const HandOver& h) {
            return h.history ? report::span_text(figure(h)) : std::string("-");
        };
        return std::vector<Cell>{{label}, {of(d.there)}, {d.back ? of(*d.back) : "-"}, {budget}};
    };
    const auto standby = [](const HandOver& h) { return h.history->standby; };
    const auto marker = [](const HandOver& h) { return h.history->marker; };
    const auto take_over = [](const HandOver& h) { return h.take_over(); };
    const auto total = [](const HandOver& h) { return h.total; };
    return render({{"PHASE"}, {"THERE"}, {"BACK"}, {"BUDGET"}},
                  {cells("node to standby", standby, report::span_text(e.standby_at_most)),
                   cells("marker written", marker, "-"),
                   cells("next node active", take_over, report::span_text(e.gate_at_most)),
                   cells("together", total, report::span_text(e.total_at_most()))},
                  look_of_stdout());
}

std::string drill_verdict(const Drill& d, const config::Config& config) {
    if (!both_verified(d)) return "The drill has not succeeded.\n";
    const bool in_time = within_budget(d.there, config) && within_budget(*d.back, config);
    return d.there.plan.from + " leads again. The lead went there and back, " +
           (in_time ? "within the budget.\n" : "but not within the budget.\n");
}

/// The member that has handed over is not fit at once: it queues, and its node is looked at.
asio::awaitable<HandOver> plan_way_back(Session& session, const config::Config& config,
                                        std::string to, Progress& progress) {
    const auto stay = kStay * config.node.block_interval;
    progress.begin(stay);
    while (progress.elapsed() < stay) {
        progress.show("the lead stays there for two blocks");
        co_await session.pause(kLookEvery);
    }
    progress.begin(std::nullopt);
    for (;;) {
        auto h = co_await plan_hand_over(session, to, "drill, the way back");
        const bool over = h.outcome == Outcome::kPlanned || progress.elapsed() > kBackPatience;
        if (over) co_return h;
        progress.show("waiting until " + to + " can lead again");
        co_await session.pause(kLookEvery);
    }
}

int told(const Drill& d, const config::Config& config, const Wanted& w) {
    const bool in_time =
        both_verified(d) && within_budget(d.there, config) && within_budget(*d.back, config);
    const auto& last = d.back ? *d.back : d.there;
    if (refused(last)) refuse(plain_lines(refusal_text(last)));
    if (w.json) {
        const json::value back =
            d.back ? json::value(to_json(*d.back, config)) : json::value(nullptr);
        const json::object o{{"v", 1},
                             {"done", both_verified(d)},
                             {"within_budget", in_time},
                             {"there", to_json(d.there, config)},
                             {"back", back}};
        print(o);
    } else if (!refused(d.there)) {
        if (!refused(last) && last.outcome != Outcome::kVerified)
            print(plain_lines(end_text(last)));
        print(drill_table(d, config) + "\n" + plain_lines(drill_verdict(d, config)));
        if (d.back && refused(*d.back)) print(plain_lines(d.there.leader) + " leads now.\n");
    }
    return both_verified(d) ? 0 : 1;
}

asio::awaitable<int> drill_in(Session& session, const config::Config& config, Wanted w) {
    Drill d;
    d.there = co_await plan_hand_over(session, w.to, "drill");
    if (d.there.outcome != Outcome::kPlanned) co_return told(d, config, w);
    if (!w.json)
        print(plain_lines(plan_text(d.there, config)) +
              "Then the lead goes back in the same way, at the same cost.\n");
    const auto why = not_agreed(w.yes, "Hand over, and back again?");
    if (!why.empty()) {
        d.there = not_confirmed(std::move(d.there), why);
        co_return told(d, config, w);
    }
    Progress progress;
    d.there = co_await make_hand_over(session, config, std::move(d.there), progress);
    if (d.there.outcome != Outcome::kVerified) co_return told(d, config, w);
    if (!w.json) print("There: " + plain_lines(end_text(d.there)));
    auto back = co_await plan_way_back(session, config, d.there.plan.from, progress);
    progress.clear();
    if (back.outcome == Outcome::kPlanned)
        back = co_await make_hand_over(session, config, std::move(back), progress);
    d.back = std::move(back);
    co_return told(d, config, w);
}

}  // namespace

bool within_budget(const HandOver& half, const config::Config& config) {
    return half.total <= orders::expected(config, half.plan).total_at_most();
}

int switchover(const std::vector<std::string>& words, const Means& means) {
    const auto& row = command("switchover");
    const auto arguments = parse(words, row);
    if (!arguments) return 2;
    const auto at = arguments->find("--at");
    if (at != arguments->end() && at->second != "best") {
        refuse("--at " + plain(at->second) +
               " is no moment; the only one is \"best\"\nusage: " + usage_of(row));
        return 2;
    }
    const auto config = configuration_of_group(*arguments, row, config::Use::kRecord);
    if (!config) return 2;
    try {
        Session session(means, *config);
        return session.run(switchover_in(session, means, *config, wanted_of(*arguments)));
    } catch (const std::exception& e) {
        return refuse(std::string("cannot hand over: ") + e.what());
    }
}

int drill(const std::vector<std::string>& words, const Means& means) {
    const auto& row = command("drill");
    const auto arguments = parse(words, row);
    if (!arguments) return 2;
    const auto config = configuration_of_group(*arguments, row, config::Use::kRecord);
    if (!config) return 2;
    try {
        Session session(means, *config);
        return session.run(drill_in(session, *config, wanted_of(*arguments)));
    } catch (const std::exception& e) {
        return refuse(std::string("cannot drill: ") + e.what());
    }
}

}  // namespace elector::cli
