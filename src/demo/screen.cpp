#include "demo/screen.hpp"

#include <algorithm>
#include <cstdio>

namespace elector::demo {
namespace {

using model::Duration;
using Seconds = std::chrono::duration<double>;

std::string grouped(std::uint64_t number) {
    auto text = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
        text.insert(static_cast<std::size_t>(at), " ");
    return text;
}

std::string clock_text(Duration running) {
    const auto s = std::chrono::duration_cast<std::chrono::seconds>(running).count();
    char text[32];
    std::snprintf(text, sizeof text, "%02lld:%02lld", static_cast<long long>(s / 60),
                  static_cast<long long>(s % 60));
    return text;
}

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.resize(width, ' ');
    return text;
}

std::size_t width_of(const Line& line) {
    std::size_t width = 0;
    for (const auto& span : line) width += span.text.size();
    return width;
}

Line cut(const Line& line, std::size_t width) {
    if (width_of(line) <= width) return line;
    Line out;
    std::size_t left = width;
    for (auto span : line) {
        if (left == 0) break;
        const bool last = span.text.size() >= left;
        span.text.resize(std::min(span.text.size(), left));
        left -= span.text.size();
        if (last && left == 0 && width > 3) span.text.back() = '>';  // there is more
        out.push_back(std::move(span));
    }
    return out;
}

// --- the table

Span role_span(const MemberRow& row) {
    if (!row.role) return {"-", Style::kBad};
    const std::string text(name(*row.role));
    switch (*row.role) {
        case model::Role::kLeader:
            return {text, Style::kGood};
        case model::Role::kDraining:
            return {text, Style::kBusy};
        case model::Role::kCandidate:
            return {text, Style::kPlain};
        case model::Role::kFollower:
            break;
    }
    return {text, Style::kDim};
}

Span node_span(const MemberRow& row) {
    if (!row.node_runs) return {"gone", Style::kBad};
    if (row.node_active) return {"active", Style::kGood};
    return {"standby", Style::kPlain};
}

Span process_span(const std::optional<int>& pid) {
    if (!pid) return {"dead", Style::kBad};
    return {std::to_string(*pid), Style::kPlain};
}

struct Column {
    const char* title;
    std::size_t width;
    std::size_t from_width;  ///< shown on screens at least that wide
    Span (*cell)(const MemberRow&);
};

constexpr std::size_t kWhyBeside = 132;  // narrower screens have the reasons below the table

const Column kColumns[] = {
    {"MEMBER", 12, 0,
     [](const MemberRow& r) {
         return Span{r.name, Style::kBold};
     }},
    {"ROLE", 11, 0, role_span},
    {"NODE", 9, 0, node_span},
    {"GUARDIAN", 10, 58, [](const MemberRow& r) { return process_span(r.processes.guardian); }},
    {"ELECTOR", 10, 46,
     [](const MemberRow& r) {
         return r.processes.frozen ? Span{"frozen", Style::kBad}
                                   : process_span(r.processes.elector);
     }},
    {"TIP", 12, 70,
     [](const MemberRow& r) {
         return Span{grouped(r.tip), Style::kPlain};
     }},
    {"TERM", 6, 84,
     [](const MemberRow& r) {
         return Span{r.term != 0 ? std::to_string(r.term) : "-", Style::kPlain};
     }},
    {"QUEUE", 7, 76,
     [](const MemberRow& r) {
         return Span{r.queue != 0 ? std::to_string(r.queue) : "-", Style::kPlain};
     }},
    {"BROKEN", 18, 98,
     [](const MemberRow& r) {
         return Span{r.fault, Style::kBad};
     }},
};

Line header(std::size_t width) {
    std::string text = " ";
    for (const auto& c : kColumns) {
        if (width >= c.from_width) text += padded(c.title, c.width);
    }
    if (width >= kWhyBeside) text += "WHY";
    return {{text, Style::kDim}};
}

Line table_line(const MemberRow& row, std::size_t width) {
    Line line{{" ", Style::kPlain}};
    for (const auto& c : kColumns) {
        if (width < c.from_width) continue;
        auto span = c.cell(row);
        span.text = padded(std::move(span.text), c.width);
        line.push_back(std::move(span));
    }
    if (width >= kWhyBeside) line.push_back({why_text(row.why), Style::kPlain});
    return line;
}

// --- the parts below

std::vector<Line> reasons(const Picture& p) {
    std::vector<Line> lines;
    for (const auto& row : p.members) {
        if (row.why.text.empty()) continue;
        lines.push_back(
            {{" " + padded(row.name, 12), Style::kDim}, {why_text(row.why), Style::kPlain}});
    }
    return lines;
}

std::vector<Line> handover_lines(const Handover& h, const char* title, bool over) {
    Line head{{std::string(" ") + title, Style::kDim},
              {std::string(name(h.kind)), Style::kBold},
              {"  " + h.from + (h.to.empty() ? "" : " -> " + h.to), Style::kPlain}};
    if (over) {
        head.push_back({"   nobody active for ", Style::kPlain});
        head.push_back({milliseconds_text(h.gap()), Style::kGood});
    }
    std::string text = "  ";
    for (const auto& phase : h.phases()) {
        if (phase.span)
            text += " " + std::string(phase.name) + " " + milliseconds_text(phase.span) + "  ";
    }
    if (over) text += " total " + milliseconds_text(h.total());
    return {head, Line{Span{text, Style::kPlain}}};
}

std::vector<Line> handovers(const Picture& p) {
    if (p.under_way) return handover_lines(*p.under_way, "under way       ", false);
    if (p.last) return handover_lines(*p.last, "last hand-over  ", true);
    const Line none{{" last hand-over  ", Style::kDim}, {"none yet", Style::kPlain}};
    return {none, Line{}};
}

Line score(const Picture& p) {
    const bool clean = p.double_signatures == 0;
    return {{" signed          ", Style::kDim},
            {grouped(p.signatures) + " messages, " + std::to_string(p.handovers) + " hand-overs, ",
             Style::kPlain},
            {std::to_string(p.double_signatures) + " double signatures",
             clean ? Style::kGood : Style::kBad}};
}

Line dashboards(const Picture& p) {
    Line line{{" dashboards      ", Style::kDim}};
    for (const auto& url : p.dashboards) line.push_back({url + "  ", Style::kPlain});
    return line;
}

Line happening_line(const Happening& h, model::Instant began) {
    const Style style = h.weight == Happening::Weight::kAlarm     ? Style::kBad
                        : h.weight == Happening::Weight::kWarning ? Style::kBusy
                                                                  : Style::kPlain;
    return {{" " + padded(clock_text(h.at - began), 7), Style::kDim},
            {padded(h.who, 12), Style::kBold},
            {h.text, style}};
}

using Keys = std::initializer_list<std::pair<const char*, const char*>>;

Line key_line(Keys keys) {
    Line line{{" ", Style::kPlain}};
    for (const auto& [key, meaning] : keys) {
        line.push_back({key, Style::kBold});
        line.push_back({meaning, Style::kDim});
    }
    return line;
}

std::vector<Line> keys() {
    return {key_line({{"k", " kill the leader's node  "},
                      {"u", " make it unhealthy  "},
                      {"c", " cut the leader off etcd  "},
                      {"h", " heal"}}),
            key_line({{"e", " kill its elector  "},
                      {"z", " freeze it  "},
                      {"g", " kill its guardian  "},
                      {"s", " planned hand-over  "},
                      {"q", " quit"}})};
}

Line title(const Picture& p) {
    return {{" iotex-elector demo  ", Style::kTitle},
            {p.profile + " profile, blocks every 2.5 s, 3 members, 3 simulated nodes, etcd " +
                 p.etcd + "  ",
             Style::kDim},
            {clock_text(p.running), Style::kPlain}};
}

const char* code_of(Style style) {
    switch (style) {
        case Style::kPlain:
            return "";
        case Style::kDim:
            return "2";
        case Style::kBold:
            return "1";
        case Style::kGood:
            return "1;32";
        case Style::kBusy:
            return "33";
        case Style::kBad:
            return "1;31";
        case Style::kTitle:
            return "1;36";
    }
    return "";
}

}  // namespace

