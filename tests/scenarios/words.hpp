// Owns one command line split into words, and how words are read as values.
// Thread rule: values only.
#pragma once

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "model/clock.hpp"
#include "scenarios/script.hpp"

namespace elector::scenarios {

class Words {
  public:
    explicit Words(const std::string& line) {
        std::istringstream in(line);
        for (std::string word; in >> word;) words_.push_back(word);
    }
    bool done() const { return at_ >= words_.size(); }
    std::string take() { return done() ? throw BadCommand("a word is missing") : words_[at_++]; }
    /// Takes the next word when it is this one.
    bool is(const std::string& word) {
        if (done() || words_[at_] != word) return false;
        ++at_;
        return true;
    }
    std::string rest() {
        std::string text;
        while (!done()) text += (text.empty() ? "" : " ") + take();
        return text;
    }

  private:
    std::vector<std::string> words_;
    std::size_t at_ = 0;
};

inline std::int64_t number(const std::string& word) {
    char* end = nullptr;
    const auto value = std::strtoll(word.c_str(), &end, 10);
    if (word.empty() || *end != '\0') throw BadCommand("not a number: " + word);
    return value;
}

inline model::Duration duration(const std::string& word) {
    char* end = nullptr;
    const double value = std::strtod(word.c_str(), &end);
    const std::string unit = end;
    const double ns = unit == "s" ? 1e9 : unit == "ms" ? 1e6 : unit == "min" ? 60e9 : 0;
    if (ns == 0) throw BadCommand("not a duration: " + word);
    return model::Duration(static_cast<std::int64_t>(value * ns));
}

inline bool flag(const std::string& word) {
    if (word == "on" || word == "yes") return true;
    if (word == "off" || word == "no") return false;
    throw BadCommand("neither on nor off: " + word);
}

}  // namespace elector::scenarios
