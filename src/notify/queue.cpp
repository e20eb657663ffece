#include "notify/queue.hpp"

#include <algorithm>
#include <utility>

namespace elector::notify {

void Queue::add(Message message) {
    if (messages_.size() >= pace_.most_waiting) {
        ++counters_.dropped;
        if (on_its_way_) {
            messages_.erase(messages_.begin() + 1);
            ++lost_behind_;
        } else {
            messages_.pop_front();
            attempts_ = 0;
            lost_before_ += 1 + std::exchange(lost_behind_, 0);
        }
    }
    messages_.push_back(std::move(message));
}

Instant Queue::due() const {
    return messages_.empty() || on_its_way_ ? Instant::max() : not_before_;
}

const Message* Queue::begin(Instant now) {
    if (now < due()) return nullptr;
    on_its_way_ = true;
    ++attempts_;
    messages_.front().lost_before = lost_before_;
    return &messages_.front();
}

void Queue::delivered() {
    ++counters_.sent;
    messages_.pop_front();
    on_its_way_ = false;
    attempts_ = failures_ = 0;
    not_before_ = {};
    lost_before_ = std::exchange(lost_behind_, 0);
}

bool Queue::failed(Instant now, bool worth_repeating) {
    ++counters_.failed;
    on_its_way_ = false;
    const std::chrono::milliseconds pause = pace_.first * (1LL << std::min(failures_++, 20));
    not_before_ = now + std::min(pause, pace_.longest);
    const bool again = worth_repeating && attempts_ < pace_.attempts;
    if (again) return true;
    ++counters_.dropped;
    messages_.pop_front();
    attempts_ = 0;
    lost_before_ += 1 + std::exchange(lost_behind_, 0);
    return false;
}

}  // namespace elector::notify
