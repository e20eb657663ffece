// Owns a whole group in one process for measurements: three members with nothing between them and a
// durable etcd of their own, beside simulated nodes; and the moments of each change of the lead.
// Must never decide an election. Thread rule: the io_context's thread.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/log.hpp"
#include "app/member.hpp"
#include "nodes.hpp"
#include "support/authority.hpp"
#include "support/etcd_process.hpp"

namespace elector::bench {

/// One change of the lead, as the effects of the members tell it.
struct Handover {
    using Moment = std::optional<model::Instant>;
    std::string cause;       ///< reason code of the old leader
    bool by_height = false;  ///< the gate asks for a block
    Moment began;            ///< the order's put was sent, or the node crashed
    Moment decided;          ///< the old leader began to let go
    Moment found_dead;       ///< it was certain that the old leader's node process is gone
    Moment drain_sent;       ///< the transaction with its marker left
    Moment marker;           ///< that was answered
    Moment learned;          ///< the successor learned of the marker
    Moment gate_open;        ///< the successor saw that nothing blocks it any more
    Moment claim_sent;
    Moment claimed;        ///< that was answered
    Moment activate_sent;  ///< the request to its node
    Moment verified;       ///< the node says that it is active
};

/// What etcd demands of the members.
enum class Way { kPlain, kTls, kMutual, kUsers };

/// "TLS" and the like.
const char* name(Way way);

class Group {
  public:
    static constexpr std::size_t kMembers = 3;

    /// Starts etcd and the nodes, and no member. Throws when something is missing.
    Group(boost::asio::io_context& io, model::Duration block_interval, Way way = Way::kPlain);
    ~Group();

    /// Brings the members up, to a leader with two fit successors.
    void start();
    /// The leader is asked to hand over; returns when all is as before with another leader.
    Handover planned();
    /// The leader's node process vanishes; it is started again once another leads.
    Handover crash();
    /// Ends the members. Etcd and the nodes go on until the end of this object.
    void close();

    /// For a client of this etcd.
    etcd::ClientOptions client_options() const;
    Nodes& nodes() { return nodes_; }
    /// REQUIRES: start().
    model::Duration refused_grace() const { return members_.front()->policy().refused_grace; }

  private:
    config::Config config_of(std::size_t i) const;
    test::EtcdOptions demands();
    void make_users();
    void start_member(std::size_t i);
    void create_first_record();
    bool standby_everywhere() const;
    std::optional<std::size_t> leader() const;
    /// A leader, and both others could take over.
    bool settled() const;
    void wait_for(const char* what, const std::function<bool()>& condition);
    Handover finish(std::size_t old);
    void on_effect(std::size_t i, const model::Effect& effect);
    void on_notice(model::Notice notice, model::Instant at);
    void on_claim(const core::State& successor, model::Instant at);

    boost::asio::io_context& io_;
    model::Duration block_interval_;
    const Way way_;
    test::Authority authority_;
    test::EtcdCluster etcd_;
    Nodes nodes_;
    app::BootClock clock_;
    app::Log log_ = app::Log::silent();
    app::Tasks tasks_;
    etcd::Keys keys_;
    etcd::Client operator_;
    std::array<std::unique_ptr<app::EtcdLink>, kMembers> links_;  ///< as in processes of their own
    std::array<std::unique_ptr<app::Member>, kMembers> members_;
    Handover handover_;
};

}  // namespace elector::bench
