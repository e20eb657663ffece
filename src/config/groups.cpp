#include "config/groups.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "config/check.hpp"
#include "config/claims.hpp"
#include "config/derive.hpp"
#include "config/keys.hpp"
#include "config/read.hpp"
#include "config/spare.hpp"
#include "config/text.hpp"
#include "config/values.hpp"

namespace elector::config {
namespace {

constexpr std::array<std::string_view, 3> kEachItsOwn{"election.key", "node.admin", "node.probe"};

std::string header(std::string_view path) {
    return "[group." + std::string(path.substr(0, path.find('.'))) + "]";
}

/// Problems of many groups. One of the file's own tables that every group has is told once.
class Pile {
  public:
    void add(std::vector<Problem> problems) {
        for (Problem& problem : problems) {
            const auto next = problems_.size();
            const auto [found, fresh] =
                places_.try_emplace({problem.at, problem.path, problem.message}, next);
            if (!fresh && !problem.whose.empty()) {
                ++more_[found->second];
                continue;
            }
            problems_.push_back(std::move(problem));
            more_.push_back(0);
        }
    }

    bool empty() const { return problems_.empty(); }

    std::vector<Problem> sorted() && {
        for (std::size_t i = 0; i < problems_.size(); ++i)
            if (more_[i] > 0) problems_[i].whose += " and " + std::to_string(more_[i]) + " more";
        std::stable_sort(problems_.begin(), problems_.end(),
                         [](const Problem& a, const Problem& b) { return a.at < b.at; });
        return std::move(problems_);
    }

  private:
    std::vector<Problem> problems_;
    std::vector<std::size_t> more_;
    std::map<std::tuple<Position, std::string, std::string>, std::size_t> places_;
};

const Tree* child(const Tree& table, std::string_view key) {
    for (const Tree& entry : table.children)
        if (entry.key == key) return &entry;
    return nullptr;
}

bool is_list_of_tables(const Tree& list) {
    const auto is_table = [](const Tree& element) { return element.kind == Tree::Kind::kTable; };
    return list.kind == Tree::Kind::kArray && !list.children.empty() &&
           std::all_of(list.children.begin(), list.children.end(), is_table);
}

/// The machine, asked once for what many groups name.
Environment asked_once(const Environment& environment) {
    Environment out = environment;
    out.inspect = [inspect = environment.inspect,
                   known = std::map<std::string, FileFacts>{}](const std::string& path) mutable {
        const auto found = known.find(path);
        return found != known.end() ? found->second : known[path] = inspect(path);
    };
    return out;
}

void report_stray(const Tree& entry, Report& report) {
    const std::string name = shown_key(entry.key);
    const bool table = entry.kind == Tree::Kind::kTable;
    const auto tables = group_table_names();
    const std::string_view home = home_of(entry.key);
    const std::string_view near = closest(entry.key, tables);
    const auto every = table_names();
    std::string message =
        "unknown " + std::string(table ? "table [group." + name + "]" : "key group." + name);
    if (!table && std::find(tables.begin(), tables.end(), home) != tables.end()) {
        message += "; it belongs in [group." + std::string(home) + "]";
    } else if (std::find(every.begin(), every.end(), entry.key) != every.end()) {
        message += "; " + name + " is the same for all groups";
    } else if (!near.empty()) {
        message += "; did you mean [group." + std::string(near) + "]?";
    } else {
        message += "; a group has name and the tables election, node, health, fence";
    }
    report.problem(entry.key_at, "group." + name, message);
}

void read_group(const Tree& table, Config& config, Report& report) {
    const auto tables = group_table_names();
    for (const Tree& entry : table.children) {
        if (entry.key == "name") continue;
        if (std::find(tables.begin(), tables.end(), entry.key) == tables.end()) {
            report_stray(entry, report);
        } else {
            read_section(entry, "[group." + entry.key + "]", config, report);
        }
    }
}

class Groups {
  public:
    Groups(const Config& file, const Report& report, const Environment& environment, Use use)
        : file_(file), report_(report), environment_(asked_once(environment)), use_(use) {}

    void load(const Tree& table, std::size_t number) {
        std::string fault;
        Position at = table.at;
        const std::string name = name_of(table, fault, at);
        const std::string whose =
            "group " + (fault.empty() ? quoted(name) : std::to_string(number));
        Report report(report_, whose, table.at);
        if (!fault.empty()) report.problem(at, "group.name", fault);
        Config config = file_;
        config.group = name;
        read_group(table, config, report);
        derive(config, report, environment_);
        look_at_programs(config, environment_, report);
        check_timing(config, report);
        check_group(config, report);
        check_own(config, report, whose);
        keep(std::move(config), table.at, whose, report);
    }

