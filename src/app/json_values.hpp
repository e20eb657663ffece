// Owns the way between the core's plain values and JSON, both ways, by their described fields.
// Must never lose a field: a value with one that is not described does not compile.
// Thread rule: none.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include <boost/json.hpp>

#include "app/described_values.hpp"

namespace elector::app {

namespace json = boost::json;

template <class T>
concept Described = boost::describe::has_describe_members<T>::value;
template <class T>
concept Number = std::is_integral_v<T> && !std::is_same_v<T, bool>;
template <class T>
concept Enumeration = std::is_enum_v<T>;

template <class T>
using Fields = boost::describe::describe_members<T, boost::describe::mod_public>;

namespace detail {

/// Stands for a field of any type.
struct Any {
    template <class T>
    operator T() const;  // NOLINT: never defined, only for counting
};

/// How many fields the aggregate has.
template <class T, class... A>
consteval std::size_t fields_of() {
    if constexpr (requires { T{std::declval<A>()..., std::declval<Any>()}; }) {
        return fields_of<T, A..., Any>();
    } else {
        return sizeof...(A);
    }
}

template <class T>
consteval bool whole() {
    return fields_of<T>() == boost::mp11::mp_size<Fields<T>>::value;
}

}  // namespace detail

inline json::value to_value(bool v) { return v; }
inline json::value to_value(const std::string& v) { return json::string(v); }
inline json::value to_value(model::Duration v) { return v.count(); }
inline json::value to_value(model::Instant v) { return v.time_since_epoch().count(); }
inline json::value to_value(const model::RoleChanged& v) {
    return json::object{
        {"from", name(v.row->from)}, {"to", name(v.row->to)}, {"code", v.row->code}};
}
template <Number T>
json::value to_value(T v) {
    return v;
}
template <Enumeration T>
json::value to_value(T v) {
    return static_cast<int>(v);
}
template <Described T>
json::value to_value(const T& v);
template <class T>
json::value to_value(const std::optional<T>& v);
template <class T>
json::value to_value(const std::vector<T>& v);
template <class... T>
json::value to_value(const std::variant<T...>& v);

template <class T>
json::value to_value(const std::optional<T>& v) {
    return v ? to_value(*v) : json::value(nullptr);
}
template <class T>
json::value to_value(const std::vector<T>& v) {
    json::array list;
    for (const auto& item : v) list.push_back(to_value(item));
    return list;
}

/// "elector::model::StatusRead" from the compiler's own spelling; both compilers end with `T = …]`.
template <class T>
std::string_view type_name() {
    const std::string_view all = __PRETTY_FUNCTION__;
    const auto end = all.find_first_of("];", all.find("T = "));
    const auto begin = all.rfind(':', end) + 1;
    return all.substr(begin, end - begin);
}

template <class... T>
json::value to_value(const std::variant<T...>& v) {
    return std::visit(
        [](const auto& item) -> json::value {
            json::object o;
            o[type_name<std::decay_t<decltype(item)>>()] = to_value(item);
            return o;
        },
        v);
}

template <Described T>
json::value to_value(const T& v) {
    static_assert(detail::whole<T>(), "a field is missing in described_values.hpp");
    json::object o;
    boost::mp11::mp_for_each<Fields<T>>(
        [&](auto member) { o[member.name] = to_value(v.*member.pointer); });
    return o;
}

/// One line of a dump. What stands in etcd need not be UTF-8, and is written as it is.
inline json::value parse_line(std::string_view line) {
    json::parse_options options;
    options.allow_invalid_utf8 = true;
    return json::parse(line, {}, options);
}

// --- and back; throws std::exception with the cause when `v` is not what to_value would write

inline void from_value(const json::value& v, bool& to) { to = v.as_bool(); }
inline void from_value(const json::value& v, std::string& to) {
    to = std::string_view(v.as_string());
}
inline void from_value(const json::value& v, model::Duration& to) {
    to = model::Duration{v.to_number<std::int64_t>()};
}
inline void from_value(const json::value& v, model::Instant& to) {
    to = model::Instant{model::Duration{v.to_number<std::int64_t>()}};
}
template <Number T>
void from_value(const json::value& v, T& to) {
    to = v.to_number<T>();
}
template <Enumeration T>
void from_value(const json::value& v, T& to) {
    to = static_cast<T>(v.to_number<std::underlying_type_t<T>>());
}
template <Described T>
void from_value(const json::value& v, T& to);
template <class T>
void from_value(const json::value& v, std::optional<T>& to);
template <class T>
void from_value(const json::value& v, std::vector<T>& to);
template <class... T>
void from_value(const json::value& v, std::variant<T...>& to);

template <class T>
void from_value(const json::value& v, std::optional<T>& to) {
    to.reset();
    if (!v.is_null()) from_value(v, to.emplace());
}
template <class T>
void from_value(const json::value& v, std::vector<T>& to) {
    to.clear();
    for (const auto& item : v.as_array()) from_value(item, to.emplace_back());
}
template <class... T>
void from_value(const json::value& v, std::variant<T...>& to) {
    const auto& o = v.as_object();
    if (o.size() != 1) throw std::invalid_argument("one named alternative is expected");
    const std::string_view kind = o.begin()->key();
    const auto take = [&]<class One>(One one) {
        if (type_name<One>() != kind) return false;
        from_value(o.begin()->value(), one);
        to = std::move(one);
        return true;
    };
    if (!(take(T{}) || ...))
        throw std::invalid_argument("'" + std::string(kind) + "' is none of the alternatives");
}
template <Described T>
void from_value(const json::value& v, T& to) {
    static_assert(detail::whole<T>(), "a field is missing in described_values.hpp");
    boost::mp11::mp_for_each<Fields<T>>(
        [&](auto member) { from_value(v.at(member.name), to.*member.pointer); });
}

}  // namespace elector::app
