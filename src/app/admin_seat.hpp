// Owns what the API is shown of one group's member, and what it may ask of it.
// Must never be a way around the core. Thread rule: the io_context's thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/host.hpp"
#include "app/admin_api.hpp"
#include "app/log.hpp"
#include "app/member.hpp"
#include "app/resignation.hpp"

namespace elector::app {

class AdminApi::Seat final : public admin::Host {
  public:
    /// `log` is the group's; `heard_etcd` the whole process's.
    Seat(Member& member, Log log, const model::Instant& heard_etcd);

    const core::State& state() const override { return member_.state(); }
    const model::Policy& policy() const override { return member_.policy(); }
    const config::Config& config() const override { return member_.config(); }
    model::Instant now() const override { return member_.now(); }
    bool etcd_answers() const override { return member_.etcd_answers(); }
    bool guardian_answers() const override { return member_.guardian_answers(); }
    orders::Desk& orders() override { return desk_; }
    std::int64_t wall_clock_ms() const override;
    model::Instant heard_etcd() const override { return heard_etcd_; }
    boost::asio::awaitable<admin::HistoryRead> history() override;
    std::optional<std::int64_t> resigned_unix_ms() const override { return resignation_.unix_ms(); }
    std::optional<std::string> would() const override { return member_.would(); }
    std::string resign() override;
    std::string rejoin() override;

    const std::string& group() const { return member_.config().group; }
    /// A restart has not ended it.
    void tell_if_resigned();

    std::string_view node;  ///< as last published

  private:
    Member& member_;
    Log log_;
    const model::Instant& heard_etcd_;
    orders::Desk desk_;
    Resignation resignation_;
};

}  // namespace elector::app
