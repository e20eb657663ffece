#include "admin/message.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace elector::admin {

Answer of_json(int status, const boost::json::object& object) {
    Answer answer;
    answer.status = status;
    answer.body = boost::json::serialize(object) + "\n";
    return answer;
}

Answer refusal(int status, std::string_view error, std::string_view next) {
    return of_json(status, {{"error", error}, {"next", next}});
}

}  // namespace elector::admin
