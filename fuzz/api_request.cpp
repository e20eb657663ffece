// Claims about the HTTP API, whatever a client sends: read, judged and answered for members that
// stand still. What would go to etcd ends there.
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "admin/api.hpp"
#include "admin/choice.hpp"
#include "admin/connection.hpp"
#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"

namespace elector::fuzz {
namespace {

constexpr const char* kToken = "c0ffee-token";
constexpr const char* kNoStore = "there is no etcd here";

class StandingMember final : public admin::Host {
  public:
    StandingMember(bool token, const char* group) {
        config_.group = group;
        policy_.member = config_.member.name = "m";
        if (token) config_.api.token = config::Secret(kToken);
    }
    const core::State& state() const override { return state_; }
    const model::Policy& policy() const override { return policy_; }
    const config::Config& config() const override { return config_; }
    model::Instant now() const override { return model::Instant(std::chrono::hours(1)); }
    bool etcd_answers() const override { return false; }
    bool guardian_answers() const override { return false; }
    std::int64_t wall_clock_ms() const override { return 1'785'000'000'000; }
    model::Instant heard_etcd() const override { return {}; }
    boost::asio::awaitable<admin::HistoryRead> history() override {
        co_return admin::HistoryRead{{}, kNoStore};
    }
    std::optional<std::string> would() const override { return std::nullopt; }
    std::optional<std::int64_t> resigned_unix_ms() const override { return resigned_; }
    std::string resign() override {
        changed = true;
        resigned_ = 1;
        return {};
    }
    std::string rejoin() override {
        changed = true;
        resigned_.reset();
        return {};
    }
    orders::Desk& orders() override {
        changed = true;
        throw std::runtime_error(kNoStore);
    }

    bool changed = false;  ///< or would have

  private:
    core::State state_;
    model::Policy policy_;
    config::Config config_;
    std::optional<std::int64_t> resigned_;
};

class StandingHouse final : public admin::House {
  public:
    explicit StandingHouse(std::vector<admin::Host*> groups) : groups_(std::move(groups)) {}
    std::span<admin::Host* const> groups() const override { return groups_; }
    const support::LoopLag& lag() const override { return lag_; }
    std::vector<notify::Standing> told() const override { return {}; }
    std::vector<std::string> reload() override {
        changed = true;
        return {};
    }

    bool changed = false;

  private:
    std::vector<admin::Host*> groups_;
    support::LoopLag lag_;
};

void judge_refusal(const admin::Answer& answer) {
    boost::system::error_code failure;
    const auto document = boost::json::parse(answer.body, failure);
    require(!failure && document.is_object(), "an answer is a JSON object", answer.body);
    require_readable(answer.body, "an answer", true);
    require(answer.body.find(kToken) == std::string::npos, "no answer has the token", answer.body);
    const auto& object = document.as_object();
    const bool verdict = object.contains("reasons");
    if (answer.status >= 400 && !verdict)
        require(object.contains("error") && object.contains("next"),
                "a refusal says what is wrong and what to do", answer.body);
    const bool defect = answer.status == 500 && answer.body.find(kNoStore) == std::string::npos;
    require(!defect, "no request finds a defect", answer.body);
}

admin::Answer answer_of(admin::House& house, admin::Metrics& metrics,
                        const admin::Request& request) {
    boost::asio::io_context io;
    admin::Api api(house, metrics);
    std::optional<admin::Answer> got;
    boost::asio::co_spawn(io, api.answer(request), [&](std::exception_ptr e, admin::Answer answer) {
        if (!e) got = std::move(answer);
    });
    io.poll();
    require(got.has_value(), "every request is answered");
    return *got;
}

}  // namespace

void fuzz_api_request(std::string_view bytes) {
    static admin::Metrics metrics("0", 2);
    // 't', 'T': with a token; 'g', 'T': the file has two groups.
    const auto selector = take_selector(bytes);
    const bool token = selector == 't' || selector == 'T';
    const bool groups = selector == 'g' || selector == 'T';
    const admin::Limits limits;
    const auto read = admin::read_request(bytes, limits);
    require(!read.request || !read.refusal, "a request is read or refused", bytes);
    if (read.refusal) judge_refusal(*read.refusal);
    if (!read.request) return;
    const auto& request = *read.request;
    require(request.body.size() <= limits.body_bytes, "no body is longer than allowed");
    require(request.path.find('?') == std::string::npos, "a path is without its query",
            request.path);
    StandingMember west(token, groups ? "west" : "");
    StandingMember east(token, "east");
    StandingHouse house(groups ? std::vector<admin::Host*>{&west, &east}
                               : std::vector<admin::Host*>{&west});
    const auto answer = answer_of(house, metrics, request);
    if (answer.type == "application/json") judge_refusal(answer);
    if (!west.changed && !east.changed && !house.changed) return;
    require(!west.changed || !east.changed, "one order is for one group", request.query);
    const auto name = admin::query_value(request.query, "group");
    const auto asked = west.changed && groups ? "west" : "east";
    require(house.changed || (groups ? name == asked : !name), "an order is for who was named",
            request.query);
    require(request.method == "POST", "only POST changes something", request.method);
    require(!token || request.authorization.find(kToken) != std::string::npos,
            "nothing is changed without the token", request.authorization);
    require(admin::names_loopback(request.host), "nothing is changed under another name",
            request.host);
    require(request.origin.empty() || request.origin.ends_with("://" + request.host),
            "nothing is changed by a page of another origin", request.origin);
}

}  // namespace elector::fuzz
