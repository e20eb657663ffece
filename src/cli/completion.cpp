// The completions of three shells, from the table of commands alone.
#include <vector>

#include "cli/help.hpp"

namespace elector::cli {
namespace {

using std::string;

std::vector<string> alternatives(std::string_view value) {
    std::vector<string> all;
    if (value.find('|') == std::string_view::npos) return all;
    for (std::size_t from = 0; from <= value.size();) {
        const auto to = std::min(value.find('|', from), value.size());
        all.emplace_back(value.substr(from, to - from));
        from = to + 1;
    }
    return all;
}

string joined(const std::vector<string>& words) {
    string text;
    for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

std::vector<string> names() {
    std::vector<string> all;
    for (const auto& c : commands()) all.emplace_back(c.name);
    return all;
}

/// What may be typed for a value of this kind, apart from files.
std::vector<string> words_for(std::string_view value) {
    return value == "COMMAND" ? names() : alternatives(value);
}

std::vector<string> option_names(const Command& c) {
    std::vector<string> all;
    for (const auto& o : c.options) all.emplace_back(o.name);
    all.emplace_back("--help");
    return all;
}

/// Between single quotes, for every one of the shells and zsh's own syntax of descriptions.
string description(std::string_view text) {
    string out;
    for (const char c : text) {
        if (c == '\'') continue;
        out += c == '[' ? '(' : c == ']' ? ')' : c;
    }
    return out;
}

// ---- bash

string bash_reply(std::string_view value) {
    if (value == "FILE") return "mapfile -t COMPREPLY < <(compgen -f -- \"$word\")";
    const auto words = words_for(value);
    if (words.empty()) return "COMPREPLY=()";
    return "mapfile -t COMPREPLY < <(compgen -W '" + joined(words) + "' -- \"$word\")";
}

string bash() {
    string out =
        "# bash completion for iotex-elector\n"
        "_iotex_elector() {\n"
        "    local word=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
        "    COMPREPLY=()\n"
        "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
        "        mapfile -t COMPREPLY < <(compgen -W '" +
        joined(names()) +
        "' -- \"$word\")\n"
        "        return\n"
        "    fi\n"
        "    case \"${COMP_WORDS[1]} $before\" in\n";
    for (const auto& c : commands())
        for (const auto& o : c.options)
            if (!o.value.empty())
                out += "        '" + string(c.name) + " " + string(o.name) + "') " +
                       bash_reply(o.value) + "; return ;;\n";
    out += "    esac\n    case \"${COMP_WORDS[1]} $word\" in\n";
    for (const auto& c : commands()) {
        const auto options =
            "mapfile -t COMPREPLY < <(compgen -W '" + joined(option_names(c)) + "' -- \"$word\")";
        const auto other = c.operand.empty() ? options : bash_reply(c.operand);
        out += "        '" + string(c.name) + " -'*) " + options + " ;;\n";
        out += "        '" + string(c.name) + " '*) " + other + " ;;\n";
    }
    return out +
           "    esac\n"
           "}\n"
           "complete -o filenames -F _iotex_elector iotex-elector\n";
}

// ---- zsh

string zsh_action(std::string_view value) {
    if (value == "FILE") return ":file:_files";
    const auto words = words_for(value);
    const auto what = value == "COMMAND" ? string("command") : string("value");
    if (words.empty()) return ":" + string(value) + ": ";
    return ":" + what + ":(" + joined(words) + ")";
}

string zsh() {
    string out =
        "#compdef iotex-elector\n"
        "_iotex_elector() {\n"
        "    if (( CURRENT == 2 )); then\n"
        "        local -a all=(\n";
    for (const auto& c : commands())
        out += "            '" + string(c.name) + ":" + description(c.summary) + "'\n";
    out +=
        "        )\n"
        "        _describe command all\n"
        "        return\n"
        "    fi\n"
        "    local chosen=$words[2]\n"
        "    shift words\n"
        "    (( CURRENT-- ))\n"
        "    case $chosen in\n";
    for (const auto& c : commands()) {
        out += "        (" + string(c.name) + ") _arguments '--help[all about it]'";
        for (const auto& o : c.options)
            out += " \\\n            '" + string(o.name) + "[" + description(o.text) + "]" +
                   (o.value.empty() ? "" : zsh_action(o.value)) + "'";
        if (!c.operand.empty()) out += " \\\n            '1" + zsh_action(c.operand) + "'";
        out += " ;;\n";
    }
    return out +
           "    esac\n"
           "}\n"
           "if [ \"$funcstack[1]\" = _iotex_elector ]; then\n"
           "    _iotex_elector \"$@\"\n"
           "elif (( $+functions[compdef] )); then\n"
           "    compdef _iotex_elector iotex-elector\n"
           "fi\n";
}

// ---- fish

string fish_value(std::string_view value) {
    if (value == "FILE") return " -r -F";
    const auto words = words_for(value);
    return words.empty() ? string(" -x") : " -x -a '" + joined(words) + "'";
}

string fish() {
    string out = "# fish completion for iotex-elector\ncomplete -c iotex-elector -f\n";
    for (const auto& c : commands())
        out += "complete -c iotex-elector -n __fish_use_subcommand -a " + string(c.name) + " -d '" +
               description(c.summary) + "'\n";
    for (const auto& c : commands()) {
        const auto here =
            "complete -c iotex-elector -n '__fish_seen_subcommand_from " + string(c.name) + "'";
        out += here + " -l help -d 'all about it'\n";
        for (const auto& o : c.options)
            out += here + " -l " + string(o.name.substr(2)) +
                   (o.value.empty() ? "" : fish_value(o.value)) + " -d '" + description(o.text) +
                   "'\n";
        if (c.operand == "FILE") out += here + " -F\n";
        const auto words = words_for(c.operand);
        if (!words.empty()) out += here + " -a '" + joined(words) + "'\n";
    }
    return out;
}

}  // namespace

std::optional<string> completion(std::string_view shell) {
    if (shell == "bash") return bash();
    if (shell == "zsh") return zsh();
    if (shell == "fish") return fish();
    return std::nullopt;
}

}  // namespace elector::cli
