// Owns how a fuzzing target says that a claim does not hold: with words that show what was seen.
// Must never judge a value of ours by itself. Thread rule: one thread.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace elector::fuzz {

/// Escapes the fuzzer, which keeps the input; fails the test that replays the corpus.
struct Violation : std::logic_error {
    using std::logic_error::logic_error;
};

/// `seen` is shown, escaped, when the claim does not hold.
void require(bool holds, std::string_view claim, std::string_view seen = "");

/// Both are shown from where they differ.
void require_same(std::string_view first, std::string_view second, std::string_view claim);

/// For a terminal: something, in UTF-8, without control characters (line ends only if allowed).
void require_readable(std::string_view text, std::string_view what, bool lines = false);

/// Printable ASCII; everything else as \xNN.
std::string escaped(std::string_view bytes);

/// The parts between the separators; at least one.
std::vector<std::string_view> split(std::string_view text, std::string_view separator);

/// Takes the first byte, which says what the rest is meant for; 0 when there is none.
char take_selector(std::string_view& bytes);

}  // namespace elector::fuzz
