// Owns the Prometheus metrics of all groups (docs/metrics.md lists them). What is a state is read
// at a scrape; what is an occurrence is counted when it happens, in constant time.
// Must never be read by anything that decides. Thread rule: the io_context's thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "admin/host.hpp"
#include "admin/tally.hpp"

namespace elector::admin {

class Metrics {
  public:
    /// Groups that are written in one turn of the loop, of one name.
    static constexpr std::size_t kGroupsAtOnce = 64;

    explicit Metrics(std::string_view version, std::size_t groups = 1)
        : version_(version), tallies_(groups) {}

    /// Before it runs. `group`: its place in the file.
    void on_effect(std::size_t group, const model::Effect& effect, model::Instant now) {
        tallies_[group].on_effect(effect, now);
    }
    /// Before the core hears of it.
    void on_event(std::size_t group, const model::Event& event, model::Instant now) {
        tallies_[group].on_event(event, now);
    }
    /// One attempt at one endpoint has ended. `method` as in "KV/Txn".
    void on_rpc(std::string_view method, std::string_view endpoint, int grpc_code);
    void on_reload(bool applied) { ++(applied ? applied_ : refused_); }

    /// All of them in Prometheus' text format; the loop turns in between.
    boost::asio::awaitable<std::string> text(const House& house);

  private:
    friend struct Names;
    struct Rpc {
        std::string method;
        int code;
        std::uint64_t count;
    };
    struct Endpoint {
        std::string address;
        bool up;
    };
    /// A notification's target. One that a reload has replaced counts anew, and on here.
    struct Told {
        notify::Counters shown;
        notify::Counters seen;
    };
    void read_told(const std::vector<notify::Standing>& standings);

    std::string version_;
    std::vector<Tally> tallies_;
    std::vector<Rpc> rpcs_;
    std::vector<Endpoint> endpoints_;
    std::uint64_t applied_ = 0;
    std::uint64_t refused_ = 0;
    std::map<std::string, Told> told_;
};

}  // namespace elector::admin
