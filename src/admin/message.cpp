#include "admin/message.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace elector::admin {

Answer refusal(int status, std::string_view error, std::string_view next) {
    boost::json::object words;
    words["error"] = error;
    words["next"] = next;
    Answer answer;
    answer.status = status;
    answer.body = boost::json::serialize(words) + "\n";
    return answer;
}

}  // namespace elector::admin
