// Owns a rough world for property tests: every operation is answered at random, well or badly, soon
// or late, by a store and a node that are only as faithful as they must be for the core to get
// anywhere. Must never check anything. Thread rule: one thread.
#pragma once

#include <map>
#include <vector>

#include "core/step.hpp"

namespace elector::core {

/// splitmix64, so that a seed means the same on every machine.
class Dice {
  public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}
    std::uint64_t roll() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }
    std::uint64_t below(std::uint64_t n) { return roll() % n; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    Duration between(Duration from, Duration to) {
        return from + Duration(static_cast<std::int64_t>(
                          below(static_cast<std::uint64_t>((to - from).count()) + 1)));
    }

  private:
    std::uint64_t state_;
};

class Weather {
  public:
    explicit Weather(std::uint64_t seed);

    /// What happens next, and when. Never later than `wake`; `Woke` when that comes first.
    std::pair<Instant, Event> next(Instant now, Instant wake);
    void perform(Instant now, const Effect& effect);

  private:
    void answer(Instant now, Event good, Event bad);
    void mischief(Instant now);
    void queue_b(Instant now);
    void publish_b(Instant now);
    bool perform_store(Instant now, const Effect& effect);
    bool perform_record(Instant now, const Effect& effect);
    bool perform_node(Instant now, const Effect& effect);
    void put_member(const MemberRecord& record);
    void drop_key(const std::string& key);
    bool guards_record(const StoredRecord& found) const { return store_.holder.mod == found.mod; }
    Event write_record(OpId op, bool guarded, const HolderRecord& record);
    void news(Instant now, const std::vector<Change>& changes);

    Dice dice_;
    ElectionView store_;
    std::multimap<Instant, Event> coming_;
    Instant next_mischief_;
    Instant next_block_;
    bool active_ = false;
    bool ready_ = true;
    std::uint64_t height_ = 100;
    std::uint64_t connection_ = 0;
};

}  // namespace elector::core
