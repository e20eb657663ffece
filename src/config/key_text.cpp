// Owns the wording that follows from a row of the key table alone.
#include "config/duration.hpp"
#include "config/keys.hpp"
#include "config/text.hpp"

namespace elector::config {
namespace {

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

std::string list_text(const std::vector<std::string>& items) {
    std::string out = "[";
    for (const std::string& item : items) out += (out.size() > 1 ? ", " : "") + quoted(item);
    return out + "]";
}

std::string field_range(const Field& field) {
    return std::visit(Overloaded{
                          [](const BoolField&) { return std::string{}; },
                          [](const IntField& f) {
                              return std::to_string(f.min) + " to " + std::to_string(f.max);
                          },
                          [](const DurationField& f) {
                              return format_duration(f.min) + " to " + format_duration(f.max);
                          },
                          [](const TextField&) { return std::string{}; },
                          [](const ListField&) { return std::string{}; },
                      },
                      field);
}

}  // namespace

std::string value_text(const KeySpec& key, const Config& config) {
    return std::visit(
        Overloaded{
            [&](const BoolField& f) { return std::string(f.get(config) ? "true" : "false"); },
            [&](const IntField& f) { return std::to_string(f.get(config)); },
            [&](const DurationField& f) { return quoted(format_duration(f.get(config))); },
            [&](const TextField& f) { return quoted(f.format(config)); },
            [&](const ListField& f) { return list_text(f.format(config)); },
        },
        key.field);
}

std::string_view type_text(const KeySpec& key) {
    return std::visit(Overloaded{
                          [](const BoolField&) { return "true or false"; },
                          [](const IntField&) { return "integer"; },
                          [](const DurationField&) { return "duration"; },
                          [](const TextField&) { return "text"; },
                          [](const ListField&) { return "list of texts"; },
                      },
                      key.field);
}

std::string range_text(const KeySpec& key) {
    std::string out = field_range(key.field);
    if (!out.empty() && !key.rule.empty()) out += "; ";
    return out + std::string(key.rule);
}

std::string_view reload_text(ReloadClass reload) {
    switch (reload) {
        case ReloadClass::kLive:
            return "now";
        case ReloadClass::kNextHolding:
            return "next holding";
        case ReloadClass::kRefused:
            return "refused";
    }
    return "";
}

}  // namespace elector::config
