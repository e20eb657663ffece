#include "cli/group.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include <boost/json.hpp>

#include "cli/arguments.hpp"
#include "cli/group_read.hpp"
#include "cli/groups.hpp"
#include "cli/watch.hpp"
#include "etcd/records.hpp"
#include "report/json.hpp"
#include "report/text.hpp"

namespace elector::cli {
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

Cell node_cell(const report::NodeStatus& node) {
    const auto word = std::string(report::word(node.activity));
    if (!node.stale.empty()) return {word + " (stale)", Tone::kBad};
    if (node.activity == model::NodeActivity::kActive) return {word, Tone::kGood};
    return {word, node.activity == model::NodeActivity::kUnknown ? Tone::kBad : Tone::kPlain};
}

std::string codes_of(const std::vector<report::Condition>& conditions) {
    std::string text;
    for (const auto& c : conditions) text += (text.empty() ? "" : ", ") + c.code;
    return text;
}

std::string members_table(const report::GroupStatus& g, const Look& look) {
    std::vector<std::vector<Cell>> rows;
    for (const auto& m : g.members) {
        const auto place = m.queue_place > 0 ? std::to_string(m.queue_place) : std::string("-");
        const bool leads = m.place == report::Place::kHolder;
        rows.push_back({{m.name},
                        {std::string(report::word(m.place))},
                        {place},
                        node_cell(m.node),
                        {m.node.age ? report::span_text(*m.node.age) : "-"},
                        {m.tip ? std::to_string(m.tip->value) : "-"},
                        {std::to_string(m.lag_blocks)},
                        {std::to_string(m.priority)},
                        {m.version},
                        {leads        ? std::string("leads")
                         : m.eligible ? std::string("yes")
                                      : "no: " + codes_of(m.blocked_by)}});
    }
    return render({{"MEMBER"},
                   {"ROLE", 4},
                   {"QUEUE", 5},
                   {"NODE"},
                   {"VERIFIED", 1},
                   {"TIP", 6},
                   {"LAG", 3},
                   {"PRIORITY", 7},
                   {"VERSION", 8},
                   {"CAN LEAD", 2}},
                  rows, look);
}

std::string holder_line(const report::HolderStatus& h) {
    if (!h.there) return "holder   no record yet";
    if (!h.readable) return "holder   the record cannot be read";
    auto text = "holder   " + (h.member.empty() ? std::string("nobody") : h.member) + ", " +
                std::string(report::word(h.state)) + ", term " + std::to_string(h.term.value);
    if (h.since_unix_ms) text += ", since " + report::utc_text(*h.since_unix_ms);
    if (!h.reason.empty()) text += " (" + h.reason + ")";
    return text;
}

/// What stands below the table, if it applies.
std::vector<std::string> notes_of(const report::GroupStatus& g) {
    std::vector<std::string> lines{holder_line(g.holder)};
    for (const auto& f : g.holder.foreign)
        lines.push_back("foreign  " + f.key + " (" + f.value + ") is listed in the holder record");
    for (const auto& q : g.queue)
        if (q.foreign) lines.push_back("foreign  " + q.key + " (" + q.name + ") is in the queue");
    if (const auto& p = g.pause)
        lines.push_back("paused   by " + (p->who.empty() ? std::string("?") : p->who) + ": " +
                        p->why + "; " +
                        (p->expires_in ? "expires in " + report::span_text(*p->expires_in)
                                       : std::string("until resume")));
    if (const auto& o = g.switchover)
        lines.push_back("ordered  a switchover to " +
                        (o->to.empty() ? std::string("whoever is next") : o->to) + " by " + o->who +
                        (o->current ? "" : ", of an earlier holder"));
    for (const auto& m : g.members)
        if (!m.node.stale.empty()) lines.push_back("stale    " + m.name + ": " + m.node.stale);
    return lines;
}

int cannot(const char* what, const etcd::Error& error) {
    return refuse("cannot read " + std::string(what) + ": " + etcd::to_string(error) +
                  kThroughEtcd);
}

void print(const boost::json::object& document) {
    std::printf("%s\n", boost::json::serialize(document).c_str());
}

asio::awaitable<int> status_in(Session& session, const std::string& key, bool json) {
    report::GroupInput empty;
    empty.key = key;
    auto in = co_await read_group(session, key);
    if (!in) cannot("the group", in.error());
    const auto g = report::group_status(session.policy, in ? *in : empty);
    if (json) {
        print(report::to_json(g));
    } else if (in) {
        std::fputs(render(g, look_of_stdout()).c_str(), stdout);
    }
    co_return g.exit_code;
}

asio::awaitable<int> history_in(Session& session, bool json) {
    auto view = co_await session.look();
    if (!view) co_return cannot("the history", view.error());
    auto entries = co_await newest_history(session.client(), session.keys, kHistoryRows);
    if (!entries) co_return cannot("the history", entries.error());
    const auto rows = report::history(std::move(*entries), view->holder.record);
    if (json) {
        print(report::to_json(rows));
    } else {
        std::fputs(render(rows, look_of_stdout()).c_str(), stdout);
    }
    co_return 0;
}

asio::awaitable<int> explain_in(Session& session, const config::Config& config, bool json) {
    auto in = co_await read_group(session, config.election.key);
    if (!in) co_return cannot("the group", in.error());
    const auto e = report::explain(session.policy, *in, config.member.name);
    if (json) {
        print(report::to_json(e));
    } else {
        std::fputs(render(e, look_of_stdout()).c_str(), stdout);
    }
    co_return 0;
}

/// What is shown of all groups of a file at once.
using ShowAll = int (*)(const Means&, const config::LoadResult& file, bool json);

bool shows_all(const Arguments& given, const config::LoadResult& file, ShowAll show_all) {
    return show_all && !file.config->groups.empty() && !given.contains("--group") &&
           !given.contains("--watch");
}

/// What the three have in common: the words, the file, a session.
template <class Show>
int shown(const std::vector<std::string>& words, const Means& means, const Command& row, Show show,
          ShowAll show_all) {
    const auto arguments = parse(words, row);
    if (!arguments) return 2;
    const auto file = load_named(*arguments, row, config::Use::kRecord);
    if (!file) return 2;
    const bool all = shows_all(*arguments, *file, show_all);
    const auto* one = all ? nullptr : group_of(*file, *arguments, row);
    if (!all && !one) return 2;
    try {
        if (all) return show_all(means, *file, arguments->contains("--json"));
        Session session(means, *one);
        return session.run(show(session, *one, *arguments));
    } catch (const std::exception& e) {
        return refuse(std::string("cannot read the group: ") + e.what() + kThroughEtcd);
    }
}

}  // namespace