std::string why_text(const Why& why) {
    if (!why.at_most) return why.text;
    return why.text + " At most " + seconds_text(*why.at_most) + ".";
}

std::string milliseconds_text(const std::optional<Duration>& span) {
    if (!span) return "-";
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(*span).count();
    return (ms < 0 ? "-" : "") + grouped(static_cast<std::uint64_t>(std::abs(ms))) + " ms";
}

std::string seconds_text(Duration span) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", Seconds(span).count());
    return text;
}

std::vector<Line> lay_out(const Picture& p, std::size_t width, std::size_t height) {
    std::vector<Line> top{title(p), Line{}};
    const auto add = [&top](const std::vector<Line>& lines) {
        top.insert(top.end(), lines.begin(), lines.end());
    };
    if (p.members.empty()) top.push_back(Line{Span{" starting ...", Style::kPlain}});
    if (!p.members.empty()) top.push_back(header(width));
    for (const auto& row : p.members) top.push_back(table_line(row, width));
    if (!p.members.empty()) {
        top.emplace_back();
        if (width < kWhyBeside) {
            add(reasons(p));
            top.emplace_back();
        }
        add(handovers(p));
        top.push_back(score(p));
        if (!p.dashboards.empty()) top.push_back(dashboards(p));
        top.emplace_back();
    }
    const auto last = keys();
    if (height < last.size()) return {};
    const std::size_t above = height - last.size();
    if (top.size() > above) {  // a low window: no empty lines, then only the upper part
        std::erase_if(top, [](const Line& line) { return line.empty(); });
        top.resize(std::min(top.size(), above));
    }
    const std::size_t room = above - top.size();
    const std::size_t shown = std::min(room > 0 ? room - 1 : 0, p.happenings.size());
    for (std::size_t i = p.happenings.size() - shown; i < p.happenings.size(); ++i)
        top.push_back(happening_line(p.happenings[i], p.began));
    top.resize(above);
    add(last);
    for (auto& line : top) line = cut(line, width);
    return top;
}

std::string to_text(const Line& line) {
    std::string text;
    for (const auto& span : line) text += span.text;
    return text;
}

std::string to_ansi(const std::vector<Line>& lines, std::size_t width, bool colour) {
    std::string out = "\x1b[H";
    for (std::size_t i = 0; i < lines.size(); ++i) {
        for (const auto& span : lines[i]) {
            const std::string code = colour ? code_of(span.style) : "";
            if (code.empty())
                out += span.text;
            else
                out += "\x1b[" + code + "m" + span.text + "\x1b[0m";
        }
        // Behind a full line the cursor still stands on its last character.
        if (width_of(lines[i]) < width) out += "\x1b[K";
        if (i + 1 < lines.size()) out += "\r\n";
    }
    return out;
}

}  // namespace elector::demo