    /// Adds up to `result`, which has what the file's own tables are told for.
    void finish(LoadResult& result, Config file) {
        if (loaded_.empty() && !names_left_out_.empty()) std::swap(problems_, left_out_);
        const auto shared = silence_shared_web3(loaded_, claims_);
        if (!shared.whose.empty()) warnings_.add({placed(shared)});
        const auto all = [](Pile& pile, std::vector<Problem>& own) {
            pile.add(std::move(own));
            own = std::move(pile).sorted();
        };
        all(problems_, result.problems);
        all(warnings_, result.warnings);
        spared_.add(std::move(left_out_).sorted());
        all(spared_, result.spared);
        if (!result.problems.empty()) return;
        result.left_out = std::move(names_left_out_);
        result.config = whole(std::move(file));
    }

  private:
    static std::string name_of(const Tree& table, std::string& fault, Position& at) {
        const Tree* entry = child(table, "name");
        if (!entry) {
            fault = "name is missing; write for example name = \"west\"";
            return "";
        }
        at = entry->at;
        if (entry->kind != Tree::Kind::kString) {
            fault = "name must be a text in quotes, for example name = \"west\"";
            return "";
        }
        fault = member_name_fault(entry->text);
        if (!fault.empty()) fault = "name = " + shown(entry->text) + " " + fault;
        return entry->text;
    }

    void check_own(const Config& config, Report& report, const std::string& whose) {
        for (const auto path : kEachItsOwn) {
            if (report.is_own(path) || report_.is_given(path)) continue;
            report.problem(
                report.place(), path,
                std::string(path) + " is missing; each group has its own, in " + header(path));
        }
        if (report.sound({"group.name"})) {
            const std::string fault = claims_.name(config.group, report.place());
            if (!fault.empty()) report.problem(report.place(), "group.name", "name " + fault);
        }
        const auto tell = [&report](std::string_view path, const std::string& fault) {
            if (!fault.empty()) report.fault(path, fault);
        };
        if (report.is_own("election.key") && report.sound({"election.key"}))
            tell("election.key", claims_.key(config.election.key, whose));
        const auto port = [&](std::string_view path, const Url& url) {
            if (report.sound({path})) tell(path, claims_.port(url, path, whose));
        };
        if (report.is_own("node.admin")) port("node.admin", config.node.admin);
        if (report.is_own("node.probe")) port("node.probe", config.node.probe);
        if (config.node.web3_mode == Web3Mode::kUrl) port("node.web3", config.node.web3);
    }

    void keep(Config config, Position at, const std::string& whose, const Report& report) {
        LoadResult judged = judge(report, use_);
        warnings_.add(std::move(judged.warnings));
        leave_out(config, judged.spared, report);
        spared_.add(std::move(judged.spared));
        const bool usable = judged.problems.empty();
        const bool alone = use_ == Use::kRecord || use_ == Use::kDemote;
        (alone ? left_out_ : problems_).add(std::move(judged.problems));
        if (!usable) {
            if (alone) names_left_out_.push_back(whose);
            return;
        }
        loaded_.push_back(std::move(config));
        places_.push_back(at);
    }

    /// At the group that it names first.
    Problem placed(Problem warning) const {
        warning.source = report_.source();
        for (std::size_t i = 0; i < loaded_.size(); ++i) {
            const std::string whose = "group " + quoted(loaded_[i].group);
            if (!warning.whose.starts_with(whose)) continue;
            warning.at = places_[i];
            break;
        }
        return warning;
    }

    /// The time-out is the same for every hold that can be used. What is only a default says
    /// nothing by itself.
    Config whole(Config file) {
        file.etcd.request_timeout = loaded_.front().etcd.request_timeout;
        file.election = {};
        file.election.key.clear();
        file.node = {};
        file.node.admin = file.node.probe = file.node.web3 = Url{};
        file.health = {};
        file.fence = {};
        file.groups = std::move(loaded_);
        return file;
    }

    const Config& file_;
    const Report& report_;
    Environment environment_;
    Use use_;
    Claims claims_;
    std::vector<Config> loaded_;
    std::vector<Position> places_;
    Pile problems_;
    Pile warnings_;
    Pile spared_;
    Pile left_out_;  ///< what is wrong with groups without which the others are served
    std::vector<std::string> names_left_out_;
};

}  // namespace

const Tree* group_tables(const Tree& root) { return child(root, "group"); }

LoadResult load_groups(const Tree& tables, Config file, Report& report,
                       const Environment& environment, Use use) {
    for (const auto path : kEachItsOwn) {
        if (report.is_given(path))
            report.fault(path,
                         "cannot serve every [[group]]; each has its own, in " + header(path));
    }
    const bool good = is_list_of_tables(tables);
    if (!good)
        report.problem(tables.key_at, "group", "group must be a list of tables: write [[group]]");
    const bool many = good && tables.children.size() > kMostGroups;
    if (many)
        report.problem(tables.key_at, "group",
                       "there are more than " + std::to_string(kMostGroups) + " [[group]] tables");
    derive(file, report, environment);
    read_files(file, environment, report, use);
    check_file(file, report);
    LoadResult result = judge(report, use);
    leave_out(file, result.spared, report);
    if (!good || many) return result;
    Groups groups(file, report, environment, use);
    std::size_t number = 0;
    for (const Tree& table : tables.children) groups.load(table, ++number);
    groups.finish(result, file);
    return result;
}

}  // namespace elector::config
