// Owns one run at a time of the operator's fence command: its words and environment, its process
// group, its time-out, the end of what it said. Must never decide when it is run, nor what its word
// is worth. Must never allocate after its making. Thread rule: one thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "guardian/log.hpp"
#include "guardian/message.hpp"
#include "spawn/child.hpp"

namespace elector::guardian {

using model::Duration;
using model::Instant;
using spawn::Child;
using spawn::Ending;

/// Who wants the node fenced.
enum class FencedBy : std::uint8_t { kElector, kGuardian, kOperator };
std::string_view word(FencedBy by);

/// What a run is told about its cause; the rest of its environment stays the same.
struct FenceCause {
    FencedBy by = FencedBy::kElector;
    std::string_view reason;
    model::Term term;  ///< 0: none is known
};

/// What is told to every run, as ELECTOR_NAME, ELECTOR_INSTANCE and ELECTOR_ADMIN.
struct FenceIdentity {
    std::string member;
    std::string instance;
    std::string admin_url;
};

/// How a run ended.
struct FenceEnd {
    Ending ending;  ///< exit code or signal
    bool timed_out = false;
    int not_started = 0;  ///< errno: the program could not be loaded
    Duration took{};
    bool success() const { return ending.code == 0 && !timed_out; }
};

/// Fence words in no more room than they take.
class KeptWords {
  public:
    KeptWords() = default;
    explicit KeptWords(const FenceWords& words)
        : text_(words.text.data(), words.size), count_(words.count), timeout_(words.timeout) {}

    bool any() const { return count_ > 0; }
    Duration timeout() const { return timeout_; }
    FenceWords words() const;
    /// To whoever writes them somewhere, or reads them from there.
    void pass(auto part) const { part(text_), part(count_), part(timeout_); }
    void pass(auto part) { part(text_), part(count_), part(timeout_); }

  private:
    std::string text_;
    std::uint16_t count_ = 0;
    Duration timeout_{};
};

class FenceCommand {
  public:
    /// Of what the command says, this much is kept: the end of it.
    static constexpr std::size_t kKept = 4096;

    explicit FenceCommand(const FenceIdentity& identity);
    ~FenceCommand();
    FenceCommand(const FenceCommand&) = delete;
    FenceCommand& operator=(const FenceCommand&) = delete;

    /// Whose node it is from now on.
    void identify(const FenceIdentity& identity);
    /// What is run from now on; without words, nothing.
    void set(const FenceWords& words);
    bool configured() const { return words_.count > 0; }
    Duration timeout() const { return words_.timeout; }

    /// False: there is no process for it; errno says why. It does not wait for the program, which
    /// may lie where nothing answers. The command must be configured, and none running.
    bool start(Instant now, const FenceCause& cause);
    bool running() const { return child_.running(); }
    /// It was killed at its time-out, and lives on.
    bool stuck() const { return running() && told_unending_; }
    pid_t pid() const { return child_.pid(); }
    /// For poll(), readable; -1 when nothing runs.
    int output() const { return output_; }
    int end() const { return child_.fd(); }
    /// Its time-out, and when it is killed again; kNever when nothing runs.
    Instant deadline() const;
    /// Takes what it said; kills its whole process group at the time-out, and again each second.
    /// Once it has ended: how.
    std::optional<FenceEnd> proceed(Instant now);
    /// Once in a run: it lives on a second after it was killed. errno of the attempt; 0: the kernel
    /// does not let it go.
    std::optional<int> unending();
    /// Kills its process group.
    void kill();
    /// The end of what the last run said.
    std::string_view said();

  private:
    void end_in_time(Instant now);
    void read_report();
    void read_output();
    void keep(std::string_view bytes);
    void put(std::size_t slot, std::string_view name, std::string_view value);

    FenceWords words_;
    std::vector<std::array<char, 512>> told_;
    std::vector<char*> environment_;
    std::array<char*, kMaxFenceWords + 1> argv_{};
    Child child_;
    int report_ = -1;  ///< of a program that cannot be loaded; closed when it is
    int output_ = -1;
    Instant started_;
    Duration limit_{};  ///< of this run
    bool timed_out_ = false;
    Instant next_kill_;
    std::optional<int> unending_;  ///< to be told
    bool told_unending_ = false;
    int not_started_ = 0;
    std::array<char, kKept> kept_{};
    std::size_t kept_size_ = 0;
    std::size_t kept_from_ = 0;  ///< where the oldest byte is
};

/// Writes a start and an end to the log, and the last lines of what it said.
void tell_fence_started(const Log& log, const FenceCommand& command, const FenceCause& cause);
void tell_fence_ended(const Log& log, FenceCommand& command, const FenceEnd& end);
void tell_fence_not_started(const Log& log, int error);
void tell_fence_unending(const Log& log, const FenceCommand& command, int error);

}  // namespace elector::guardian
