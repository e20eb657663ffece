#include "admin/events.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace elector::admin {
namespace asio = boost::asio;

std::string event_text(std::uint64_t id, std::string_view event, std::string_view data) {
    std::string line(data);
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return "id: " + std::to_string(id) + "\nevent: " + std::string(event) + "\ndata: " + line +
           "\n\n";
}

std::shared_ptr<const std::string> Subscription::next() {
    if (waiting_.empty()) return nullptr;
    auto text = std::move(waiting_.front());
    waiting_.pop_front();
    bytes_ -= text->size();
    return text;
}

asio::awaitable<void> Subscription::wait() {
    if (!waiting_.empty() || ended_) co_return;
    changed_.expires_at(asio::steady_timer::time_point::max());
    co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
}

void Subscription::end() {
    ended_ = true;
    changed_.cancel();
}

void Subscription::add(std::shared_ptr<const std::string> text) {
    if (ended_) return;
    bytes_ += text->size();
    waiting_.push_back(std::move(text));
    changed_.cancel();
}

std::size_t Hub::readers() {
    std::erase_if(readers_, [](const auto& reader) { return reader.expired(); });
    return readers_.size();
}

bool Hub::has_readers() { return readers() > 0; }

std::shared_ptr<Subscription> Hub::subscribe(std::string group) {
    if (readers() >= kMostReaders) return nullptr;
    auto reader = std::make_shared<Subscription>(io_, std::move(group));
    readers_.push_back(reader);
    return reader;
}

std::set<std::string> Hub::followed() {
    std::set<std::string> groups;
    for (const auto& weak : readers_)
        if (const auto reader = weak.lock()) groups.insert(reader->group_);
    return groups;
}

void Hub::publish(std::string_view event, std::string_view data, std::string_view group) {
    ++last_id_;
    if (!has_readers()) return;
    const auto text = std::make_shared<const std::string>(event_text(last_id_, event, data));
    for (const auto& weak : readers_) {
        const auto reader = weak.lock();
        const bool wants = reader && (reader->group_.empty() || reader->group_ == group);
        if (wants) give(*reader, text);
    }
}

void Hub::publish_only(std::string_view group, std::string_view event, std::string_view data) {
    ++last_id_;
    const auto text = std::make_shared<const std::string>(event_text(last_id_, event, data));
    for (const auto& weak : readers_) {
        const auto reader = weak.lock();
        if (reader && reader->group_ == group) give(*reader, text);
    }
}

void Hub::give(Subscription& reader, const std::shared_ptr<const std::string>& text) {
    if (reader.ended_) return;
    if (reader.bytes_ + text->size() <= kMostBytes) return reader.add(text);
    // What waits is void: whoever reads it would take old news for new.
    reader.waiting_.clear();
    reader.bytes_ = 0;
    reader.add(std::make_shared<const std::string>(
        event_text(last_id_, "dropped", R"({"why":"this reader is too slow; connect again"})")));
    reader.end();
}

void Hub::close(std::string_view why) {
    const auto groups = followed();
    for (const auto& group : groups) publish_only(group, "closed", why);
    for (const auto& weak : readers_)
        if (const auto reader = weak.lock()) reader->end();
}

}  // namespace elector::admin
