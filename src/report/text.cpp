#include "report/text.hpp"

#include <chrono>
#include <cstdio>

namespace elector::report {
using namespace std::chrono;

std::string span_text(model::Duration span) {
    const auto ms = duration_cast<milliseconds>(span).count();
    const auto s = ms / 1000;
    char text[64];
    if (ms < 10'000) {
        std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(ms) / 1000);
    } else if (s < 60) {
        std::snprintf(text, sizeof text, "%lld s", static_cast<long long>(s));
    } else if (s < 3600) {
        std::snprintf(text, sizeof text, "%lld min %lld s", static_cast<long long>(s / 60),
                      static_cast<long long>(s % 60));
    } else if (s < 86'400) {
        std::snprintf(text, sizeof text, "%lld h %lld min", static_cast<long long>(s / 3600),
                      static_cast<long long>(s / 60 % 60));
    } else {
        std::snprintf(text, sizeof text, "%lld d %lld h", static_cast<long long>(s / 86'400),
                      static_cast<long long>(s / 3600 % 24));
    }
    return text;
}

std::string utc_text(std::int64_t unix_ms) {
    // Beyond these no calendar is sure of itself, and no clock of a host is right.
    if (unix_ms < 0 || unix_ms > 253'402'300'799'999) return "?";
    const auto at = sys_days{} + milliseconds(unix_ms);
    const auto day = floor<days>(at);
    const year_month_day date(day);
    const hh_mm_ss clock(floor<seconds>(at - day));
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", int(date.year()),
                  unsigned(date.month()), unsigned(date.day()), int(clock.hours().count()),
                  int(clock.minutes().count()), int(clock.seconds().count()));
    return text;
}

std::string_view word(model::HolderRecord::State state) {
    switch (state) {
        case model::HolderRecord::State::kActive:
            return "active";
        case model::HolderRecord::State::kDrained:
            return "drained";
        case model::HolderRecord::State::kUnfenced:
            return "unfenced";
    }
    return "active";
}

std::string_view word(model::NodeActivity activity) {
    switch (activity) {
        case model::NodeActivity::kActive:
            return "active";
        case model::NodeActivity::kStandby:
            return "standby";
        case model::NodeActivity::kUnknown:
            return "unknown";
    }
    return "unknown";
}

std::string_view word(Place place) {
    switch (place) {
        case Place::kHolder:
            return "holder";
        case Place::kCandidate:
            return "candidate";
        case Place::kRegistered:
            return "registered";
        case Place::kNotRegistered:
            return "not registered";
    }
    return "not registered";
}

}  // namespace elector::report
