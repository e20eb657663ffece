#include "guardian/agenda.hpp"

#include <algorithm>
#include <utility>

namespace elector::guardian {

Agenda::Agenda(std::size_t size) : at_(size, model::kNever), heap_(size), place_(size) {
    for (std::size_t i = 0; i < size; ++i) heap_[i] = place_[i] = static_cast<std::uint16_t>(i);
}

void Agenda::swap(std::size_t a, std::size_t b) {
    std::swap(heap_[a], heap_[b]);
    place_[heap_[a]] = static_cast<std::uint16_t>(a);
    place_[heap_[b]] = static_cast<std::uint16_t>(b);
}

void Agenda::set(std::size_t who, model::Instant at) {
    at_[who] = at;
    std::size_t i = place_[who];
    for (; i > 0 && before(i, (i - 1) / 2); i = (i - 1) / 2) swap(i, (i - 1) / 2);
    for (;;) {
        auto least = i;
        for (const auto child : {2 * i + 1, 2 * i + 2})
            if (child < heap_.size() && before(child, least)) least = child;
        if (least == i) return;
        swap(i, least);
        i = least;
    }
}

void Agenda::set_after_turn(std::size_t who, model::Instant at, model::Instant now) {
    set(who, std::max(at, now + model::Duration(1)));
}

std::optional<std::size_t> Agenda::due(model::Instant now) const {
    if (next() == model::kNever || now < next()) return std::nullopt;
    return heap_.front();
}

}  // namespace elector::guardian
