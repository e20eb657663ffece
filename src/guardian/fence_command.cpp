#include "guardian/fence_command.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "spawn/apart.hpp"

namespace elector::guardian {
namespace {

/// What was killed is gone within a moment.
constexpr Duration kKillAgain = std::chrono::seconds(1);
/// No more lines than an operator reads.
constexpr int kLines = 40;

// What a run is told, in the order of the slots.
constexpr std::array<std::string_view, 7> kToldNames{
    "ELECTOR_NAME",   "ELECTOR_INSTANCE", "ELECTOR_ADMIN",   "ELECTOR_PROBE",
    "ELECTOR_REASON", "ELECTOR_TERM",     "ELECTOR_ASKED_BY"};
constexpr std::size_t kName = 0, kInstance = 1, kAdmin = 2, kProbe = 3, kReason = 4, kTerm = 5,
                      kAskedBy = 6;

}  // namespace

std::string_view word(FencedBy by) {
    static constexpr std::array<std::string_view, 3> kWords{"elector", "guardian", "operator"};
    return kWords[static_cast<std::size_t>(by)];
}

FenceCommand::FenceCommand(const FenceIdentity& identity) : told_(kToldNames.size()) {
    for (char** variable = environ; *variable; ++variable)
        if (!spawn::withheld(*variable)) environment_.push_back(*variable);
    for (auto& variable : told_) environment_.push_back(variable.data());
    environment_.push_back(nullptr);
    identify(identity);
}

FenceCommand::~FenceCommand() {
    kill();
    for (const int fd : {output_, report_})
        if (fd >= 0) ::close(fd);
}

FenceWords KeptWords::words() const {
    FenceWords words;
    words.size = static_cast<std::uint16_t>(text_.copy(words.text.data(), words.text.size()));
    words.count = count_;
    words.timeout = timeout_;
    return words;
}

void FenceCommand::identify(const FenceIdentity& identity) {
    put(kName, kToldNames[kName], identity.member);
    put(kInstance, kToldNames[kInstance], identity.instance);
    put(kAdmin, kToldNames[kAdmin], identity.admin_url);
}

void FenceCommand::set(const FenceWords& words) { words_ = words; }

void FenceCommand::put(std::size_t slot, std::string_view name, std::string_view value) {
    auto& variable = told_[slot];
    std::size_t n = 0;
    const auto add = [&](std::string_view text) {
        for (const char c : text)
            if (n < variable.size() - 1) variable[n++] = c;
    };
    add(name);
    add("=");
    add(value);
    variable[n] = '\0';
}

bool FenceCommand::start(Instant now, const FenceCause& cause) {
    char* at = words_.text.data();
    put(kProbe, kToldNames[kProbe], at);
    for (std::size_t i = 0; i < words_.count; ++i) argv_[i] = at += std::strlen(at) + 1;
    argv_[words_.count] = nullptr;
    put(kReason, kToldNames[kReason], cause.reason);
    const Number term(cause.term.value);
    put(kTerm, kToldNames[kTerm], cause.term == model::Term{} ? std::string_view{} : term);
    put(kAskedBy, kToldNames[kAskedBy], word(cause.by));
    std::array<int, 2> said{-1, -1}, told{-1, -1};
    if (::pipe2(said.data(), O_CLOEXEC | O_NONBLOCK) != 0) return false;
    const bool both = ::pipe2(told.data(), O_CLOEXEC | O_NONBLOCK) == 0;
    // A program that finds its output full waits, as it would at any pipe.
    ::fcntl(said[1], F_SETFL, 0);
    const spawn::Start what{argv_[0], argv_.data(), environment_.data(), true};
    const pid_t pid = both ? spawn::start_apart(what, said[1], told[1]) : -1;
    const int error = errno;
    for (const int fd : {said[1], told[1], output_, report_})
        if (fd >= 0) ::close(fd);
    output_ = said[0];
    report_ = told[0];
    if (pid > 0) child_.adopt(pid);
    started_ = now;
    limit_ = words_.timeout;
    timed_out_ = told_unending_ = false;
    unending_.reset();
    not_started_ = 0;
    kept_size_ = kept_from_ = 0;
    errno = error;
    return pid > 0;
}

Instant FenceCommand::deadline() const {
    if (!running()) return model::kNever;
    return timed_out_ ? next_kill_ : started_ + limit_;
}

std::optional<FenceEnd> FenceCommand::proceed(Instant now) {
    if (!running()) return std::nullopt;
    const auto ending = child_.ended();
    read_output();
    read_report();
    if (!ending) {
        end_in_time(now);
        return std::nullopt;
    }
    for (int* fd : {&output_, &report_})
        if (*fd >= 0) ::close(std::exchange(*fd, -1));
    return FenceEnd{*ending, timed_out_, not_started_, now - started_};
}

/// What has other rights than we, as under sudo, is not ended by us; nor what waits in the kernel.
void FenceCommand::end_in_time(Instant now) {
    if (now < deadline()) return;
    const int error = child_.signal_group(SIGKILL);
    if (std::exchange(timed_out_, true) && !std::exchange(told_unending_, true)) unending_ = error;
    next_kill_ = now + kKillAgain;
}

std::optional<int> FenceCommand::unending() { return std::exchange(unending_, std::nullopt); }

void FenceCommand::kill() { child_.signal_group(SIGKILL); }

/// Its end without a word: the program is loaded.
void FenceCommand::read_report() {
    if (report_ < 0) return;
    int error = 0;
    const auto n = ::read(report_, &error, sizeof error);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n == static_cast<ssize_t>(sizeof error)) not_started_ = error;
    ::close(std::exchange(report_, -1));
}

