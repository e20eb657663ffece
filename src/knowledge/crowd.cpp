#include "knowledge/crowd.hpp"

#include <algorithm>

namespace elector::knowledge {
namespace {

/// The head, and who is next: with fewer nothing can be decided.
constexpr std::size_t kNext = 2;
/// How much of the front those follow who are far from it.
std::size_t few(const Policy& p) { return std::max(kNext, p.front / 4); }
/// A far member looks the front up anew after a minute, whatever its bell says; the later the
/// larger the crowd, since etcd goes over all keys for it, and not all at once.
Instant sort_again(const Knowledge& k, const OwnKey& own) {
    const auto minutes = 1 + static_cast<std::int64_t>(k.view.crowd.members / 128);
    return *k.sorted + 60s * minutes + 1s * (own.create.value % 16);
}
/// Active members that are followed wherever they are.
constexpr std::size_t kActive = 4;
/// A longer name is no member's.
constexpr std::size_t kLongestName = 200;

template <class T>
bool among(const std::vector<T>& all, const T& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

/// Once, and only what can be a member's name: the queue may hold anything.
void ask_for(std::vector<std::string>& names, const std::string& name) {
    if (!name.empty() && name.size() <= kLongestName && !among(names, name)) names.push_back(name);
}

/// The front is known well enough to look at it key by key, without having the queue sorted.
bool may_only_look(const Knowledge& k, Instant now, const OwnKey& own) {
    const auto& crowd = k.view.crowd;
    const bool shown = k.sorted && crowd.far && crowd.cut && k.view.queue.size() >= kNext;
    if (!k.read || !shown) return false;
    if (own.create != k.bell_for || now >= sort_again(k, own)) return false;
    return own.create == Revision{} || !k.bell.empty();
}

void watch_anew(Knowledge& k, Means& m) {
    if (k.view.crowd.far == k.watch_far) return;
    k.watch_far = k.view.crowd.far;
    k.watch = OpId{++m.last_op};
    m.emit(WatchElection{k.watch, k.watch_far, k.view.revision});
}

/// The watch has told of more members than all of are followed.
bool is_crowd(const Knowledge& k) {
    const auto front = k.asking.front;
    return front != 0 && std::max(k.view.queue.size(), k.view.members.size()) > front;
}

}  // namespace

bool unexplained(const Knowledge& k, const ElectionView& view, const OwnKey& own) {
    return !k.gap && !k.view.crowd.far && find_created(k.view, own.create) &&
           !find_created(view, own.create);
}

ReadElection question(Knowledge& k, const Policy& p, Instant now, const OwnKey& own) {
    ReadElection e;
    e.front = p.front;
    if (k.whole) e.front = 0;
    if (e.front == 0 || !k.crowded) return e;
    const auto& view = k.view;
    ask_for(e.members, p.member);
    if (!own.key.empty()) e.keys.push_back(own.key);
    if (const auto& record = view.holder.record) {
        ask_for(e.members, record->member);
        for (const auto& f : record->foreign)
            if (f.value == p.member && !among(e.keys, f.key)) e.keys.push_back(f.key);
    }
    const auto ask_for_key_of = [&](const std::string& name) {
        const auto* member = find_member(view, name);
        const auto* key = member ? &member->record.candidate_key : nullptr;
        if (key && key->starts_with(p.queue_prefix) && !among(e.keys, *key)) e.keys.push_back(*key);
    };
    ask_for_key_of(p.member);  // of an earlier session, perhaps
    if (view.switchover) {
        ask_for(e.members, view.switchover->to);
        ask_for_key_of(view.switchover->to);
    }
    std::size_t active = 0;
    for (const auto& member : view.members)
        if (member.record.activity == NodeActivity::kActive && active++ < kActive)
            ask_for(e.members, member.record.name);
    const bool look = may_only_look(k, now, own);
    for (const auto& c : view.queue) {
        if (look && e.queue.size() == few(p)) break;
        if (look) e.queue.push_back(c.key);
        ask_for(e.members, c.value);
        if (const auto* owner = owner_of(view, c.key)) ask_for(e.members, owner->record.name);
    }
    if (look) {
        if (!k.bell.empty() && !among(e.keys, k.bell)) e.keys.push_back(k.bell);
        return e;
    }
    for (const auto& name : k.first_names) ask_for(e.members, name);
    e.before = own.create;
    return e;
}

bool fits_crowd(Knowledge& k, const Means& m, ElectionView& view, const OwnKey& own) {
    auto& crowd = view.crowd;
    const bool look = !k.asking.queue.empty();
    if (look) {
        crowd.members = k.view.crowd.members;
        // Who has queued again has the name of his old key, and is at the end.
        std::erase_if(view.queue,
                      [&](const Candidate& c) { return !find_created(k.view, c.create); });
    } else {
        k.first_names.clear();
        for (const auto& c : view.queue) ask_for(k.first_names, c.value);
    }
    const auto mine = [&](const Candidate& c) { return c.key == own.key; };
    const bool in_front = std::any_of(view.queue.begin(), view.queue.end(), mine);
    crowd.far = look || !in_front;
    // The watch that has to explain it goes on.
    if (!k.missing.empty() || unexplained(k, view, own)) crowd.far = k.view.crowd.far;
    if (crowd.far && view.queue.size() > few(m.p)) {
        view.queue.resize(few(m.p));
        crowd.cut = true;
    }
    if (!among(k.asking.members, m.p.member)) return false;
    if (!own.key.empty() && !among(k.asking.keys, own.key)) return false;
    std::vector<std::string> needed;
    for (const auto& c : view.queue) ask_for(needed, c.value);
    return std::all_of(needed.begin(), needed.end(),
                       [&](const std::string& name) { return among(k.asking.members, name); });
}

void narrow(Knowledge& k, Means& m, const OwnKey& own) {
    auto& view = k.view;
    if (view.crowd.front != 0 || !is_crowd(k) || !k.missing.empty()) return;
    const auto front = std::min(view.queue.size(), k.asking.front);
    const auto mine = [&](const Candidate& c) { return c.create == own.create; };
    if (std::any_of(view.queue.begin(), view.queue.begin() + front, mine)) return;
    k.read_wanted = true;
    k.crowded = true;
    k.first_names.clear();
    for (std::size_t i = 0; i < front; ++i) ask_for(k.first_names, view.queue[i].value);
    auto& crowd = view.crowd;
    crowd.front = k.asking.front;
    crowd.cut = crowd.far = true;
    crowd.queue_at = view.revision;
    crowd.members = view.members.size();
    if (const auto* key = find_created(view, own.create)) view.crowd.beyond = {*key};
    view.queue.resize(std::min(view.queue.size(), few(m.p)));
    const auto* holder = view.holder.record ? &view.holder.record->member : nullptr;
    std::erase_if(view.members, [&](const MemberEntry& entry) {
        const auto& r = entry.record;
        const bool ours = r.name == m.p.member || (holder && r.name == *holder);
        return !ours && r.activity != NodeActivity::kActive && !find_key(view, r.candidate_key);
    });
    watch_anew(k, m);
}

void make_way(Knowledge& k, const Policy& p) {
    if (k.view.switchover && !k.view.crowd.far) would_show(k, p, k.view.switchover->to);
}

void follow_crowd(Knowledge& k, Means& m, const ElectionRead& e) {
    k.asked = k.asking;
    const bool look = !k.asking.queue.empty();
    const auto* bell = find_key(k.view, k.bell);
    if (!look) {
        k.bell = e.bell;
        k.bell_for = k.asking.before;
        k.sorted = k.read_sent;
    } else if (!k.bell.empty() && (!bell || bell->create > k.bell_for)) {
        k.bell.clear();
        k.read_wanted = true;
    }
    watch_anew(k, m);
}

bool outgrown(const Knowledge& k) {
    const auto& crowd = k.view.crowd;
    const auto front = k.asking.front;
    if (front == 0 || k.read_slot.busy()) return false;
    if (crowd.front == 0) return is_crowd(k);
    return crowd.cut && k.view.queue.size() < (crowd.far ? kNext : std::max(kNext, front / 2));
}

bool key_gone(const Knowledge& k, const std::string& key, Revision create) {
    const bool looked = k.view.crowd.front != 0 && among(k.asked.keys, key);
    return surely_gone(k.view, create) || (looked && !find_created(k.view, create));
}

bool would_show(Knowledge& k, const Policy& p, const std::string& name) {
    if (k.view.crowd.front == 0 || name.size() > kLongestName) return true;
    const auto* member = find_member(k.view, name);
    bool shown = name.empty() || member || among(k.asked.members, name);
    if (member && member->record.candidate_key.starts_with(p.queue_prefix)) {
        const auto& key = member->record.candidate_key;
        shown = find_key(k.view, key) || among(k.asked.keys, key);
    }
    if (k.view.crowd.cut && k.view.queue.size() < kNext) shown = false;
    if (!shown && !k.read_slot.busy()) k.read_wanted = true;
    return shown;
}

bool sees_every_key(Knowledge& k) {
    const bool all = k.read && k.view.crowd.front == 0;
    if (!all && !k.read_slot.busy()) k.read_wanted = k.whole = true;
    return all;
}

}  // namespace elector::knowledge
