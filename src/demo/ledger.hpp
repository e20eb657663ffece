// Owns the count of what the nodes signed, judged by the checker. Must never trust a member's word.
// Thread rule: the io_context's thread.
#pragma once

#include <cstdint>

#include "simnode/checker/checker.hpp"

namespace elector::demo {

class Ledger {
  public:
    /// REQUIRES: entries in order of time.
    void add(const checker::Entry& entry) {
        if (checker::is_signature(entry.kind)) ++signatures_;
        checker_.add(entry);
    }
    std::uint64_t signatures() const { return signatures_; }
    std::uint64_t double_signatures() const { return checker_.double_signatures(); }
    checker::Report report() const { return checker_.report(); }

  private:
    checker::Checker checker_;
    std::uint64_t signatures_ = 0;
};

}  // namespace elector::demo
