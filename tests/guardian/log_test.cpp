// The guardian's log at a pipe whose other end does not keep up; this test's stderr is that pipe.
#include <array>
#include <cerrno>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "app/plain_log.hpp"

using namespace elector;
using guardian::Level;

namespace {

/// Stderr is a pipe for as long as it lives.
class StderrPipe {
  public:
    StderrPipe() : before_(::dup(STDERR_FILENO)) {
        REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0);
        ::dup2(ends_[1], STDERR_FILENO);
        ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
    }
    ~StderrPipe() {
        ::dup2(before_, STDERR_FILENO);
        for (const int fd : {before_, ends_[0], ends_[1]}) ::close(fd);
    }
    bool blocks() const { return (::fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK) == 0; }
    void fill() const {
        const int fd = ::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        const std::string page(4096, '#');
        while (::write(fd, page.data(), page.size()) > 0) {
        }
        CHECK(errno == EAGAIN);
        ::close(fd);
    }
    std::string read_all() const {
        std::string all;
        std::array<char, 4096> some;
        for (;;) {
            const auto n = ::read(ends_[0], some.data(), some.size());
            if (n <= 0) return all;
            all.append(some.data(), static_cast<std::size_t>(n));
        }
    }

  private:
    int before_;
    std::array<int, 2> ends_{};
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a log whose reader has stopped reading is not waited for") {
    const StderrPipe pipe;
    config::Log options;
    options.file = "/nowhere/elector.log";
    const app::PlainLog plain(app::on_stderr(options), "guardian");
    CHECK(pipe.blocks());  // the other processes' description is as it was
    plain.log(Level::kInfo, "first");
    CHECK(has(pipe.read_all(), "event=first process=guardian\n"));
    pipe.fill();
    plain.log(Level::kInfo, "second");  // would stand still here
    CHECK(!has(pipe.read_all(), "second"));
    plain.log(Level::kInfo, "third");
    CHECK(has(pipe.read_all(), "event=third process=guardian\n"));
}

TEST_CASE("a log file that cannot be opened is replaced by stderr") {
    const StderrPipe pipe;
    config::Log options;
    options.file = "/proc/nowhere/elector.log";
    const app::PlainLog plain(options, "elector");
    plain.log(Level::kInfo, "told");
    CHECK(has(pipe.read_all(), "event=told process=elector\n"));
}
