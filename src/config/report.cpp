#include "config/report.hpp"

#include <algorithm>

namespace elector::config {

void Report::given(const std::string& path, Position at, std::string written) {
    given_[path] = Given{at, std::move(written)};
}

const Report::Given* Report::find(std::string_view path) const {
    const auto found = given_.find(path);
    if (found != given_.end()) return &found->second;
    return file_ ? file_->find(path) : nullptr;
}

bool Report::is_sound(std::string_view path) const {
    if (unsound_.find(path) != unsound_.end()) return false;
    return !file_ || is_own(path) || file_->is_sound(path);
}

bool Report::sound(std::initializer_list<std::string_view> paths) const {
    return std::all_of(paths.begin(), paths.end(),
                       [this](std::string_view path) { return is_sound(path); });
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
    return Problem{source_, at, std::string(path), std::move(message), whose_};
}

Position Report::position_of(std::string_view path) const {
    const auto* found = find(path);
    return found ? found->at : at_;
}

std::string Report::assignment(std::string_view path) const {
    const auto* found = find(path);
    if (!found || found->written.empty()) return std::string(path);
    return std::string(path) + " = " + found->written;
}

std::vector<Problem> Report::sorted(std::vector<Problem> some) {
    std::stable_sort(some.begin(), some.end(),
                     [](const Problem& a, const Problem& b) { return a.at < b.at; });
    return some;
}

}  // namespace elector::config
