#include "cli/help.hpp"

#include "cli/table.hpp"

namespace elector::cli {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kTextColumn = 24;

/// "  label   text", the text on a line of its own where the label is long.
std::string item(const std::string& label, std::string_view text) {
    std::string out = "  " + label;
    if (out.size() + 1 >= kTextColumn) {
        out += "\n" + std::string(kTextColumn, ' ');
    } else {
        out.resize(kTextColumn, ' ');
    }
    return out + folded(text, kTextColumn, kWidth);
}

std::string label_of(const Option& o) {
    return std::string(o.name) + (o.value.empty() ? "" : " " + std::string(o.value));
}

// ---- man(7)

/// As text of a manual page: nothing in it is taken for a request or an escape.
std::string roff(std::string_view text) {
    std::string out;
    if (!text.empty() && (text.front() == '.' || text.front() == '\'')) out += "\\&";
    for (const char c : text) {
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else {
            out += c;
        }
    }
    return out;
}

std::string tagged(const std::string& tag, std::string_view text) {
    return ".TP\n.B " + tag + "\n" + roff(text) + "\n";
}

std::string man_command(const Command& c) {
    std::string out = ".SS " + roff(c.name) + "\n";
    for (std::size_t i = 0; i < c.forms.size(); ++i) {
        const auto form = c.forms[i].empty() ? std::string{} : " " + roff(c.forms[i]);
        out += (i == 0 ? "" : ".br\n") + std::string(".B ") + roff("iotex-elector") + " " +
               roff(c.name) + form + "\n";
    }
    out += ".PP\n" + roff(c.summary) + ".\n";
    for (const auto paragraph : c.about) out += ".PP\n" + roff(paragraph) + "\n";
    for (const auto& o : c.options) out += tagged(roff(label_of(o)), std::string(o.text) + ".");
    out += ".PP\nExit status:\n";
    for (const auto& e : c.exits) out += tagged(std::to_string(e.code), std::string(e.text) + ".");
    return out;
}

constexpr std::string_view kManTail =
    ".SH FILES\n"
    ".TP\n.B /etc/iotex\\-elector/elector.toml\nThe configuration where none is named.\n"
    ".TP\n.B /var/lib/iotex\\-elector\nThe state: which etcd cluster this host has agreed to, and "
    "what was recorded when something broke.\n"
    ".TP\n.B /usr/share/doc/iotex\\-elector/docs\nconfiguration.md, operations.md, commands.md.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n.B NO_COLOR\nIf set to anything, no colour. There is none but on a terminal anyway.\n"
    ".TP\n.B COLUMNS\nThe width that tables are made for.\n"
    ".TP\n.B ELECTOR_ETCD_PASSWORD\nThe password of etcd.username, where no file holds it.\n"
    ".TP\n.B ELECTOR_API_TOKEN\nThe token of the HTTP API, where no file holds it.\n"
    ".TP\n.B STATE_DIRECTORY\nThe default of state.dir; systemd sets it.\n"
    ".SH SEE ALSO\n"
    ".BR etcdctl (1),\n"
    ".BR systemd (1)\n";

}  // namespace

std::string help_of_all() {
    std::string out = "usage: iotex-elector COMMAND\n";
    for (const auto& c : commands()) {
        for (std::size_t i = 0; i < c.forms.size(); ++i) {
            auto form = c.forms[i];
            const bool last = i + 1 == c.forms.size();
            std::string line = std::string(c.name) + (form.empty() ? "" : " " + std::string(form));
            out += last ? item(line, c.summary) : "  " + line + "\n";
        }
    }
    return out +
           "iotex-elector help COMMAND tells all about one; --config is "
           "/etc/iotex-elector/elector.toml\nwhere it may be left out. An older elector's command "
           "line (-etcd=URL ...) runs too.\n";
}

std::string help_of(const Command& c) {
    std::string out =
        "usage: " + usage_of(c) + "\n" + folded(std::string(c.summary) + ".", 0, kWidth);
    for (const auto paragraph : c.about) out += "\n" + folded(paragraph, 0, kWidth);
    if (!c.options.empty()) out += "\nOptions:\n";
    for (const auto& o : c.options) out += item(label_of(o), o.text);
    out += "\nExit codes:\n";
    for (const auto& e : c.exits) out += item(std::to_string(e.code), e.text);
    return out;
}

std::string man_page(std::string_view version) {
    std::string out = ".TH IOTEX\\-ELECTOR 1 \"\" \"iotex\\-elector " + roff(version) +
                      "\" \"User Commands\"\n"
                      ".SH NAME\n"
                      "iotex\\-elector \\- lets exactly one of a delegate's IoTeX nodes sign\n"
                      ".SH SYNOPSIS\n"
                      ".B iotex\\-elector\n.I command\n.RI [ options ]\n"
                      ".SH DESCRIPTION\n"
                      "IoTeX delegates run several nodes with one producer key, of which exactly "
                      "one may sign.\nAn elector beside each node elects that one through etcd, "
                      "and switches its own node active or standby over the node's admin "
                      "endpoint.\n"
                      ".SH COMMANDS\n";
    for (const auto& c : commands()) out += man_command(c);
    return out + std::string(kManTail);
}

}  // namespace elector::cli
