// Owns the text of a story: one line for each thing that happened, with its time; what repeats in
// steady state is counted instead. Must never judge. Thread rule: one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/effect.hpp"
#include "model/event.hpp"

namespace elector::scenarios {

class Trace {
  public:
    void line(model::Instant at, const std::string& text);
    /// What must not happen in any story, accepted or not.
    void trouble(model::Instant at, const std::string& text) { line(at, "TROUBLE: " + text); }
    /// Counted, and told at the end of the command.
    void routine(const std::string& what) { ++routine_[what]; }
    /// What was written since the last call.
    std::vector<std::string> take();

  private:
    struct Line {
        model::Instant first, last;
        std::string text;
        int times = 1;
    };
    std::vector<Line> lines_;
    std::map<std::string, int> routine_;
};

std::string seconds(model::Duration d);

/// Gives random lease ids and nonces short names in order of appearance.
class Names {
  public:
    std::string lease(model::LeaseId lease);
    std::string key(const std::string& key);
    std::string nonce(model::Nonce nonce);

  private:
    std::map<std::string, std::string> leases_;
    std::map<std::uint64_t, std::string> nonces_;
};

std::string describe(Names& names, const model::HolderRecord& record);
std::string describe(Names& names, const model::StoredRecord& stored);
/// The member's health as it stands in the store.
std::string describe(const model::MemberRecord& record);

/// What an effect asks for.
struct Telling {
    std::string name;  ///< as in `next <name> <fate>`
    std::string text;
    bool routine = false;  ///< counted unless it goes wrong
};
Telling tell(Names& names, const model::Effect& effect);

/// Is it one that steady state repeats?
bool is_routine(const std::string& name);
/// Is it an operation on etcd?
bool is_store(const model::Effect& effect);
/// What is worth telling of an answer; empty: nothing. A status is told when it differs from the
/// one told last.
std::string tell_answer(Names& names, const model::Event& event, std::optional<bool>& told_active);

}  // namespace elector::scenarios
