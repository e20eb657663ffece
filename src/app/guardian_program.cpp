#include "app/guardian_program.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spawn/child.hpp"

namespace elector::app {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kToEnd = 1s;  ///< for a program that is killed

constexpr const char* kName = "iotex-elector-guardian";

/// Closed at the end of its scope, and by exec.
class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() { close(); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int get() const { return fd_; }
    bool open() const { return fd_ >= 0; }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    /// exec leaves it open, or closes it after all.
    void survives(bool yes) const { ::fcntl(fd_, F_SETFD, yes ? 0 : FD_CLOEXEC); }

  private:
    int fd_;
};

/// By its descriptor: what was looked at is what is run, whatever is installed meanwhile.
std::string path_of(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> all;
    for (auto& word : words) all.push_back(word.data());
    all.push_back(nullptr);
    return all;
}

std::string failed(const char* what) { return std::string(what) + ": " + std::strerror(errno); }

/// False: not before `until`.
bool readable(int fd, Clock::time_point until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    pollfd wanted{fd, POLLIN, 0};
    if (left.count() <= 0) return false;
    const int n = ::poll(&wanted, 1, static_cast<int>(left.count()));
    return n > 0 || (n < 0 && errno == EINTR && readable(fd, until));
}

/// What it says, as long as it may be of interest.
std::string read_word(int fd, Clock::time_point until) {
    std::string said;
    std::array<char, 256> bytes;
    while (said.size() <= bytes.size() && readable(fd, until)) {
        const auto n = ::read(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        said.append(bytes.data(), static_cast<std::size_t>(n));
    }
    return said;
}

/// Whoever cannot be killed, on a disk that is away perhaps, shall not hold up the start.
bool reaped(spawn::Child& child, Clock::time_point until) {
    while (!child.ended()) {
        if (Clock::now() >= until) return false;
        readable(child.fd(), std::min(until, Clock::now() + 100ms));
    }
    return true;
}

/// Nobody may replace the guardian's file who may not replace this program's.
std::string unsafe(int program) {
    struct stat ours {};
    struct stat its {};
    if (::stat("/proc/self/exe", &ours) != 0 || ::fstat(program, &its) != 0)
        return failed("it cannot be looked at");
    const auto others = its.st_mode & (S_IWGRP | S_IWOTH);
    const bool owned = its.st_uid == 0 || its.st_uid == ours.st_uid;
    if (!S_ISREG(its.st_mode) || !owned || (others & ~ours.st_mode) != 0)
        return "others may write to it than to this program";
    return {};
}

bool start(spawn::Child& child, int program, int output) {
    std::vector<std::string> words{kName, "--version"};
    const auto argv = pointers(words);
    const auto path = path_of(program);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    const bool started = child.start(files, {path.c_str(), argv.data(), environ});
    const int error = errno;
    ::posix_spawn_file_actions_destroy(&files);
    errno = error;
    return started;
}

}  // namespace

std::string guardian_program() {
    std::error_code ec;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", ec);
    const auto path = self.parent_path() / ELECTOR_LIBEXEC / kName;
    return path.lexically_normal().string();
}

std::string unfit(int program, model::Duration most) {
    const auto until = Clock::now() + most;
    std::array<int, 2> pipe{-1, -1};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return failed("no pipe");
    const Descriptor said(pipe[0]);
    Descriptor output(pipe[1]);
    spawn::Child child;
    if (!start(child, program, output.get())) return failed("it cannot be run");
    output.close();
    const auto word = read_word(said.get(), until);
    const bool ended = readable(child.fd(), until);
    if (!ended) child.signal(SIGKILL);
    if (!reaped(child, Clock::now() + kToEnd)) return "it does not end, not even when killed";
    if (!ended) return "it did not say its version in time";
    if (word != guardian::stamp()) return "it is of another version";
    return {};
}

std::string become_guardian(const std::string& path, const guardian::Settings& settings,
                            const std::vector<std::string>& arguments) {
    const Descriptor program(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!program.open()) return failed("it cannot be opened");
    auto why = unsafe(program.get());
    if (why.empty()) why = unfit(program.get());
    if (!why.empty()) return why;
    const Descriptor told(guardian::seal(settings));
    if (!told.open()) return failed("it cannot be told anything");
    const Descriptor children(::open("/proc/self/exe", O_PATH | O_CLOEXEC));
    if (!children.open()) return failed("its children's program cannot be opened");
    std::vector<std::string> words{kName, std::to_string(told.get()),
                                   std::to_string(children.get())};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const auto argv = pointers(words);
    for (const auto* each : {&told, &children}) each->survives(true);
    ::execve(path_of(program.get()).c_str(), argv.data(), environ);
    const auto failure = failed("it cannot be run");
    for (const auto* each : {&told, &children}) each->survives(false);
    return failure;
}

}  // namespace elector::app
