// Claims about an HTTP answer as the guardian reads it.
#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"
#include "guardian/admin.hpp"
#include "iotex/ha_payload.hpp"

namespace elector::fuzz {
namespace {

using guardian::Answer;

bool is_good(Answer answer) {
    return answer == Answer::kActive || answer == Answer::kStandby || answer == Answer::kDone;
}

void judge_good(std::string_view bytes, Answer answer, bool set) {
    const auto line = bytes.substr(0, bytes.find("\r\n"));
    require(line.starts_with("HTTP/1.1 200") && (line.size() == 12 || line[12] == ' '),
            "only a 200 counts", bytes);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        require(!guardian::parse_answer(bytes.substr(0, n), set).complete,
                "an answer is awaited to its last byte", bytes);
    }
    require(!is_good(guardian::parse_answer(std::string(bytes) + "x", set).answer),
            "what nobody asked for makes an answer none", bytes);
    if (set) return require(answer == Answer::kDone, "a set has no status in its answer", bytes);
    const auto body = bytes.substr(bytes.find("\r\n\r\n") + 4);
    const auto elector = iotex::parse_ha_status(body);
    require(elector.has_value(), "the elector reads what the guardian reads", body);
    require((*elector == iotex::HaStatus::kActive) == (answer == Answer::kActive),
            "guardian and elector agree on a status", body);
}

}  // namespace

void fuzz_guardian_answer(std::string_view bytes) {
    const bool set = take_selector(bytes) == 's';
    const auto parsed = guardian::parse_answer(bytes, set);
    if (!parsed.complete) {
        require(!is_good(parsed.answer), "half an answer is none", bytes);
        return;
    }
    if (is_good(parsed.answer)) judge_good(bytes, parsed.answer, set);
}

}  // namespace elector::fuzz
