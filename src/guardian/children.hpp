// Owns the starts of the two kinds of children, the elector and the closers: words, descriptors.
// What they need is made beforehand. Must never allocate after its making. Thread rule: one thread.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include <spawn.h>

#include "guardian/process.hpp"
#include "spawn/child.hpp"

namespace elector::guardian {

using spawn::Child;
using spawn::Ending;

class Children {
  public:
    explicit Children(const Options& options);
    ~Children();
    Children(const Children&) = delete;
    Children& operator=(const Children&) = delete;

    /// False: there are not descriptors enough; errno is EMFILE.
    bool whole() const;
    /// The link's other end, for the next elector; it is taken over. False: errno says why not.
    bool place_link(int fd);
    /// Once, when all are held: every elector gets them, in their order. False: errno says why not.
    bool place_locks(NodeLocks& locks);
    bool start_elector();
    /// One closer for all of these, which are no more than orders_at_once(). It says of each how it
    /// went at `report`, which is the caller's to close.
    struct Told {
        Closing closing;
        const Arm* arm = nullptr;
        const std::string* group = nullptr;
        int confirmed = -1;   ///< the connection that answered `false`; -1: there is none
        bool spared = false;  ///< the elector that held it lives on
    };
    bool start_closer(Child& closer, std::span<const Told> orders, int report);
    std::size_t orders_at_once() const { return orders_.size(); }

    Child elector;

  private:
    using Word = std::array<char, kMaxKey + 1>;
    using Words = std::array<Word, kOrderWords>;
    bool put_order(std::size_t at, const Told& told);
    int place(std::size_t at) const { return places_[at]; }
    void take_places();

    std::size_t nodes_;
    int program_ = -1;  ///< above the places of a child, as they are
    std::string program_path_;
    int nothing_;  ///< what lies in a place meanwhile
    /// Descriptors are put there to be passed on; they are had from the kernel, so that they are
    /// nobody else's, and all above those that a child finds.
    std::vector<int> places_;
    std::vector<std::string> elector_words_;
    std::vector<std::string> closer_words_;  ///< before the orders, between two, and behind them
    std::vector<char*> elector_argv_;
    std::vector<char*> closer_argv_;
    std::vector<Words> orders_;
    posix_spawn_file_actions_t elector_files_;
    posix_spawn_file_actions_t closer_files_;  ///< of one order
    posix_spawn_file_actions_t batch_files_;   ///< of several
};

}  // namespace elector::guardian
