// What is told, byte by byte, and who wants to hear it.
#include "notify/message.hpp"

#include <doctest/doctest.h>

#include "app/telling.hpp"
#include "config/values.hpp"
#include "model/notice.hpp"

using namespace elector;
using namespace elector::notify;

namespace {

Message message() {
    return {"2026-08-01T10:00:00.123Z",
            "role_change",
            Severity::kInfo,
            "/iotex-server",
            "delegate-a",
            "leader",
            42,
            "claimed",
            "The holder record is claimed; the node may be activated.",
            "from=candidate, to=leader",
            "standby"};
}

}  // namespace

TEST_CASE("the generic form has every field in a fixed order") {
    CHECK(written(message(), Format::kJson) ==
          "{\"v\":1,\"at\":\"2026-08-01T10:00:00.123Z\",\"event\":\"role_change\","
          "\"severity\":\"info\",\"group\":\"/iotex-server\",\"member\":\"delegate-a\","
          "\"role\":\"leader\",\"term\":42,\"reason\":\"claimed\",\"sentence\":\"The holder record "
          "is claimed; the node may be activated.\",\"detail\":\"from=candidate, to=leader\","
          "\"node\":\"standby\",\"lost_before\":0}");
}

TEST_CASE("the form for chat programs is one text") {
    CHECK(
        written(message(), Format::kSlack) ==
        "{\"text\":\"[info] delegate-a (/iotex-server): role_change claimed: The holder record is "
        "claimed; the node may be activated. (from=candidate, to=leader) [role leader, term 42, "
        "node standby, 2026-08-01T10:00:00.123Z]\"}");
    Message bare{"T", "dump", Severity::kError, "/k", "a", "follower", 0, "", "", "", "unknown", 3};
    CHECK(written(bare, Format::kSlack) ==
          "{\"text\":\"[error] a (/k): dump [role follower, node unknown, T] 3 earlier messages "
          "were lost.\"}");
}

TEST_CASE("a name cannot call a whole channel") {
    auto m = message();
    m.member = "<!channel> & \"co\"";
    CHECK(
        written(m, Format::kSlack)
            .starts_with("{\"text\":\"[info] &lt;!channel&gt; &amp; \\\"co\\\" (/iotex-server): "));
}

TEST_CASE("long words are cut between letters") {
    auto m = message();
    m.detail = std::string(1999, 'x') + "\xc3\xa9" + std::string(100, 'y');
    const auto text = written(m, Format::kJson);
    CHECK(text.find("\"detail\":\"" + std::string(1999, 'x') + "...\"") != std::string::npos);
}

TEST_CASE("a command gets the same in its environment") {
    const std::vector<std::pair<std::string, std::string>> expected{
        {"ELECTOR_AT", "2026-08-01T10:00:00.123Z"},
        {"ELECTOR_EVENT", "role_change"},
        {"ELECTOR_SEVERITY", "info"},
        {"ELECTOR_GROUP", "/iotex-server"},
        {"ELECTOR_NAME", "delegate-a"},
        {"ELECTOR_ROLE", "leader"},
        {"ELECTOR_TERM", "42"},
        {"ELECTOR_REASON", "claimed"},
        {"ELECTOR_SENTENCE", "The holder record is claimed; the node may be activated."},
        {"ELECTOR_DETAIL", "from=candidate, to=leader"},
        {"ELECTOR_NODE", "standby"},
        {"ELECTOR_LOST_BEFORE", "0"}};
    CHECK(variables(message()) == expected);
}

TEST_CASE("where the file has tables, the group's is named beside its election key") {
    auto m = message();
    m.table = "west";
    CHECK(written(m, Format::kJson).ends_with("\"lost_before\":0,\"table\":\"west\"}"));
    CHECK(written(m, Format::kSlack)
              .starts_with("{\"text\":\"[info] delegate-a (west, /iotex-server): "));
    CHECK(variables(m).back() == std::pair<std::string, std::string>{"ELECTOR_TABLE", "west"});
    CHECK(variables(m).size() == variables(message()).size() + 1);
}

TEST_CASE("events are asked for by class or by name") {
    using S = Severity;
    CHECK(wanted({"role"}, "role_change", S::kInfo));
    CHECK(wanted({"role_change"}, "role_change", S::kInfo));
    CHECK(!wanted({"role", "alarm"}, "active", S::kInfo));
    CHECK(wanted({"alarm"}, "cluster_pin", S::kAlarm));
    CHECK(!wanted({"alarm"}, "reload_refused", S::kError));
    CHECK(wanted({"warning"}, "reload_refused", S::kError));
    CHECK(wanted({"warning"}, "node_dead", S::kWarning));
    CHECK(!wanted({"warning"}, "unfenced", S::kAlarm));
    CHECK(wanted({"node"}, "node_dead", S::kWarning));
    CHECK(wanted({"node"}, "active", S::kInfo));
    CHECK(!wanted({"node"}, "waiting", S::kInfo));
    CHECK(wanted({"alarm", "waiting"}, "waiting", S::kInfo));
    CHECK(!wanted({}, "unfenced", S::kAlarm));
}

TEST_CASE("every class that a configuration may name hears something of its own") {
    for (const auto known : config::kNotifyClasses) {
        const std::string name(known);
        CAPTURE(name);
        bool any = wanted({name}, "role_change", Severity::kInfo);
        for (const auto& row : model::notice_table()) {
            const auto severity = row.severity == model::Severity::kAlarm     ? Severity::kAlarm
                                  : row.severity == model::Severity::kWarning ? Severity::kWarning
                                                                              : Severity::kInfo;
            any = any || wanted({name}, row.name, severity);
        }
        CHECK(any);
        CHECK(!wanted({name}, name, Severity::kInfo));
    }
}

TEST_CASE("a line of the log becomes a message with the same words") {
    auto m = app::message_of(app::Level::kInfo, "role_change",
                             {{"from", "leader"},
                              {"to", "draining"},
                              {"reason", "shutdown"},
                              {"term", "42"},
                              {"why", "Shutting down."}});
    Message expected;
    expected.event = "role_change";
    expected.role = "draining";
    expected.term = 42;
    expected.reason = "shutdown";
    expected.sentence = "Shutting down.";
    expected.detail = "from=leader, to=draining";
    CHECK(m == expected);
    m = app::message_of(app::Level::kError, "deposed",
                        {{"alarm", "true"}, {"detail", "b"}, {"error", "x"}});
    expected = {};
    expected.event = "deposed";
    expected.severity = Severity::kAlarm;
    expected.detail = "b, error=x";
    CHECK(m == expected);
}
