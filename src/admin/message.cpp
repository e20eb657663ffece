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

Answer events_from(const std::string& status, const std::string& group) {
    Answer answer;
    answer.events = true;
    answer.follows = group;
    answer.type = "text/event-stream";
    answer.body = "event: status\ndata: " + status + "\n\n";
    return answer;
}

Answer too_many() {
    auto answer = refusal(503,
                          "cannot tell of all groups: as many such answers as may be are under way "
                          "[api:full]",
                          "ask again, or for one group: ?group=NAME");
    answer.fields.emplace_back("Retry-After", "2");
    return answer;
}

}  // namespace elector::admin
