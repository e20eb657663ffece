// What everybody hears who follows along, and what becomes of the slow.
#include "admin/events.hpp"

#include <doctest/doctest.h>

#include "tests/support/run_coroutine.hpp"

using namespace elector::admin;

namespace {

/// All that waits, as one text.
std::string heard(Subscription& reader) {
    std::string text;
    for (auto next = reader.next(); next; next = reader.next()) text += *next;
    return text;
}

}  // namespace

TEST_CASE("every reader hears everything in order, from when it came") {
    boost::asio::io_context io;
    Hub hub(io);
    hub.publish("early", "{}");
    const auto first = hub.subscribe();
    hub.publish("one", "{}");
    const auto second = hub.subscribe();
    hub.publish("two", "{}");
    CHECK(heard(*first) == "id: 2\nevent: one\ndata: {}\n\nid: 3\nevent: two\ndata: {}\n\n");
    CHECK(heard(*second) == "id: 3\nevent: two\ndata: {}\n\n");
    CHECK(heard(*second).empty());
}

TEST_CASE("a line end in what is told begins no new field") {
    CHECK(event_text(7, "notice", "a\nevent: b\r") ==
          "id: 7\nevent: notice\ndata: a event: b \n\n");
}

TEST_CASE("a reader that does not read loses everything, is told so, and has ended") {
    boost::asio::io_context io;
    Hub hub(io);
    const auto slow = hub.subscribe();
    const auto quick = hub.subscribe();
    const std::string kilobyte(1024, 'x');
    for (int i = 0; i < 70; ++i) {
        hub.publish("status", kilobyte);
        CHECK_FALSE(heard(*quick).empty());
    }
    const auto text = heard(*slow);
    CHECK(text.find("event: dropped\n") != std::string::npos);
    CHECK(text.find(kilobyte) == std::string::npos);
    CHECK(slow->ended());
    CHECK_FALSE(quick->ended());
}

TEST_CASE("there are so many readers at most, and one that goes makes room") {
    boost::asio::io_context io;
    Hub hub(io);
    std::vector<std::shared_ptr<Subscription>> all;
    for (std::size_t i = 0; i < Hub::kMostReaders; ++i) all.push_back(hub.subscribe());
    CHECK(hub.subscribe() == nullptr);
    all.pop_back();
    CHECK(hub.subscribe() != nullptr);
    all.clear();
    CHECK_FALSE(hub.has_readers());
}

TEST_CASE("whoever waits is woken by what is told, and by the end") {
    boost::asio::io_context io;
    Hub hub(io);
    const auto reader = hub.subscribe();
    bool woken = false;
    boost::asio::co_spawn(io, reader->wait(), [&](std::exception_ptr) { woken = true; });
    io.poll();
    CHECK_FALSE(woken);
    hub.publish("one", "{}");
    elector::test::run_until(io, [&] { return woken; });
    CHECK_FALSE(reader->ended());
    hub.close("{}");
    CHECK(heard(*reader).ends_with("event: closed\ndata: {}\n\n"));
    CHECK(reader->ended());
}

TEST_CASE("whoever follows one group hears of that one, and everybody of the end") {
    boost::asio::io_context io;
    Hub hub(io);
    const auto west = hub.subscribe("west");
    const auto all = hub.subscribe();
    hub.publish("one", "{}", "west");
    hub.publish("two", "{}", "east");
    hub.publish_only("west", "three", "{}");
    hub.publish_only({}, "four", "{}");
    CHECK(hub.followed() == std::set<std::string>{"", "west"});
    CHECK(heard(*west) == "id: 1\nevent: one\ndata: {}\n\nid: 3\nevent: three\ndata: {}\n\n");
    CHECK(heard(*all) ==
          "id: 1\nevent: one\ndata: {}\n\nid: 2\nevent: two\ndata: {}\n\n"
          "id: 4\nevent: four\ndata: {}\n\n");
    hub.close("{}");
    for (const auto& reader : {west, all})
        CHECK(heard(*reader).find("event: closed\n") != std::string::npos);
}
