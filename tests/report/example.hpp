// Owns a small group as the store would show it, for the tests of the report.
// Thread rule: values only.
#pragma once

#include <stdexcept>
#include <string>

#include "report/group.hpp"

namespace elector::report {

using model::NodeActivity;
using model::Revision;
using model::Term;
using State = model::HolderRecord::State;
using namespace std::chrono_literals;

inline constexpr std::int64_t kNow = 1'785'000'000'000;

/// Members "a" (holder of term 42, active), "b" and "c" (candidates in that order).
struct Group {
    model::Policy policy;
    GroupInput in;

    Group() {
        in.key = "/k";
        in.now_unix_ms = kNow;
        in.view.emplace();
        auto& v = view();
        v.revision = Revision{100};
        v.queue = {
            {"/k/a", Revision{42}, "a"}, {"/k/b", Revision{50}, "b"}, {"/k/c", Revision{51}, "c"}};
        v.holder = {Revision{60}, "", model::HolderRecord{}};
        record().state = State::kActive;
        record().term = Term{42};
        record().member = "a";
        record().instance = "host-a";
        for (const std::string name : {"a", "b", "c"}) add(name, Revision{90});
        member("a").activity = NodeActivity::kActive;
        member("a").eligible = false;
        member("a").blocked_by = "standby_unconfirmed";
    }

    model::ElectionView& view() { return *in.view; }
    model::HolderRecord& record() { return *view().holder.record; }
    model::MemberEntry& entry(const std::string& name) {
        for (auto& e : view().members)
            if (e.record.name == name) return e;
        throw std::out_of_range(name);
    }
    model::MemberRecord& member(const std::string& name) { return entry(name).record; }
    void add(const std::string& name, Revision mod) {
        model::MemberEntry e{Revision{30}, mod, {}};
        e.record.name = name;
        e.record.instance = "host-" + name;
        e.record.candidate_key = "/k/" + name;
        e.record.activity = NodeActivity::kStandby;
        e.record.activity_age = 300ms;
        e.record.unix_ms = kNow - 1000;
        e.record.tip = model::Height{1000};
        e.record.eligible = true;
        view().members.push_back(e);
    }
    void forget(const std::string& name) {
        std::erase_if(view().members, [&](const auto& e) { return e.record.name == name; });
        std::erase_if(view().queue, [&](const auto& c) { return c.value == name; });
    }
    GroupStatus status() const { return group_status(policy, in); }
    MemberStatus shown(const std::string& name) const {
        for (const auto& m : status().members)
            if (m.name == name) return m;
        throw std::out_of_range(name);
    }
};

}  // namespace elector::report
