// Owns the Prometheus metrics of one member (docs/metrics.md lists them). What is a state is read
// at a scrape; what is an occurrence is counted when it happens, in constant time.
// Must never be read by anything that decides. Thread rule: the io_context's thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "admin/host.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"

namespace elector::admin {

class Metrics {
  public:
    explicit Metrics(std::string_view version);
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    /// Before it runs.
    void on_effect(const model::Effect& effect, const core::State& state, model::Instant now);
    /// Before the core hears of it.
    void on_event(const model::Event& event, model::Instant now);
    /// One attempt at one endpoint has ended. `method` as in "KV/Txn".
    void on_rpc(std::string_view method, std::string_view endpoint, int grpc_code);
    void on_reload(bool applied);

    /// All of them in Prometheus' text format.
    std::string text(const Host& host);

  private:
    struct All;
    std::unique_ptr<All> all_;
};

}  // namespace elector::admin
