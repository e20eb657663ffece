#include "demo/process.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace elector::demo {
namespace {

namespace fs = std::filesystem;

constexpr int kEndTakesMs = 5000;  // of a killed process that is not our child

/// Variables like ETCD_*, GRPC_* and proxies would change what is shown.
std::vector<std::string> environment() {
    std::vector<std::string> all{"PATH=/usr/bin:/bin"};
#ifdef __aarch64__
    all.emplace_back("ETCD_UNSUPPORTED_ARCH=arm64");  // etcd 3.4 refuses to start without it
#endif
#ifdef __SANITIZE_THREAD__
    // What is known of libraries that were not built for it.
    if (const char* options = std::getenv("TSAN_OPTIONS"))
        all.push_back(std::string("TSAN_OPTIONS=") + options);
#endif
    return all;
}

std::vector<char*> c_array(std::vector<std::string>& strings) {
    std::vector<char*> raw;
    for (auto& text : strings) raw.push_back(text.data());
    raw.push_back(nullptr);
    return raw;
}

int open_process(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

/// 0: there is no such process.
pid_t parent_of(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(file, text);
    const auto name_ends = text.rfind(')');  // the name may contain anything
    if (name_ends == std::string::npos) return 0;
    std::istringstream rest(text.substr(name_ends + 1));
    std::string state;
    pid_t parent = 0;
    rest >> state >> parent;
    return parent;
}

std::vector<pid_t> children() {
    std::vector<pid_t> all;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const auto name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        const pid_t pid = std::stoi(name);
        if (parent_of(pid) == ::getpid()) all.push_back(pid);
    }
    return all;
}

}  // namespace

std::runtime_error failed(const std::string& what) {
    return std::runtime_error("cannot " + what + ": " + std::strerror(errno));
}

Command own_command(std::vector<std::string> words, int output) {
    words.insert(words.begin(), "iotex-elector");
    // A guardian ends its elector in order when it is asked to; nobody could do it for a dead one.
    return {"/proc/self/exe", std::move(words), output, SIGTERM};
}

// Between fork and exec only calls that are safe in the child of a process with threads.
Process::Process(const Command& command) {
    auto words = command.words;
    auto variables = environment();
    const auto argv = c_array(words);
    const auto envp = c_array(variables);
    const int input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, command.at_our_death);
        if (::getppid() != parent) ::_exit(127);
        ::setpgid(0, 0);  // Ctrl-C is for us, who then end it
        ::signal(SIGPIPE, SIG_DFL);
        ::dup2(input, STDIN_FILENO);
        ::dup2(command.output, STDOUT_FILENO);
        ::dup2(command.output, STDERR_FILENO);
        // Asio's sockets outlive exec: a node's port would stay open when the node is gone.
        if (::close_range(STDERR_FILENO + 1, ~0U, 0) != 0) ::_exit(127);
        ::execve(command.program.c_str(), argv.data(), envp.data());
        ::_exit(127);
    }
    const int reason = errno;
    ::close(input);
    errno = reason;
    if (pid_ < 0) throw failed("start " + command.program);
    descriptor_ = open_process(pid_);  // not reaped yet, so the id is its own
    if (descriptor_ >= 0) return;
    const auto failure = failed("hold the process of " + command.program);
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    throw failure;
}

std::optional<Process> Process::find(pid_t pid, pid_t parent) {
    const int descriptor = open_process(pid);
    if (descriptor < 0) return std::nullopt;
    Process found(pid, descriptor);
    const auto its = parent_of(pid);  // of what the descriptor means, or of nothing if that ended
    if (its == parent || its == ::getpid()) return found;
    ::close(std::exchange(found.descriptor_, -1));
    return std::nullopt;
}

Process::Process(Process&& other) noexcept
    : pid_(other.pid_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      ending_(std::move(other.ending_)) {}

Process& Process::operator=(Process&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(ending_, other.ending_);
    return *this;
}

void Process::signal(int number) const {
    if (descriptor_ >= 0) ::syscall(SYS_pidfd_send_signal, descriptor_, number, nullptr, 0);
}

/// True once it has ended. What is another's child is only seen to have.
bool Process::reap(int options) {
    siginfo_t info{};
    int done = 0;
    do {
        done = ::waitid(P_PIDFD, static_cast<id_t>(descriptor_), &info, WEXITED | options);
    } while (done != 0 && errno == EINTR);
    if (done == 0 && info.si_pid == 0) return false;
    if (done == 0) {
        ending_ = (info.si_code == CLD_EXITED ? "exit code " : "signal ") +
                  std::to_string(info.si_status);
        return true;
    }
    pollfd readable{descriptor_, POLLIN, 0};
    return ::poll(&readable, 1, options == WNOHANG ? 0 : kEndTakesMs) == 1;
}

bool Process::running() {
    if (descriptor_ < 0) return false;
    if (!reap(WNOHANG)) return true;
    ::close(std::exchange(descriptor_, -1));
    return false;
}

void Process::end() {
    if (descriptor_ < 0) return;
    signal(SIGKILL);
    reap(0);
    ::close(std::exchange(descriptor_, -1));
}

Family::Family() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

Family::~Family() {
    for (;;) {
        const auto left = children();
        if (left.empty()) break;
        for (const auto pid : left) {
            ::kill(pid, SIGKILL);  // our child, and not reaped
            while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
            }
        }
    }
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

}  // namespace elector::demo
