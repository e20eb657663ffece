#include "cli/duty.hpp"

#include <chrono>
#include <utility>

namespace elector::cli {
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto kPatience = 2s;
constexpr auto kLookEvery = 200ms;
constexpr std::uint64_t kBack = 2 * orders::kProducers;

std::string unreadable(const iotex::Error& error) {
    return "the node of this host cannot say who made its blocks: " + error.text;
}

}  // namespace

std::uint64_t Duty::until_next() const {
    if (!own) return 0;
    const auto next = *own + orders::kProducers;
    return next > tip ? next - tip : 0;
}

DutyWatch::DutyWatch(Session& session, const Means& means, const config::Config& config,
                     const std::string& operator_address)
    : session_(session),
      node_(session.io(), means.node_endpoints(config), {}, nullptr),
      block_interval_(config.node.block_interval) {
    if (config.node.web3_mode == config::Web3Mode::kOff)
        cannot_ = "node.web3 is off on this host, and only web3 says who made a block";
    const auto address = iotex::web3_address(operator_address);
    if (address) {
        address_ = *address;
    } else if (cannot_.empty()) {
        cannot_ = operator_address.empty()
                      ? "the holder has not published its node's operator address (yet)"
                      : "the holder's operator address is none: " + operator_address;
    }
}

asio::awaitable<std::string> DutyWatch::read(Progress& progress) {
    const auto tip = co_await node_.block_number(kPatience);
    if (!tip) co_return unreadable(tip.error());
    const auto first = duty_.tip == 0 ? *tip - std::min(*tip, kBack) + 1 : duty_.tip + 1;
    for (auto height = first; height <= *tip; ++height) {
        if (*tip - height > 2) progress.show("reading who made the last blocks");
        const auto block = co_await node_.block(height, kPatience);
        if (!block) co_return unreadable(block.error());
        if (block->producer == address_) duty_.own = height;
        duty_.tip = height;
    }
    co_return std::string{};
}

asio::awaitable<std::string> DutyWatch::learn(Progress& progress) {
    if (!cannot_.empty()) co_return cannot_;
    progress.begin(std::nullopt);
    auto problem = co_await read(progress);
    progress.clear();
    if (!problem.empty()) co_return problem;
    if (!duty_.own)
        co_return "none of the last " + std::to_string(kBack) +
            " blocks is ours: this delegate is no producer of this epoch, or it has only begun";
    co_return std::string{};
}

asio::awaitable<std::string> DutyWatch::wait(Progress& progress) {
    progress.begin(static_cast<int>(duty_.until_next()) * block_interval_);
    const auto patience = static_cast<int>(kBack) * block_interval_;
    for (;;) {
        if (duty_.now()) break;
        if (progress.elapsed() > patience)
            co_return "no block of ours has come in two rounds of producers";
        progress.show("waiting for our own block; the chain is at " + std::to_string(duty_.tip));
        co_await session_.pause(kLookEvery);
        auto problem = co_await read(progress);
        if (!problem.empty()) co_return problem;
    }
    progress.clear();
    co_return std::string{};
}

}  // namespace elector::cli
