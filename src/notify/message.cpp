#include "notify/message.hpp"

#include <algorithm>
#include <array>

#include <boost/json.hpp>

#include "model/notice.hpp"

namespace elector::notify {
namespace json = boost::json;

namespace {

/// Chat programs refuse longer messages, and nobody reads them.
constexpr std::size_t kLongest = 2000;

/// At a boundary of UTF-8.
std::string cut(const std::string& text) {
    if (text.size() <= kLongest) return text;
    std::size_t end = kLongest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    return text.substr(0, end) + "...";
}

/// Slack takes these three for its own; a name could call the whole channel otherwise.
std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '&') {
            out += "&amp;";
        } else if (c == '<') {
            out += "&lt;";
        } else if (c == '>') {
            out += "&gt;";
        } else {
            out += c;
        }
    }
    return out;
}

std::string generic(const Message& m) {
    json::object o{{"v", 1},
                   {"at", m.at},
                   {"event", m.event},
                   {"severity", word(m.severity)},
                   {"group", m.group},
                   {"member", m.member},
                   {"role", m.role},
                   {"term", m.term},
                   {"reason", m.reason},
                   {"sentence", cut(m.sentence)},
                   {"detail", cut(m.detail)},
                   {"node", m.node},
                   {"lost_before", m.lost_before}};
    if (!m.table.empty()) o["table"] = m.table;
    return json::serialize(o);
}

std::string for_slack(const Message& m) {
    std::string text = "[" + std::string(word(m.severity)) + "] " + m.member + " (" +
                       (m.table.empty() ? "" : m.table + ", ") + m.group + "): " + m.event;
    if (!m.reason.empty()) text += " " + m.reason;
    if (!m.sentence.empty()) text += ": " + cut(m.sentence);
    if (!m.detail.empty()) text += " (" + cut(m.detail) + ")";
    text += " [role " + m.role;
    if (m.term != 0) text += ", term " + std::to_string(m.term);
    text += ", node " + m.node + ", " + m.at + "]";
    if (m.lost_before > 0)
        text += " " + std::to_string(m.lost_before) + " earlier messages were lost.";
    return json::serialize(json::object{{"text", escaped(text)}});
}

bool about_node(std::string_view event) {
    using model::Notice;
    static constexpr std::array kOfNode{Notice::kStandbyConfirmed, Notice::kActive,
                                        Notice::kNodeDead,         Notice::kNodeLost,
                                        Notice::kNodeFoundActive,  Notice::kNodeIgnoresSets,
                                        Notice::kUnfenced,         Notice::kOperatorAddressDiffers};
    return std::any_of(kOfNode.begin(), kOfNode.end(),
                       [&](Notice n) { return model::describe(n).name == event; });
}

}  // namespace

std::string_view word(Severity severity) {
    static constexpr std::array<std::string_view, 4> kWords{"info", "warning", "error", "alarm"};
    return kWords[static_cast<std::size_t>(severity)];
}

std::string written(const Message& message, Format format) {
    return format == Format::kSlack ? for_slack(message) : generic(message);
}

std::vector<std::pair<std::string, std::string>> variables(const Message& m) {
    std::vector<std::pair<std::string, std::string>> all{
        {"ELECTOR_AT", m.at},
        {"ELECTOR_EVENT", m.event},
        {"ELECTOR_SEVERITY", std::string(word(m.severity))},
        {"ELECTOR_GROUP", m.group},
        {"ELECTOR_NAME", m.member},
        {"ELECTOR_ROLE", m.role},
        {"ELECTOR_TERM", m.term == 0 ? "" : std::to_string(m.term)},
        {"ELECTOR_REASON", m.reason},
        {"ELECTOR_SENTENCE", cut(m.sentence)},
        {"ELECTOR_DETAIL", cut(m.detail)},
        {"ELECTOR_NODE", m.node},
        {"ELECTOR_LOST_BEFORE", std::to_string(m.lost_before)}};
    if (!m.table.empty()) all.emplace_back("ELECTOR_TABLE", m.table);
    return all;
}

bool wanted(const std::vector<std::string>& events, std::string_view event, Severity severity) {
    return std::any_of(events.begin(), events.end(), [&](const std::string& asked) {
        if (asked == "role") return event == "role_change";
        if (asked == "alarm") return severity == Severity::kAlarm;
        if (asked == "warning")
            return severity == Severity::kWarning || severity == Severity::kError;
        if (asked == "node") return about_node(event);
        return asked == event;
    });
}

}  // namespace elector::notify
