#include "guardian/fence_command.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace elector::guardian {
namespace {

/// No more lines than an operator reads.
constexpr int kLines = 40;

// What a run is told of its cause, in the order of the slots.
constexpr std::array<std::string_view, 4> kToldNames{"ELECTOR_PROBE", "ELECTOR_REASON",
                                                     "ELECTOR_TERM", "ELECTOR_ASKED_BY"};
constexpr std::size_t kProbe = 0, kReason = 1, kTerm = 2, kAskedBy = 3;

/// Passwords and tokens are named so; the others are between us and the service manager.
bool ours(std::string_view variable) {
    static constexpr std::array<std::string_view, 3> kOurs{"ELECTOR_",
                                                           "NOTIFY_SOCKET=", "WATCHDOG_"};
    return std::any_of(kOurs.begin(), kOurs.end(),
                       [&](std::string_view name) { return variable.starts_with(name); });
}

}  // namespace

std::string_view word(FencedBy by) {
    static constexpr std::array<std::string_view, 3> kWords{"elector", "guardian", "operator"};
    return kWords[static_cast<std::size_t>(by)];
}

FenceCommand::FenceCommand(const FenceIdentity& identity) : told_(kToldNames.size()) {
    for (char** variable = environ; *variable; ++variable)
        if (!ours(*variable)) environment_.push_back(*variable);
    fixed_ = {"ELECTOR_NAME=" + identity.member, "ELECTOR_INSTANCE=" + identity.instance,
              "ELECTOR_ADMIN=" + identity.admin_url};
    for (auto& variable : fixed_) environment_.push_back(variable.data());
    for (auto& variable : told_) environment_.push_back(variable.data());
    environment_.push_back(nullptr);
    place_ = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files_, place_, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files_, place_, STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
}

FenceCommand::~FenceCommand() {
    kill();
    for (const int fd : {output_, place_})
        if (fd >= 0) ::close(fd);
    ::posix_spawn_file_actions_destroy(&files_);
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
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return false;
    // A program that finds its output full waits, as it would at any pipe.
    ::fcntl(ends[1], F_SETFL, 0);
    const bool started = ::dup3(ends[1], place_, O_CLOEXEC) >= 0 &&
                         child_.start(files_, {argv_[0], argv_.data(), environment_.data(), true});
    const int error = errno;
    ::close(ends[1]);
    close_place();
    if (output_ >= 0) ::close(output_);
    output_ = ends[0];
    if (!started) ::close(std::exchange(output_, -1));
    errno = error;
    started_ = now;
    limit_ = words_.timeout;
    timed_out_ = false;
    kept_size_ = kept_from_ = 0;
    return started;
}

/// The number stays ours, the pipe's end does not.
void FenceCommand::close_place() {
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup3(nothing, place_, O_CLOEXEC);
    ::close(nothing);
}

Instant FenceCommand::deadline() const {
    return running() && !timed_out_ ? started_ + limit_ : model::kNever;
}

std::optional<FenceEnd> FenceCommand::proceed(Instant now) {
    if (!running()) return std::nullopt;
    if (now >= deadline()) {
        timed_out_ = true;
        kill();
    }
    const auto ending = child_.ended();
    read_output();
    if (!ending) return std::nullopt;
    if (output_ >= 0) ::close(std::exchange(output_, -1));
    return FenceEnd{*ending, timed_out_, now - started_};
}

void FenceCommand::kill() { child_.signal_group(SIGKILL); }

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

}  // namespace elector::guardian
