// Owns endpoint parsing and rotation. Must never start an RPC. Thread rule: the io_context's
// thread.
#include "etcd/endpoints.hpp"

#include <algorithm>
#include <charconv>

namespace elector::etcd {
namespace {

constexpr std::string_view kPlain = "http://";
constexpr std::string_view kEncrypted = "https://";

Error malformed(std::string_view endpoint, std::string_view why) {
    Error error;
    error.kind = ErrorKind::kInvalid;
    error.text = "cannot use etcd endpoint \"" + std::string(endpoint) + "\": " + std::string(why);
    return error;
}

bool is_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
    return failure == std::errc() && end == text.data() + text.size() && port > 0 && port < 65536;
}

bool is_host(std::string_view text) {
    const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
    if (bracketed) text = text.substr(1, text.size() - 2);
    const std::string_view forbidden = bracketed ? " /@?#[]\t" : " /@?#[]:\t";
    return !text.empty() && text.find_first_of(forbidden) == std::string_view::npos;
}

}  // namespace

Result<std::string> parse_endpoint(std::string_view text) {
    const std::string_view scheme = text.starts_with(kEncrypted) ? kEncrypted : kPlain;
    std::string_view rest = text;
    if (rest.starts_with(scheme)) rest.remove_prefix(scheme.size());
    if (rest.ends_with('/')) rest.remove_suffix(1);
    const std::size_t colon = rest.rfind(':');
    if (colon == std::string_view::npos || !is_port(rest.substr(colon + 1)) ||
        !is_host(rest.substr(0, colon))) {
        return malformed(text, "not of the form http://host:port or https://host:port");
    }
    return std::string(scheme) + std::string(rest);
}

namespace {

Result<std::vector<std::string>> parse_all(const std::vector<std::string>& endpoints) {
    if (endpoints.empty()) return malformed("", "there is none; name at least one");
    std::vector<std::string> names;
    for (const auto& text : endpoints) {
        auto name = parse_endpoint(text);
        if (!name) return name.error();
        if (std::find(names.begin(), names.end(), *name) != names.end())
            return malformed(text, "it is named twice");
        const bool mixed =
            !names.empty() && names.front().starts_with(kPlain) != name->starts_with(kPlain);
        if (mixed) return malformed(text, "http:// and https:// cannot be mixed");
        names.push_back(std::move(*name));
    }
    return names;
}

}  // namespace

Result<std::vector<ChannelPtr>> Endpoints::prepare(const Access& access) const {
    const auto names = parse_all(access.endpoints);
    if (!names) return names.error();
    const bool same_making = access.tls == tls_ && access.dial_timeout == dial_timeout_;
    std::vector<ChannelPtr> channels;
    for (const auto& name : *names) {
        ChannelPtr channel = same_making ? present(name) : nullptr;
        if (!channel) channel = transport_.connect(name, access.tls, access.dial_timeout);
        channels.push_back(std::move(channel));
    }
    return channels;
}

void Endpoints::adopt(std::vector<ChannelPtr> channels, const Access& access) {
    const std::string was = channels_.empty() ? std::string() : endpoint_of(*preferred());
    channels_ = std::move(channels);
    tls_ = access.tls;
    dial_timeout_ = access.dial_timeout;
    preferred_ = 0;
    prefer(present(was));
}

ChannelPtr Endpoints::present(const std::string& endpoint) const {
    for (const auto& channel : channels_) {
        if (endpoint_of(*channel) == endpoint) return channel;
    }
    return nullptr;
}

Result<ChannelPtr> Endpoints::channel_for(std::string_view endpoint) const {
    const auto parsed = parse_endpoint(endpoint);
    if (!parsed) return parsed.error();
    ChannelPtr channel = present(*parsed);
    if (!channel) channel = transport_.connect(*parsed, tls_, dial_timeout_);
    return channel;
}

const ChannelPtr& Endpoints::after(const ChannelPtr& channel) const {
    const std::size_t index = find(channel);
    return index < channels_.size() ? channels_[(index + 1) % channels_.size()] : preferred();
}

void Endpoints::report_failure(const ChannelPtr& channel) {
    if (preferred() == channel) preferred_ = (preferred_ + 1) % channels_.size();
}

void Endpoints::prefer(const ChannelPtr& channel) {
    const std::size_t index = find(channel);
    if (index < channels_.size()) preferred_ = index;
}

std::vector<std::string> Endpoints::names() const {
    std::vector<std::string> names;
    for (const auto& channel : channels_) names.push_back(endpoint_of(*channel));
    return names;
}

std::size_t Endpoints::find(const ChannelPtr& channel) const {
    return static_cast<std::size_t>(std::find(channels_.begin(), channels_.end(), channel) -
                                    channels_.begin());
}

}  // namespace elector::etcd
