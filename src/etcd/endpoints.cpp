// Owns endpoint parsing and rotation. Must never start an RPC. Thread rule: the io_context's
// thread.
#include "etcd/endpoints.hpp"

#include <algorithm>
#include <charconv>

namespace elector::etcd {
namespace {

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
    constexpr std::string_view kScheme = "http://";
    std::string_view rest = text;
    if (rest.starts_with(kScheme)) rest.remove_prefix(kScheme.size());
    if (rest.find("://") != std::string_view::npos) {
        return malformed(text, "only http:// is supported; write http://host:port");
    }
    if (rest.ends_with('/')) rest.remove_suffix(1);
    const std::size_t colon = rest.rfind(':');
    if (colon == std::string_view::npos || !is_port(rest.substr(colon + 1)) ||
        !is_host(rest.substr(0, colon))) {
        return malformed(text, "not of the form http://host:port");
    }
    return std::string(kScheme) + std::string(rest);
}

Result<void> Endpoints::assign(const std::vector<std::string>& endpoints) {
    if (endpoints.empty()) return malformed("", "there is none; name at least one");
    std::vector<ChannelPtr> channels;
    for (const auto& text : endpoints) {
        auto channel = channel_for(text);
        if (!channel) return channel.error();
        const bool twice = std::any_of(channels.begin(), channels.end(), [&](const auto& other) {
            return endpoint_of(*other) == endpoint_of(**channel);
        });
        if (twice) return malformed(text, "it is named twice");
        channels.push_back(std::move(*channel));
    }
    const ChannelPtr was = channels_.empty() ? nullptr : preferred();
    channels_ = std::move(channels);
    preferred_ = 0;
    prefer(was);
    return {};
}

Result<ChannelPtr> Endpoints::channel_for(std::string_view endpoint) const {
    const auto parsed = parse_endpoint(endpoint);
    if (!parsed) return parsed.error();
    for (const auto& channel : channels_) {
        if (endpoint_of(*channel) == *parsed) return channel;
    }
    return transport_.connect(*parsed, dial_timeout_);
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
