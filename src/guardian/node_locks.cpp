#include "guardian/node_locks.hpp"

#include <algorithm>
#include <chrono>
#include <map>

#include <poll.h>

#include "guardian/room.hpp"

namespace elector::guardian {
namespace {

using Clock = std::chrono::steady_clock;

/// How long guardians that work may take to answer.
constexpr std::chrono::milliseconds kAnswersTake{1000};

/// Until each has answered, or the time is over.
void wait_for_answers(std::vector<pollfd>& questions) {
    const auto until = Clock::now() + kAnswersTake;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        if (questions.empty() || left.count() <= 0) return;
        const int n = ::poll(questions.data(), questions.size(), static_cast<int>(left.count()));
        if (n <= 0) continue;
        std::erase_if(questions, [](const pollfd& q) { return q.revents != 0; });
    }
}

}  // namespace

std::optional<NodeLocks::Refusal> NodeLocks::acquire(const std::vector<std::string>& admin_urls,
                                                     bool answering) {
    std::map<std::string, std::size_t> names;
    for (std::size_t i = 0; i < admin_urls.size(); ++i) {
        const auto [found, fresh] = names.try_emplace(lock_name(admin_urls[i]), i);
        if (!fresh)
            return Refusal{i, "it is the same node as " + admin_urls[found->second] +
                                  ", which is in the same configuration"};
    }
    make_room(admin_urls.size());
    std::vector<std::string> why(admin_urls.size());
    std::vector<pollfd> questions;
    for (std::size_t i = 0; i < admin_urls.size(); ++i) {
        auto& lock = locks_.emplace_back();
        const bool ours = lock.begin(admin_urls[i], answering, why[i]);
        if (!ours && lock.question() >= 0) questions.push_back({lock.question(), POLLIN, 0});
    }
    wait_for_answers(questions);
    std::optional<Refusal> unknown;
    for (std::size_t i = 0; i < locks_.size(); ++i) {
        const auto holder = locks_[i].judge();
        if (holder == NodeLock::Holder::kAnother) return Refusal{i, why[i]};
        if (holder == NodeLock::Holder::kNobodyKnows && !unknown)
            unknown = Refusal{i, why[i], true};
        if (holder == NodeLock::Holder::kRemains) ++missing_;
    }
    return unknown;
}

std::optional<std::size_t> NodeLocks::try_again() {
    for (std::size_t i = 0; i < locks_.size() && missing_ > 0; ++i) {
        auto& lock = locks_[i];
        if (lock.held()) continue;
        if (lock.holder_answers()) return i;
        if (lock.try_again()) --missing_;
    }
    return std::nullopt;
}

}  // namespace elector::guardian
