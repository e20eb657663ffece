// Owns the list of endpoints, one channel each, and which of them is preferred now.
// Must never start an RPC. Thread rule: the io_context's thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "etcd/transport.hpp"

namespace elector::etcd {

/// "http://host:port" or "https://host:port" in its canonical form. Accepts "host:port" and a
/// trailing "/"; IPv6 in brackets.
Result<std::string> parse_endpoint(std::string_view text);

class Endpoints {
  public:
    explicit Endpoints(Transport& transport) : transport_(transport) {}

    /// A channel for each endpoint of `access`: the present ones of those that stay as they are.
    Result<std::vector<ChannelPtr>> prepare(const Access& access) const;
    /// What prepare() gave for the same `access`. The preferred endpoint stays so, if it is left.
    void adopt(std::vector<ChannelPtr> channels, const Access& access);

    const ChannelPtr& preferred() const { return channels_[preferred_]; }
    /// The one after `channel` in the ring; the preferred one if `channel` has been removed.
    const ChannelPtr& after(const ChannelPtr& channel) const;
    /// Moves the preference on, if it was this one.
    void report_failure(const ChannelPtr& channel);
    void prefer(const ChannelPtr& channel);
    bool contains(const ChannelPtr& channel) const { return find(channel) < channels_.size(); }
    std::size_t size() const { return channels_.size(); }
    std::vector<std::string> names() const;
    /// The channel of a configured endpoint, or a new one that is not remembered.
    Result<ChannelPtr> channel_for(std::string_view endpoint) const;

  private:
    std::size_t find(const ChannelPtr& channel) const;
    ChannelPtr present(const std::string& endpoint) const;

    Transport& transport_;
    Tls tls_;
    std::chrono::milliseconds dial_timeout_{0};
    std::vector<ChannelPtr> channels_;
    std::size_t preferred_ = 0;
};

}  // namespace elector::etcd
