#include "simnode/checker/render.hpp"

#include <algorithm>
#include <cstdio>

#include <boost/json.hpp>

#include "simnode/checker/log_line.hpp"

namespace elector::checker {
namespace {

namespace json = boost::json;
using Names = std::vector<std::string>;

// A broken run can have thousands; the first ones tell the story.
constexpr std::size_t kShown = 20;

template <class... A>
std::string text(const char* format, A... args) {
    char buffer[256];
    std::snprintf(buffer, sizeof buffer, format, args...);
    return buffer;
}

double seconds(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }

unsigned long long wide(std::uint64_t n) { return n; }

class TextReport {
  public:
    TextReport(const Report& r, const Names& names) : r_(r), names_(names) {}

    std::string render() {
        summary();
        nodes();
        section("double signatures", r_.double_signatures, &TextReport::double_signature);
        section("overlaps of active flags", r_.overlaps, &TextReport::overlap);
        section("signed after another was activated", r_.late_emissions, &TextReport::late);
        section("gaps with no active node", r_.gaps, &TextReport::gap);
        out_ += r_.safe() ? "verdict: safe, no double signature\n" : "verdict: DOUBLE SIGNATURE\n";
        return std::move(out_);
    }

  private:
    void summary() {
        out_ += text("%llu lines over %.3f s, %llu rounds signed, longest gap %.3f s\n\n",
                     wide(r_.entries), seconds(r_.to_ns - r_.from_ns), wide(r_.rounds_signed),
                     seconds(r_.longest_gap_ns));
    }

    void nodes() {
        out_ += text("%-20s %9s %12s %11s %7s %6s %10s\n", "node", "proposals", "endorsements",
                     "activations", "starts", "stops", "active s");
        for (std::size_t i = 0; i < r_.nodes.size(); ++i) {
            const NodeCount& c = r_.nodes[i];
            out_ += text("%-20.60s %9llu %12llu %11llu %7llu %6llu %10.3f\n", names_[i].c_str(),
                         wide(c.proposals), wide(c.endorsements), wide(c.activations),
                         wide(c.starts), wide(c.stops), seconds(c.active_ns));
        }
        out_ += "\n";
    }

    template <class T>
    void section(const char* title, const std::vector<T>& list,
                 void (TextReport::*show)(const T&)) {
        out_ += text("%s: %zu\n", title, list.size());
        for (std::size_t i = 0; i < std::min(list.size(), kShown); ++i) (this->*show)(list[i]);
        if (list.size() > kShown) out_ += text("  and %zu more\n", list.size() - kShown);
    }

    void double_signature(const DoubleSignature& d) {
        const Entry& first = d.first_of_each.front();
        out_ += text("  height %llu round %u:", wide(first.height), first.round);
        for (const Entry& e : d.first_of_each)
            out_ += " " + names_[e.node] + " (" + std::string(word(e.kind)) + " at " +
                    at(e.time_ns) + ")";
        out_ += "\n";
    }

    void overlap(const Overlap& o) {
        out_ += "  " + names_[o.first] + " and " + names_[o.second] + " from " + at(o.from_ns) +
                text(" for %.3f s\n", seconds(o.to_ns - o.from_ns));
    }

    void late(const LateEmission& l) {
        out_ += "  " + names_[l.emission.node] + " " + std::string(word(l.emission.kind)) +
                text(" for height %llu round %u at ", wide(l.emission.height), l.emission.round) +
                at(l.emission.time_ns) + ", " + names_[l.activated] + " active since " +
                at(l.activated_ns) + "\n";
    }

    void gap(const Gap& g) {
        out_ += "  " + text("%.3f s", seconds(g.to_ns - g.from_ns)) + " from " + at(g.from_ns) +
                ", after " + names_[g.before] + ", until " +
                (g.after ? names_[*g.after] : std::string("the log ended")) + "\n";
    }

    std::string at(std::int64_t ns) const { return text("%.3f s", seconds(ns - r_.from_ns)); }

    const Report& r_;
    const Names& names_;
    std::string out_;
};

json::object entry_json(const Entry& e, const Names& names) {
    return {{"time_ns", e.time_ns},
            {"node", names[e.node]},
            {"kind", word(e.kind)},
            {"height", e.height},
            {"round", e.round}};
}

json::array nodes_json(const Report& r, const Names& names) {
    json::array out;
    for (std::size_t i = 0; i < r.nodes.size(); ++i) {
        const NodeCount& c = r.nodes[i];
        out.push_back(json::object{{"node", names[i]},
                                   {"proposals", c.proposals},
                                   {"endorsements", c.endorsements},
                                   {"activations", c.activations},
                                   {"starts", c.starts},
                                   {"stops", c.stops},
                                   {"active_ns", c.active_ns}});
    }
    return out;
}

json::array double_json(const Report& r, const Names& names) {
    json::array out;
    for (const DoubleSignature& d : r.double_signatures) {
        json::array signers;
        for (const Entry& e : d.first_of_each) signers.push_back(entry_json(e, names));
        const Entry& first = d.first_of_each.front();
        out.push_back(json::object{
            {"height", first.height}, {"round", first.round}, {"signers", std::move(signers)}});
    }
    return out;
}

json::array active_json(const Report& r, const Names& names) {
    json::array out;
    for (const Active& a : r.active)
        out.push_back(json::object{{"node", names[a.node]},
                                   {"from_ns", a.from_ns},
                                   {"to_ns", a.to_ns},
                                   {"open", a.open},
                                   {"end_unknown", a.end_unknown}});
    return out;
}

json::array overlaps_json(const Report& r, const Names& names) {
    json::array out;
    for (const Overlap& o : r.overlaps)
        out.push_back(json::object{{"first", names[o.first]},
                                   {"second", names[o.second]},
                                   {"from_ns", o.from_ns},
                                   {"to_ns", o.to_ns}});
    return out;
}

json::array late_json(const Report& r, const Names& names) {
    json::array out;
    for (const LateEmission& l : r.late_emissions) {
        json::object o = entry_json(l.emission, names);
        o["activated"] = names[l.activated];
        o["activated_ns"] = l.activated_ns;
        out.push_back(std::move(o));
    }
    return out;
}

json::array gaps_json(const Report& r, const Names& names) {
    json::array out;
    for (const Gap& g : r.gaps)
        out.push_back(
            json::object{{"from_ns", g.from_ns},
                         {"to_ns", g.to_ns},
                         {"before", names[g.before]},
                         {"after", g.after ? json::value(names[*g.after]) : json::value()}});
    return out;
}

}  // namespace

std::string render_text(const Report& r, const Names& names) {
    return TextReport(r, names).render();
}

std::string render_json(const Report& r, const Names& names) {
    json::object o;
    o["safe"] = r.safe();
    o["lines"] = r.entries;
    o["from_ns"] = r.from_ns;
    o["to_ns"] = r.to_ns;
    o["rounds_signed"] = r.rounds_signed;
    o["longest_gap_ns"] = r.longest_gap_ns;
    o["nodes"] = nodes_json(r, names);
    o["double_signatures"] = double_json(r, names);
    o["active"] = active_json(r, names);
    o["overlaps"] = overlaps_json(r, names);
    o["late_emissions"] = late_json(r, names);
    o["gaps"] = gaps_json(r, names);
    return json::serialize(o);
}

}  // namespace elector::checker
