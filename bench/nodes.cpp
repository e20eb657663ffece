#include "nodes.hpp"

#include <stdexcept>

#include <boost/asio/post.hpp>

namespace elector::bench {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

simnode::HostOptions options_of(std::size_t count, model::Duration block_interval,
                                checker::Checker& checker) {
    simnode::HostOptions options;
    options.chain = simnode::ChainParams{}.scaled_to(block_interval);
    options.chain.genesis_height = 41'000'000;
    simnode::NodeParams node;
    node.consensus_boot = 300ms;  // a restart is not what is measured
    node.admin_boot = 500ms;
    for (std::size_t i = 0; i < count; ++i) options.nodes.push_back(node.scaled_to(block_interval));
    options.sink = [&checker](const std::string&, const checker::Entry& entry) {
        checker.add(entry);
    };
    return options;
}

}  // namespace

Nodes::Nodes(std::size_t count, model::Duration block_interval)
    : work_(asio::make_work_guard(io_)), host_(io_, options_of(count, block_interval, checker_)) {
    for (std::size_t i = 0; i < count; ++i)
        ports_.push_back(host_.ports(static_cast<simnode::NodeIndex>(i)));
    thread_ = std::thread([this] { io_.run(); });
}

Nodes::~Nodes() { stop(); }

model::Instant Nodes::fault(const std::string& kind, std::size_t node) {
    const simnode::FaultOrder order{kind, static_cast<simnode::NodeIndex>(node), 0, 0};
    std::promise<std::string> problem;
    model::Instant began;
    asio::post(io_, [&] {
        began = clock_.now();
        problem.set_value(host_.fault(order));
    });
    const auto text = problem.get_future().get();
    if (!text.empty()) throw std::runtime_error("cannot put a fault on a node: " + text);
    return began;
}

void Nodes::stop() {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] { host_.stop(); });
    work_.reset();
    thread_.join();
}

}  // namespace elector::bench
