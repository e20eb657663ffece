#include "config/text.hpp"

#include <array>
#include <string>

#include <doctest/doctest.h>

using namespace elector::config;

namespace {

constexpr std::array<std::string_view, 5> kWords{"hold", "renew", "margin", "quiesce", "settle"};

}  // namespace

TEST_CASE("a slip of the finger is recognised") {
    CHECK(closest("hodl", kWords) == "hold");
    CHECK(closest("hol", kWords) == "hold");
    CHECK(closest("hold", kWords) == "hold");
    CHECK(closest("quiece", kWords) == "quiesce");
    CHECK(closest("marginn", kWords) == "margin");
    CHECK(closest("renwe", kWords) == "renew");
}

TEST_CASE("another word is not mistaken for a slip of the finger") {
    CHECK(closest("timeout", kWords) == "");
    CHECK(closest("", kWords) == "");
    CHECK(closest("x", kWords) == "");
    CHECK(closest(std::string(100'000, 'h'), kWords) == "");
}

TEST_CASE("quoted text is TOML and shows no control character") {
    CHECK(quoted("a \"b\" \\ c") == R"("a \"b\" \\ c")");
    CHECK(quoted(std::string("\n\t\x01\x7f\0", 5)) == R"("\n\t\u0001\u007f\u0000")");
    CHECK(quoted("\u00e9") == "\"\u00e9\"");
}

TEST_CASE("a text in a message is cut between characters and shows no password") {
    CHECK(shown(std::string(70, 'a')) == "\"" + std::string(60, 'a') + "\"...");
    CHECK(shown(std::string(59, 'a') + "\u00e9") == "\"" + std::string(59, 'a') + "\"...");
    CHECK(shown("http://user:secret@host:1") == "\"http://***@host:1\"");
    CHECK(shown("user:secret@host") == "\"***@host\"");
    CHECK(shown("http://u:p@ss@host") == "\"http://***@host\"");
}

TEST_CASE("a key in a message is bare when it can be") {
    CHECK(shown_key("max_lag") == "max_lag");
    CHECK(shown_key("") == "\"\"");
    CHECK(shown_key("a b") == "\"a b\"");
    CHECK(shown_key(std::string(61, 'k')) == "\"" + std::string(60, 'k') + "\"...");
}

TEST_CASE("alternatives read as a sentence") {
    const std::array<std::string_view, 3> three{"a", "b", "c"};
    CHECK(alternatives(three) == "\"a\", \"b\" or \"c\"");
    CHECK(alternatives(std::span(three).first(2)) == "\"a\" or \"b\"");
    CHECK(alternatives(std::span(three).first(1)) == "\"a\"");
}
