// The guardian as a program of its own, so that nothing but what it needs is in the memory that it
// locks. Only `iotex-elector run` starts it, and becomes it: with two descriptors, its settings and
// the program of its children; what follows is for people.
#include <charconv>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string_view>

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "guardian/settings.hpp"

namespace {

using namespace elector::guardian;

/// -1: no descriptor that is open. No child gets it as it is.
int descriptor(std::string_view word) {
    int fd = -1;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), fd);
    const bool number = error == std::errc{} && end == word.data() + word.size();
    return number && fd > STDERR_FILENO && ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? fd : -1;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGCHLD, SIG_DFL);
    std::signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && std::string_view(argv[1]) == "--version") {
        std::fputs(stamp().c_str(), stdout);
        return std::fflush(stdout) == 0 ? 0 : 1;
    }
    try {
        auto settings = argc >= 3 ? unseal(descriptor(argv[1])) : std::nullopt;
        const int program = argc >= 3 ? descriptor(argv[2]) : -1;
        if (!settings || program < 0) {
            std::fputs("iotex-elector-guardian: only iotex-elector run starts it\n", stderr);
            return 2;
        }
        ::prctl(PR_SET_NAME, "iotex-elector");
        settings->options.program = program;
        return serve(*settings);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "iotex-elector: cannot start: %s\n", e.what());
        return 1;
    }
}
