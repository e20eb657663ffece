// Owns what the API is shown of the member that it belongs to, and what it may ask of it.
// Must never be a way around the core: nothing here touches a node or a holding.
// Thread rule: the io_context's thread.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "core/state.hpp"
#include "model/policy.hpp"
#include "orders/desk.hpp"
#include "support/loop_lag.hpp"

namespace elector::admin {

class Host {
  public:
    virtual ~Host() = default;
    virtual const core::State& state() const = 0;
    virtual const model::Policy& policy() const = 0;
    virtual const config::Config& config() const = 0;
    virtual model::Instant now() const = 0;
    virtual const support::LoopLag& lag() const = 0;
    /// The last call to etcd was answered.
    virtual bool etcd_answers() const = 0;
    /// A guardian watches over this process, and answers.
    virtual bool guardian_answers() const = 0;
    /// As on SIGHUP. What was wrong; empty: done.
    virtual std::vector<std::string> reload() = 0;
    /// Where orders to the whole group are written.
    virtual orders::Desk& orders() = 0;
};

}  // namespace elector::admin