void FenceCommand::read_output() {
    std::array<char, 1024> bytes;
    // What it starts in the background may talk for ever.
    for (int i = 0; output_ >= 0 && i < 64; ++i) {
        const auto n = ::read(output_, bytes.data(), bytes.size());
        if (n > 0) {
            keep({bytes.data(), static_cast<std::size_t>(n)});
        } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
            ::close(std::exchange(output_, -1));
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

void FenceCommand::keep(std::string_view bytes) {
    for (const char c : bytes) {
        kept_[(kept_from_ + kept_size_) % kKept] = c;
        if (kept_size_ < kKept) {
            ++kept_size_;
        } else {
            kept_from_ = (kept_from_ + 1) % kKept;
        }
    }
}

std::string_view FenceCommand::said() {
    const auto middle = kept_.begin() + static_cast<std::ptrdiff_t>(kept_from_);
    std::rotate(kept_.begin(), middle, kept_.end());
    kept_from_ = 0;
    return {kept_.data(), kept_size_};
}

// --- telling

void tell_fence_started(const Log& log, const FenceCommand& command, const FenceCause& cause) {
    const auto& log_ = log;
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(command.timeout());
    log_(Level::kWarn, "fence_started",
         {{"asked_by", word(cause.by)},
          {"reason", cause.reason},
          {"timeout_ms", Number(limit.count())}});
}

void tell_fence_ended(const Log& log, FenceCommand& command, const FenceEnd& end) {
    if (end.not_started != 0) return tell_fence_not_started(log, end.not_started);
    const auto& log_ = log;
    auto rest = command.said();
    auto first = rest.size();  // of the last lines
    for (int lines = 0; first > 0 && lines < kLines; ++lines)
        first = rest.substr(0, first - 1).rfind('\n') + 1;
    rest.remove_prefix(first);
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        if (!line.empty()) log_(Level::kInfo, "fence_output", {{"line", line}});
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(end.took);
    const auto level = end.success() ? Level::kInfo : Level::kError;
    log_(level, end.success() ? "fence_ended" : "fence_failed",
         {{"exit_code", end.ending.code ? Number(*end.ending.code) : std::string_view("none")},
          {"signal", Number(end.ending.signal)},
          {"timed_out", end.timed_out ? "yes" : "no"},
          {"ms", Number(took.count())}});
}

void tell_fence_not_started(const Log& log, int error) {
    const auto& log_ = log;
    log_(Level::kError, "fence_not_started",
         {{"alarm", "true"}, {"error", std::strerror(error)}, {"next", "it is tried again"}});
}

void tell_fence_unending(const Log& log, const FenceCommand& command, int error) {
    const auto& log_ = log;
    log_(
        Level::kError, "fence_not_ended",
        {{"alarm", "true"},
         {"pid", Number(command.pid())},
         {"error", error != 0 ? std::strerror(error) : "it was killed, and does not go"},
         {"why",
          "The fence command is past its time and cannot be ended. It is killed again each second; "
          "until it has ended it is not run anew, and nothing is activated. End it by hand."}});
}

}  // namespace elector::guardian
