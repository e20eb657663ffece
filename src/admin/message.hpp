// Owns one request to the API and one answer, as plain values, whatever carried them.
// Must never know HTTP's syntax or a socket. Thread rule: values only.
#pragma once

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
};

/// With `object` as its body.
Answer of_json(int status, const boost::json::object& object);
/// {"error": …, "next": …}
Answer refusal(int status, std::string_view error, std::string_view next);

}  // namespace elector::admin
