// Owns one request to the API and one answer, as plain values, whatever carried them.
// Must never know HTTP's syntax or a socket. Thread rule: values only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/fwd.hpp>

namespace elector::admin {

struct Request {
    std::string method;  ///< "GET"; for HEAD too, whose answer is sent without its body
    std::string path;    ///< without the query
    std::string query;   ///< behind the "?"
    std::string host;    ///< the Host field
    std::string origin;
    std::string authorization;
    std::string content_type;
    std::string body;
};

struct Answer {
    int status = 200;
    std::string type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> fields;  ///< more of the header
    bool events = false;  ///< 200, and then what the hub publishes; `body` comes first
    std::string follows;  ///< whose events; empty: all
    std::shared_ptr<const void> place{};  ///< of few, given back once the answer has left
};

/// With `object` as its body.
Answer of_json(int status, const boost::json::object& object);
/// {"error": …, "next": …}
Answer refusal(int status, std::string_view error, std::string_view next);
/// Events of `group`, empty: of all, which begin with this `status`.
Answer events_from(const std::string& status, const std::string& group);
/// 503: as many long answers as may be are under way.
Answer too_many();

}  // namespace elector::admin