asio::awaitable<etcd::Result<std::vector<report::StoredHistory>>> newest_history(
    etcd::Client& client, const etcd::Keys& keys, std::int64_t limit) {
    auto op = etcd::newest_history(keys);
    op.limit = limit;
    etcd::CallOptions options;
    options.timeout = 5s;
    auto reply = co_await client.range(std::move(op), options);
    if (!reply) co_return reply.error();
    std::vector<report::StoredHistory> entries;
    for (const auto& kv : reply->kvs)
        if (auto entry = etcd::parse_history(kv.value))
            entries.push_back({model::Revision{kv.mod_revision}, std::move(*entry)});
    co_return entries;
}

std::string render(const report::GroupStatus& g, const Look& look) {
    const auto tone = g.exit_code == 0 ? Tone::kGood : Tone::kBad;
    auto text = toned(plain(g.verdict), tone, look) + "\n\n" + members_table(g, look) + "\n";
    for (const auto& line : notes_of(g)) text += plain(line) + "\n";
    return text;
}

std::string render(const report::Explanation& e, const Look& look) {
    auto text = toned(plain(e.summary), e.leads ? Tone::kGood : Tone::kPlain, look) + "\n";
    for (const auto& c : e.because)
        text += "  " + plain(c.sentence) + " (" + plain(c.code) + ")\n    " +
                toned(plain(c.remedy), Tone::kDim, look) + "\n";
    return text;
}

std::string render(const std::vector<report::HistoryRow>& rows, const Look& look) {
    std::vector<std::vector<Cell>> cells;
    for (const auto& r : rows)
        cells.push_back({{r.unix_ms ? report::utc_text(*r.unix_ms)
                                    : "revision " + std::to_string(r.revision.value)},
                         {r.from.empty() ? "-" : r.from},
                         {r.to.empty() ? "-" : r.to},
                         {r.reason},
                         {r.actor.empty() ? "-" : r.actor},
                         {report::span_text(r.held)},
                         {report::span_text(r.standby)},
                         {report::span_text(r.marker)},
                         {r.sentence, Tone::kDim}});
    if (rows.empty()) return "No change of the lead has been recorded yet.\n";
    return render({{"WHEN", 1},
                   {"FROM"},
                   {"TO"},
                   {"REASON"},
                   {"BY", 2},
                   {"HELD", 3},
                   {"STANDBY", 4},
                   {"MARKER", 5},
                   {"WHAT HAPPENED", 6}},
                  cells, look);
}

int status(const std::vector<std::string>& words, const Means& means) {
    const auto show = [](Session& s, const config::Config& c, const Arguments& given) {
        const bool json = given.contains("--json");
        return given.contains("--watch") ? watch_status(s, c.election.key, json)
                                         : status_in(s, c.election.key, json);
    };
    return shown(words, means, command("status"), show, status_of_groups);
}

int history(const std::vector<std::string>& words, const Means& means) {
    const auto show = [](Session& s, const config::Config&, const Arguments& given) {
        return history_in(s, given.contains("--json"));
    };
    return shown(words, means, command("history"), show, nullptr);
}

int explain(const std::vector<std::string>& words, const Means& means) {
    const auto show = [](Session& s, const config::Config& c, const Arguments& given) {
        return explain_in(s, c, given.contains("--json"));
    };
    return shown(words, means, command("explain"), show, explain_groups);
}

}  // namespace elector::cli
