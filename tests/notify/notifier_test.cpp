// Several targets side by side, brought to life by a way of delivery that the test plays.
#include "notify/notifier.hpp"

#include <algorithm>
#include <map>

#include <boost/asio/co_spawn.hpp>

#include <doctest/doctest.h>

using namespace elector::notify;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

Message named(const std::string& event, Severity severity = Severity::kAlarm) {
    Message m;
    m.event = event;
    m.severity = severity;
    return m;
}

Target target(const std::string& name, std::vector<std::string> events = {"alarm"}) {
    Target t;
    t.name = name;
    t.webhook.host = name;
    t.events = std::move(events);
    return t;
}

/// Says when it is called back.
struct Attempt : Delivery {
    explicit Attempt(std::function<void()> gone) : gone_(std::move(gone)) {}
    ~Attempt() override { gone_(); }
    std::function<void()> gone_;
};

struct World {
    asio::io_context io;
    std::vector<std::string> begun;  ///< "target:event"
    std::vector<std::string> told;
    std::map<std::string, Delivery::Done> open;
    Notifier notifier;

    World()
        : notifier(
              io,
              [this](const Trouble& t) {
                  told.push_back(t.target + ":" + std::to_string(static_cast<int>(t.kind)) + ":" +
                                 t.error);
              },
              quick(),
              [this](asio::io_context&, const Target& t, const Message& m, Delivery::Done done) {
                  begun.push_back(t.name + ":" + m.event);
                  open[t.name] = std::move(done);
                  return std::make_unique<Attempt>([this, name = t.name] { open.erase(name); });
              }) {}

    static Pace quick() {
        Pace pace;
        pace.attempts = 2;
        pace.first = pace.longest = 1ms;
        return pace;
    }

    void turn() {
        io.restart();
        io.poll();
    }
    void until_begun(std::size_t count) {
        io.restart();
        while (begun.size() < count) REQUIRE(io.run_one_for(5s) == 1);
    }
    void answer(const std::string& name, const Outcome& outcome) {
        REQUIRE(open.contains(name));
        const auto done = open[name];
        done(outcome);
    }
    void close(std::chrono::milliseconds limit) {
        bool closed = false;
        auto task = notifier.close(limit);
        asio::co_spawn(io, std::move(task), [&closed](std::exception_ptr) { closed = true; });
        io.restart();
        io.run();
        CHECK(closed);
    }
};

const Outcome kArrived{true, false, ""};
const Outcome kBroken{false, true, "broken"};
using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("each target hears what it wants, in order, one at a time") {
    World w;
    w.notifier.set({target("a"), target("b", {"role", "warning"})});
    CHECK(w.notifier.wanted("x", Severity::kWarning));
    CHECK(!w.notifier.wanted("x", Severity::kInfo));
    w.notifier.tell(named("one"));
    w.notifier.tell(named("role_change", Severity::kInfo));
    w.notifier.tell(named("two"));
    CHECK(w.begun.empty());  // telling sends nothing by itself
    w.turn();
    w.turn();
    std::sort(w.begun.begin(), w.begun.end());  // there is no order between targets
    CHECK(w.begun == Texts{"a:one", "b:role_change"});
    w.answer("a", kArrived);
    w.turn();
    CHECK(w.begun == Texts{"a:one", "b:role_change", "a:two"});
}

TEST_CASE("a target that hangs costs nothing but its own line") {
    World w;
    w.notifier.set({target("hangs"), target("works")});
    for (const char* event : {"one", "two", "three"}) {
        w.notifier.tell(named(event));
        w.turn();
        w.answer("works", kArrived);
    }
    std::erase(w.begun, "hangs:one");
    CHECK(w.begun == Texts{"works:one", "works:two", "works:three"});
    CHECK(w.notifier.standings() ==
          std::vector<Standing>{{"hangs", {0, 0, 0}, 3, ""}, {"works", {3, 0, 0}, 0, ""}});
    CHECK(w.told.empty());
}

TEST_CASE("trouble is told once, and its end") {
    World w;
    w.notifier.set({target("a")});
    w.notifier.tell(named("one"));
    w.notifier.tell(named("two"));
    for (std::size_t attempt = 1; attempt <= 3; ++attempt) {
        w.until_begun(attempt);
        w.answer("a", kBroken);
    }
    CHECK(w.told == Texts{"a:0:broken", "a:2:broken"});
    CHECK(w.notifier.standings() == std::vector<Standing>{{"a", {0, 3, 1}, 1, "broken"}});
    w.until_begun(4);
    w.answer("a", kArrived);
    CHECK(w.begun == Texts{"a:one", "a:one", "a:two", "a:two"});
    CHECK(w.told.back() == "a:1:");
    CHECK(w.notifier.standings() == std::vector<Standing>{{"a", {1, 3, 1}, 0, ""}});
}

TEST_CASE("other targets take effect at once; who stays goes on where he was") {
    World w;
    w.notifier.set({target("stays"), target("goes")});
    w.notifier.tell(named("one"));
    w.notifier.tell(named("two"));
    w.turn();
    auto changed = target("stays", {"warning"});
    changed.timeout = 7s;
    w.notifier.set({target("comes"), changed});
    CHECK(!w.open.contains("goes"));
    w.answer("stays", kArrived);
    w.notifier.tell(named("three"));
    w.turn();
    std::sort(w.begun.begin(), w.begun.end());
    CHECK(w.begun == Texts{"comes:three", "goes:one", "stays:one", "stays:two"});
}

TEST_CASE("at the end those who work are waited for") {
    World w;
    w.notifier.set({target("works"), target("fails")});
    w.notifier.tell(named("one"));
    w.turn();
    w.answer("fails", {false, true, "broken"});
    asio::post(w.io, [&w] { w.answer("works", kArrived); });
    w.close(1h);
    CHECK(w.notifier.standings()[0].counters == Counters{1, 0, 0});
    w.notifier.tell(named("late"));
    w.turn();
    CHECK(w.open.empty());
}

TEST_CASE("at the end nobody is waited for longer than allowed, and nothing goes on") {
    World w;
    w.notifier.set({target("hangs")});
    w.notifier.tell(named("one"));
    w.turn();
    CHECK(w.open.size() == 1);
    w.close(10ms);
    CHECK(w.open.empty());
}
