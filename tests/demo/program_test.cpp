// The real program: what it says, how it ends, and that nothing stays behind.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

/// A temporary folder of the test's own: what the demo leaves in it is seen.
class Folder {
  public:
    Folder() {
        std::string pattern = (fs::temp_directory_path() / "demo-test-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

/// Every process whose parent or ancestor was this one is ours, as the test is a subreaper: what
/// the demo leaves behind becomes our child.
std::set<pid_t> children() {
    std::set<pid_t> all;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const auto name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream file(entry.path() / "stat");
        std::string text;
        std::getline(file, text);
        const auto end = text.rfind(')');  // the name may contain anything
        if (end == std::string::npos) continue;
        std::istringstream rest(text.substr(end + 1));
        std::string state;
        pid_t parent = 0;
        rest >> state >> parent;
        if (parent == ::getpid()) all.insert(std::stoi(name));
    }
    return all;
}

class DemoProcess {
  public:
    DemoProcess(const Folder& folder, const std::string& path) {
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
        int out[2];
        REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
        std::vector<std::string> words{ELECTOR_PROGRAM, "demo"};
        std::vector<std::string> variables{"PATH=" + path, "TMPDIR=" + folder.path().string()};
        const auto argv = raw(words);
        const auto envp = raw(variables);
        const pid_t parent = ::getpid();
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGTERM);
            if (::getppid() != parent) ::_exit(127);
            ::dup2(out[1], STDOUT_FILENO);
            ::dup2(out[1], STDERR_FILENO);
            ::execve(argv[0], argv.data(), envp.data());
            ::_exit(127);
        }
        ::close(out[1]);
        out_ = out[0];
    }
    ~DemoProcess() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
        ::close(out_);
    }
    DemoProcess(const DemoProcess&) = delete;
    DemoProcess& operator=(const DemoProcess&) = delete;

    /// Reads until `text` has been said. False: it ended, or the time was up, before.
    bool says(const std::string& text, std::chrono::seconds limit) {
        const auto until = Clock::now() + limit;
        while (output_.find(text) == std::string::npos) {
            if (!read_more(until)) return false;
        }
        return true;
    }
    /// Reads all it says; its exit code, or -1 when it does not end in time.
    int exit_code(std::chrono::seconds limit) {
        const auto until = Clock::now() + limit;
        while (read_more(until)) {
        }
        if (Clock::now() >= until) return -1;
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    void signal(int number) { ::kill(pid_, number); }
    const std::string& output() const { return output_; }

  private:
    static std::vector<char*> raw(std::vector<std::string>& words) {
        std::vector<char*> all;
        for (auto& word : words) all.push_back(word.data());
        all.push_back(nullptr);
        return all;
    }
    bool read_more(Clock::time_point until) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
        pollfd waiting{out_, POLLIN, 0};
        if (left <= 0ms || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) return false;
        char buffer[4096];
        const auto size = ::read(out_, buffer, sizeof buffer);
        if (size <= 0) return false;
        output_.append(buffer, static_cast<std::size_t>(size));
        return true;
    }

    pid_t pid_ = -1;
    int out_ = -1;
    std::string output_;
};

std::string path() { return std::getenv("PATH"); }

/// The words of the summary's row for this kind: result, gap, ..., double signatures last.
std::vector<std::string> row(const std::string& output, const std::string& kind) {
    std::istringstream lines(output.substr(output.find("kind            result")));
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind(kind + " ", 0) != 0) continue;
        std::istringstream words(line.substr(kind.size()));
        std::vector<std::string> all;
        for (std::string word; words >> word;) all.push_back(word);
        return all;
    }
    return {};
}

void check_nothing_stays(const Folder& folder) {
    CHECK(children().empty());
    CHECK(fs::is_empty(folder.path()));
}

}  // namespace

TEST_CASE("without a terminal one hand-over of each kind happens, and nothing is signed twice") {
    const Folder folder;
    DemoProcess demo(folder, path());
    const int code = demo.exit_code(240s);
    CAPTURE(demo.output());
    CHECK(code == 0);
    REQUIRE(demo.output().find("kind            result") != std::string::npos);
    for (const auto* kind : {"planned", "unhealthy", "node killed", "elector killed",
                             "elector frozen", "guardian killed", "cut off etcd"}) {
        CAPTURE(kind);
        const auto words = row(demo.output(), kind);
        REQUIRE(words.size() > 4);
        CHECK(words[0] == "ok");
        CHECK(std::stoi(words[1]) > 0);                 // the gap
        CHECK(std::stoi(words[words.size() - 2]) > 0);  // signatures
        CHECK(words.back() == "0");                     // double signatures
    }
    CHECK(demo.output().find(" 0 double signatures, 0 times two nodes active at once") !=
          std::string::npos);
    check_nothing_stays(folder);
}

TEST_CASE("a signal in the middle ends it at once, and nothing stays behind") {
    for (const int signal : {SIGTERM, SIGINT}) {
        CAPTURE(signal);
        const Folder folder;
        DemoProcess demo(folder, path());
        REQUIRE(demo.says("1/7 planned", 60s));
        CHECK_FALSE(fs::is_empty(folder.path()));
        demo.signal(signal);
        CHECK(demo.exit_code(10s) == 128 + signal);
        check_nothing_stays(folder);
    }
}

TEST_CASE("a signal while it starts ends it too") {
    const Folder folder;
    DemoProcess demo(folder, path());
    REQUIRE(demo.says("starting etcd", 20s));
    demo.signal(SIGTERM);
    CHECK(demo.exit_code(10s) == 128 + SIGTERM);
    check_nothing_stays(folder);
}

TEST_CASE("without etcd it says what to install") {
    const Folder folder;
    DemoProcess demo(folder, folder.path().string());
    CHECK(demo.exit_code(20s) == 1);
    CHECK(demo.output() ==
          "iotex-elector demo: cannot start etcd: there is no program of that name in PATH; the "
          "demo brings everything else; install it with: apt-get install etcd-server\n");
    check_nothing_stays(folder);
}
