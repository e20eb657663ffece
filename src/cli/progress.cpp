#include "cli/progress.hpp"

#include <cstdio>

#include <unistd.h>

#include "cli/session.hpp"
#include "report/text.hpp"

namespace elector::cli {

Progress::Progress()
    : terminal_(::isatty(STDERR_FILENO) != 0), since_(std::chrono::steady_clock::now()) {}

void Progress::begin(std::optional<model::Duration> expected) {
    expected_ = expected;
    since_ = std::chrono::steady_clock::now();
}

void Progress::show(const std::string& what) {
    if (!terminal_) return;
    auto line = "  " + report::span_text(elapsed());
    if (expected_) line += " of about " + report::span_text(*expected_);
    std::fprintf(stderr, "\r\x1b[K%s: %s", line.c_str(), what.c_str());
    std::fflush(stderr);
    shown_ = true;
}

void Progress::clear() {
    if (!shown_) return;
    std::fputs("\r\x1b[K", stderr);
    std::fflush(stderr);
    shown_ = false;
}

model::Duration Progress::elapsed() const { return std::chrono::steady_clock::now() - since_; }

std::string not_agreed(bool yes, const std::string& question) {
    if (yes) return {};
    if (::isatty(STDIN_FILENO) == 0) return "there is no terminal to ask on";
    if (typed("yes", question)) return {};
    return "the answer was not yes";
}

}  // namespace elector::cli
