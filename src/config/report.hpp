// Owns what the loader has found out so far: which keys were given where, what is wrong with them.
// Internal to this folder. Must never hold a secret's text. Thread rule: values only.
#pragma once

#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.hpp"
#include "config/load.hpp"

namespace elector::config {

class Report {
  public:
    explicit Report(std::string source) : source_(std::move(source)) {}

    /// Of one [[group]] table at `at`: what it does not say stands in the file's own tables, whose
    /// report outlives this one.
    Report(const Report& file, std::string whose, Position at)
        : source_(file.source_), file_(&file), whose_(std::move(whose)), at_(at) {}

    /// `path` was written at `at`, as `written` (already fit for a message; empty: not to be
    /// shown).
    void given(const std::string& path, Position at, std::string written);
    bool is_given(std::string_view path) const { return find(path) != nullptr; }
    /// Given here, and not only in the file's own tables.
    bool is_own(std::string_view path) const { return given_.find(path) != given_.end(); }

    /// True when none of the keys has a problem of its own: only then are they worth comparing.
    bool sound(std::initializer_list<std::string_view> paths) const;

    const std::string& source() const { return source_; }
    /// Where the [[group]] table is that this is of.
    Position place() const { return at_; }

    /// A problem of `path` that was seen at `at`; `message` is a whole sentence.
    void problem(Position at, std::string_view path, std::string message);
    /// A problem of the value of `path`: `path = value fault`, placed where the value was written.
    void fault(std::string_view path, std::string_view fault);
    /// The first of `paths` that was written; the first of all when none was.
    std::string_view blame(std::initializer_list<std::string_view> paths) const;
    void warn(std::string_view path, std::string_view message);
    /// A fault() of what the machine has under that name, not of what is written. One of losses()
    /// too.
    void loss(std::string_view path, std::string_view fault);
    /// A fault() that is not in the way: the value counts as sound.
    void spare(std::string_view path, std::string_view fault);

    /// `election.renew ("1s")`, or `election.renew ("1s", the default)`.
    std::string mention(std::string_view path, const std::string& effective) const;

    std::vector<Problem> problems() const { return sorted(problems_); }
    std::vector<Problem> warnings() const { return sorted(warnings_); }
    std::vector<Problem> spared() const { return sorted(spared_); }
    const std::vector<Problem>& losses() const { return losses_; }

  private:
    struct Given {
        Position at;
        std::string written;
    };

    const Given* find(std::string_view path) const;
    bool is_sound(std::string_view path) const;
    Problem make(Position at, std::string_view path, std::string message) const;
    Position position_of(std::string_view path) const;
    std::string assignment(std::string_view path) const;
    static std::vector<Problem> sorted(std::vector<Problem> some);

    std::string source_;
    const Report* file_ = nullptr;
    std::string whose_;
    Position at_;  ///< of what was not written anywhere
    std::map<std::string, Given, std::less<>> given_;
    std::set<std::string, std::less<>> unsound_;
    std::vector<Problem> problems_;
    std::vector<Problem> warnings_;
    std::vector<Problem> spared_;
    std::vector<Problem> losses_;
};

}  // namespace elector::config
