#include "admin/choice.hpp"

#include <algorithm>
#include <charconv>

#include <boost/json.hpp>

#include "config/text.hpp"

namespace elector::admin {
namespace json = boost::json;

namespace {

/// "%20" and "+"; what is no such sequence stays as it is.
std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned byte = 0;
        const auto* digits = text.data() + i + 1;
        const bool sequence = text[i] == '%' && i + 2 < text.size() &&
                              std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
        if (sequence) i += 2;
        out += sequence ? static_cast<char>(byte) : text[i] == '+' ? ' ' : text[i];
    }
    return out;
}

Answer unnamed(const House& house) {
    json::array names;
    for (const auto* host : house.groups()) names.emplace_back(host->config().group);
    return of_json(
        400, {{"error",
               "cannot tell which group is meant: the file has [[group]] tables "
               "[api:group]"},
              {"next", "name one of them, as in ?group=" + house.groups().front()->config().group},
              {"groups", std::move(names)}});
}

/// It may hold any bytes, and the answer is JSON.
std::string readable(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; },
        '?');
    return config::shown(text);
}

Answer unknown(const House& house, const std::string& name) {
    const auto error = "there is no group " + readable(name) + " here [api:group]";
    if (!house.named())
        return refusal(404, error, "the file has no [[group]] tables: ask without a group");
    std::vector<std::string_view> names;
    for (const auto* host : house.groups()) names.emplace_back(host->config().group);
    const auto nearest = config::closest(name, names);
    return refusal(404, error,
                   nearest.empty() ? "GET /status lists all groups"
                                   : "did you mean " + config::shown(nearest) + "?");
}

}  // namespace

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto field = query.substr(0, end);
        const auto cut = std::min(field.find('='), field.size());
        if (field.substr(0, cut) == name)
            return decoded(field.substr(std::min(cut + 1, field.size())));
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return std::nullopt;
}

std::variant<Host*, Everyone, Answer> choose(const House& house, const Request& request,
                                             bool takes_all) {
    const auto name = query_value(request.query, "group");
    const auto all = house.groups();
    if (!name && !house.named()) return all.front();
    if (!name && takes_all) return Everyone{};
    if (!name) return unnamed(house);
    const auto found = std::find_if(all.begin(), all.end(), [&](const Host* host) {
        return !name->empty() && host->config().group == *name;
    });
    if (found == all.end()) return unknown(house, *name);
    return *found;
}

}  // namespace elector::admin
