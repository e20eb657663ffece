// Owns what is due and when: a heap of small jobs, ordered by time and then by age.
// Must never hold a callable; each job names its owner and an index there. Thread rule: one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "model/event.hpp"
#include "sim/time.hpp"

namespace elector::sim {

enum class Job : std::uint8_t {
    kDeliver,       ///< a: event slot, b: incarnation
    kWake,          ///< b: incarnation
    kStoreArrive,   ///< a: store operation
    kStoreReply,    ///< a: store operation, b: event slot
    kStoreTimeout,  ///< a: store operation
    kStoreHedge,    ///< a: store operation
    kNodeSend,      ///< a: node operation; the bytes leave the host
    kNodeRead,      ///< a: node operation; a probe, web3 or metrics answer is made
    kNodeTimeout,   ///< a: node operation
    kNodeDone,      ///< a: node operation, b: event slot
    kSampleTip,     ///< b: number of the confirmation; 100 ms after it
    kPort,          ///< a: port, b: incarnation
    kWatch,         ///< b: incarnation; commits reach the member
    kWatchUp,       ///< b: incarnation
    kLeaseScan,
    kGuardian,      ///< the guardian looks at everything
    kGuardianBack,  ///< its acknowledgement reaches the elector; a: event slot, b: incarnation
    kGuardianGone,  ///< a: 1 when frozen, b: the guardian's life; the elector notices
    kFence,         ///< a fence command has ended; a: 1 for a guardian's, b: its life
    kNodeBack,      ///< a node that was fenced is started again
    kService,       ///< the service manager starts the member's processes
    kFault,         ///< a: index in the plan
    kFaultEnd,      ///< a: index in the plan
    kForeign,       ///< the stand-in for an older elector
    kBootstrap,
    kHeal,
    kLook,  ///< liveness and excuses
};

struct Task {
    Time at{};
    std::uint64_t number = 0;
    Job job{};
    std::uint8_t member = 0;
    std::uint32_t a = 0;
    std::uint64_t b = 0;
};

class Schedule {
  public:
    void add(Time at, Job job, std::uint8_t member = 0, std::uint32_t a = 0, std::uint64_t b = 0) {
        heap_.push_back(Task{at, ++number_, job, member, a, b});
        std::push_heap(heap_.begin(), heap_.end(), later);
    }
    Time next() const { return heap_.empty() ? kNoTime : heap_.front().at; }
    Task pop() {
        std::pop_heap(heap_.begin(), heap_.end(), later);
        const Task task = heap_.back();
        heap_.pop_back();
        return task;
    }

  private:
    static bool later(const Task& x, const Task& y) {
        return x.at != y.at ? x.at > y.at : x.number > y.number;
    }
    std::vector<Task> heap_;
    std::uint64_t number_ = 0;
};

/// Values under way, named by their place; places are used again.
template <class T>
class Pool {
  public:
    std::uint32_t put(T value) {
        if (free_.empty()) {
            items_.push_back(std::move(value));
            return static_cast<std::uint32_t>(items_.size() - 1);
        }
        const auto at = free_.back();
        free_.pop_back();
        items_[at] = std::move(value);
        return at;
    }
    T& operator[](std::uint32_t at) { return items_[at]; }
    T take(std::uint32_t at) {
        free_.push_back(at);
        return std::move(items_[at]);
    }
    void drop(std::uint32_t at) { free_.push_back(at); }

  private:
    std::deque<T> items_;  // references stay good while others come
    std::vector<std::uint32_t> free_;
};

using EventPool = Pool<model::Event>;

}  // namespace elector::sim
