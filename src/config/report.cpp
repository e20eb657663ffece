#include "config/report.hpp"

#include <algorithm>

namespace elector::config {

void Report::given(const std::string& path, Position at, std::string written) {
    given_[path] = Given{at, std::move(written)};
}

bool Report::is_given(std::string_view path) const { return given_.find(path) != given_.end(); }

bool Report::sound(std::initializer_list<std::string_view> paths) const {
    return std::none_of(paths.begin(), paths.end(), [this](std::string_view path) {
        return unsound_.find(path) != unsound_.end();
    });
}

void Report::problem(Position at, std::string_view path, std::string message) {
    unsound_.emplace(path);
    problems_.push_back(make(at, path, std::move(message)));
}

void Report::fault(std::string_view path, std::string_view fault) {
    problem(position_of(path), path, assignment(path) + " " + std::string(fault));
}

std::string_view Report::blame(std::initializer_list<std::string_view> paths) const {
    for (const std::string_view path : paths) {
        if (is_given(path)) return path;
    }
    return *paths.begin();
}

void Report::warn(std::string_view path, std::string_view message) {
    warnings_.push_back(
        make(position_of(path), path, assignment(path) + " " + std::string(message)));
}

void Report::loss(std::string_view path, std::string_view fault) {
    this->fault(path, fault);
    losses_.push_back(problems_.back());
}

void Report::spare(std::string_view path, std::string_view fault) {
    spared_.push_back(make(position_of(path), path, assignment(path) + " " + std::string(fault)));
}

std::string Report::mention(std::string_view path, const std::string& effective) const {
    const std::string origin = is_given(path) ? "" : ", the default";
    return std::string(path) + " (" + effective + origin + ")";
}

Problem Report::make(Position at, std::string_view path, std::string message) const {
    return Problem{source_, at, std::string(path), std::move(message)};
}

Position Report::position_of(std::string_view path) const {
    const auto found = given_.find(path);
    return found == given_.end() ? Position{} : found->second.at;
}

std::string Report::assignment(std::string_view path) const {
    const auto found = given_.find(path);
    if (found == given_.end() || found->second.written.empty()) return std::string(path);
    return std::string(path) + " = " + found->second.written;
}

std::vector<Problem> Report::sorted(std::vector<Problem> some) {
    std::stable_sort(some.begin(), some.end(),
                     [](const Problem& a, const Problem& b) { return a.at < b.at; });
    return some;
}

}  // namespace elector::config
