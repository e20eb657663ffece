// The rules between keys, and the ranges of single ones: one row per rule, whole messages compared.
#include <doctest/doctest.h>

#include "config/support.hpp"

using namespace elector::config;
using namespace elector::config::testing;

namespace {

struct Rule {
    std::string text;
    Lines problems;
};

void check_all(const std::vector<Rule>& rules) {
    for (const Rule& rule : rules) {
        CAPTURE(rule.text);
        CHECK(problems_of(rule.text) == rule.problems);
    }
}

/// A problem in the second line of a two-line text, whose value begins after `key = `.
Lines second_line(const std::string& key, const std::string& message) {
    const std::size_t leaf = key.size() - key.find('.') - 1;
    return {"elector.toml:2:" + std::to_string(leaf + 4) + ": " + key + " = " + message};
}

Rule accepted(std::string text) { return {std::move(text), {}}; }

}  // namespace

TEST_CASE("a holding must be renewed three times in its life") {
    check_all({
        accepted("[election]\nhold = \"6s\"\nrenew = \"2s\"\n"),
        {"[election]\nhold = \"6s\"\nrenew = \"2001ms\"\n",
         second_line("election.hold",
                     "\"6s\" must be at least 3 x election.renew (\"2.001s\"); "
                     "raise hold or lower renew")},
        {"[election]\nrenew = \"2s\"\n",
         second_line("election.renew",
                     "\"2s\" must be at most a third of election.hold (\"5s\", "
                     "the default); lower renew or raise hold")},
    });
}

TEST_CASE("hold is whole seconds between etcd's minimum and the longest that others assume") {
    check_all({
        accepted("[election]\nhold = \"15s\"\n"),
        {"[election]\nhold = \"4.5s\"\n",
         second_line("election.hold",
                     "\"4.5s\" must be whole seconds; etcd counts leases in seconds")},
        {"[election]\nhold = \"16s\"\n",
         second_line("election.hold", "\"16s\" must be from \"2s\" to \"15s\"")},
        {"[election]\nhold = \"1s\"\n",
         second_line("election.hold", "\"1s\" must be from \"2s\" to \"15s\"")},
    });
}

TEST_CASE("a holding must survive a blip of one and a half seconds") {
    const std::string rule =
        " (hold less drift, renew, 2 x margin and 250 ms); it must be at least 1.5s; raise hold, "
        "or "
        "lower renew or margin";
    check_all({
        // 3 x 0.99 - 0.72 - 0.5 - 0.25 is exactly 1.5 s.
        accepted("[election]\nhold = \"3s\"\nrenew = \"720ms\"\n"),
        {"[election]\nhold = \"3s\"\nrenew = \"721ms\"\n",
         second_line("election.hold", "\"3s\" leaves a blip tolerance of 1.499s" + rule)},
        {"[election]\nhold = \"2s\"\n",
         second_line("election.hold", "\"2s\" leaves a blip tolerance of 830ms" + rule)},
        {"[election]\nmargin = \"1s\"\nrenew = \"1.5s\"\n",
         {"elector.toml:3:9: election.renew = \"1.5s\" leaves a blip tolerance of 1.2s" + rule}},
        accepted("[election]\nhold = \"3s\"\nclock_drift = \"5%\"\n"),
        {"[election]\nhold = \"3s\"\nclock_drift = \"5%\"\nrenew = \"601ms\"\n",
         second_line("election.hold", "\"3s\" leaves a blip tolerance of 1.499s" + rule)},
    });
}

TEST_CASE("the waits must not be under the node's bounds") {
    check_all({
        accepted("[election]\nquiesce = \"11s\"\nsettle = \"6.5s\"\novertime = \"2.5s\"\n"),
        {"[election]\nquiesce = \"10.999s\"\n",
         second_line("election.quiesce",
                     "\"10.999s\" must be at least 4 x node.block_interval + 1 s = \"11s\"; a node "
                     "may still sign that long after it was told to stop")},
        {"[election]\nsettle = \"6.499s\"\n",
         second_line(
             "election.settle",
             "\"6.499s\" must be at least node.block_interval + 1.5 s + election.overtime = "
             "\"6.5s\"; a proposal may be left over that long after a confirmed standby")},
        {"[election]\novertime = \"2.499s\"\n",
         second_line("election.overtime",
                     "\"2.499s\" must be at least 2 s + election.node_skew = \"2.5s\"; a fresh "
                     "activation may join a round that old")},
        // A longer overtime needs a longer settle, a larger skew a longer overtime.
        {"[election]\nsettle = \"6.5s\"\novertime = \"3s\"\n",
         second_line("election.settle",
                     "\"6.5s\" must be at least node.block_interval + 1.5 s + election.overtime = "
                     "\"7s\"; a proposal may be left over that long after a confirmed standby")},
        {"[election]\novertime = \"2.5s\"\nnode_skew = \"600ms\"\n",
         second_line("election.overtime",
                     "\"2.5s\" must be at least 2 s + election.node_skew = \"2.6s\"; a fresh "
                     "activation may join a round that old")},
        {"[election]\nquiesce = \"11s\"\n[node]\nblock_interval = \"5s\"\n",
         second_line("election.quiesce",
                     "\"11s\" must be at least 4 x node.block_interval + 1 s = \"21s\"; a node may "
                     "still sign that long after it was told to stop")},
    });
}

TEST_CASE("timing values have ranges of their own") {
    check_all({
        {"[election]\nmargin = \"99ms\"\n",
         second_line("election.margin", "\"99ms\" must be from \"100ms\" to \"1s\"")},
        {"[election]\nmargin = \"1001ms\"\n",
         second_line("election.margin", "\"1001ms\" must be from \"100ms\" to \"1s\"")},
        {"[election]\nnode_skew = \"0s\"\n",
         second_line("election.node_skew", "\"0s\" must be from \"50ms\" to \"5s\"")},
        {"[election]\nrenew = \"50ms\"\n",
         second_line("election.renew", "\"50ms\" must be from \"100ms\" to \"5s\"")},
        {"[etcd]\nrequest_timeout = \"249ms\"\n",
         second_line("etcd.request_timeout", "\"249ms\" must be from \"250ms\" to \"2.5s\"")},
        {"[node]\npoll_interval = \"499ms\"\n",
         second_line("node.poll_interval", "\"499ms\" must be from \"500ms\" to \"10s\"")},
    });
}

TEST_CASE("the clock drift is a percentage over 0 and up to 5") {
    const std::string form = " must be a percentage in quotes, such as \"1%\" or \"0.5%\"";
    const std::string range = " must be more than \"0%\" and at most \"5%\"";
    check_all({
        accepted("[election]\nclock_drift = \"5%\"\n"),
        accepted("[election]\nclock_drift = \"0.0001%\"\n"),
        {"[election]\nclock_drift = \"0%\"\n",
         second_line("election.clock_drift", "\"0%\"" + range)},
        {"[election]\nclock_drift = \"5.0001%\"\n",
         second_line("election.clock_drift", "\"5.0001%\"" + range)},
        {"[election]\nclock_drift = \"0.00001%\"\n",
         second_line("election.clock_drift", "\"0.00001%\" has more than four decimals")},
        {"[election]\nclock_drift = \"0.01\"\n",
         second_line("election.clock_drift", "\"0.01\"" + form)},
        {"[election]\nclock_drift = \"-1%\"\n",
         second_line("election.clock_drift", "\"-1%\"" + form)},
        {"[election]\nclock_drift = \"1.%\"\n",
         second_line("election.clock_drift", "\"1.%\"" + form)},
        {"[election]\nclock_drift = \"%\"\n", second_line("election.clock_drift", "\"%\"" + form)},
        {"[election]\nclock_drift = \"nan%\"\n",
         second_line("election.clock_drift", "\"nan%\"" + form)},
    });
}

TEST_CASE("request time-outs leave room for what they wait for") {
    check_all({
        accepted("[etcd]\nrequest_timeout = \"833ms\"\n"),
        {"[etcd]\nrequest_timeout = \"834ms\"\n",
         second_line("etcd.request_timeout",
                     "\"834ms\" must be at most a sixth of election.hold (\"5s\", the default); a "
                     "lost reply must leave time for other endpoints")},
        accepted("[node]\nrequest_timeout = \"3.5s\"\n"),
        {"[node]\nrequest_timeout = \"3.499s\"\n",
         second_line("node.request_timeout",
                     "\"3.499s\" must be at least node.block_interval + 1 s = \"3.5s\"; a healthy "
                     "node may take that long to answer")},
        {"[health]\nmax_tip_age = \"4s\"\n",
         second_line("health.max_tip_age",
                     "\"4s\" must be at least 2 x node.block_interval = \"5s\"; a healthy node's "
                     "newest block may be older than one interval")},
    });
}

TEST_CASE("names and keys that would break the layout in etcd are refused") {
    const std::string longest(64, 'n');
    check_all({
        accepted("[member]\nname = \"" + longest + "\"\n"),
        {"[member]\nname = \"" + longest + "n\"\n",
         second_line("member.name",
                     "\"" + longest.substr(0, 60) + "\"... is longer than 64 bytes")},
        {"[member]\nname = \"\"\n", second_line("member.name", "\"\" must not be empty")},
        {"[member]\nname = \"a\\u0007\"\n",
         second_line("member.name", "\"a\\u0007\" must not contain control characters")},
        {"[member]\nname = \" a\"\n",
         second_line("member.name", "\" a\" must not begin or end with a space")},
        accepted("[election]\nkey = \"no-slash\"\n"),
        {"[election]\nkey = \"\"\n", second_line("election.key", "\"\" must not be empty")},
        {"[election]\nkey = \"/a/\"\n",
         second_line("election.key",
                     "\"/a/\" must not end in \"/\"; candidates queue under the key plus \"/\"")},
        {"[election]\nkey = \"/a.d\"\n",
         second_line(
             "election.key",
             "\"/a.d\" must not end in \".d\"; that ending is kept for the group's records")},
    });
}

TEST_CASE("failback is manual or after a time") {
    check_all({
        accepted("[election]\nfailback = \"after 5s\"\n"),
        accepted("[election]\nfailback = \"after 24h\"\n"),
        {"[election]\nfailback = \"after 4s\"\n",
         second_line("election.failback", "\"after 4s\" must wait between \"5s\" and \"24h\"")},
        {"[election]\nfailback = \"auto\"\n",
         second_line("election.failback",
                     "\"auto\" must be \"manual\" or for example \"after 10m\"")},
    });
}

TEST_CASE("the node is on this host and each of its ports is another one") {
    const std::string far = "; a node elsewhere could go on signing when this host is lost";
    check_all({
        {"[node]\nadmin = \"http://iotex:9009\"\n",
         second_line("node.admin",
                     "\"http://iotex:9009\" must be on this host's loopback, for "
                     "example \"http://127.0.0.1:9009\"" +
                         far)},
        {"[node]\nweb3 = \"http://192.0.2.1:15014\"\n",
         second_line("node.web3",
                     "\"http://192.0.2.1:15014\" must be on this host's loopback, for "
                     "example \"http://127.0.0.1:15014\"" +
                         far + "; or \"auto\", or \"\" for none")},
        {"[node]\nprobe = \"https://127.0.0.1:8080\"\n",
         second_line("node.probe",
                     "\"https://127.0.0.1:8080\" must begin with http://; the node speaks no TLS")},
        {"[node]\nprobe = \"http://127.0.0.1:9009\"\n",
         second_line("node.probe",
                     "\"http://127.0.0.1:9009\" must differ from node.admin "
                     "(\"http://127.0.0.1:9009\", the default); they are two ports of "
                     "the node")},
        {"[node]\nweb3 = \"http://127.0.0.1:8080\"\n",
         second_line("node.web3",
                     "\"http://127.0.0.1:8080\" must differ from node.admin and node.probe")},
    });
}

TEST_CASE("etcd endpoints are one list of one kind") {
    check_all({
        {"[etcd]\nendpoints = []\n",
         second_line("etcd.endpoints", "[] must name at least one address")},
        {"[etcd]\nendpoints = [\"http://127.0.0.1:1\", \"https://127.0.0.1:2\"]\n",
         second_line("etcd.endpoints", "[...] must be all http:// or all https://")},
        {"[etcd]\nendpoints = \"http://127.0.0.1:1\"\n",
         second_line("etcd.endpoints",
                     "\"http://127.0.0.1:1\" must be a list of texts, for example endpoints = "
                     "[\"http://127.0.0.1:2379\"] (found a text)")},
        {"[etcd]\nserver_name = \"s\"\n",
         second_line("etcd.server_name",
                     "\"s\" would have no effect: etcd.endpoints are http://; write https://")},
        {"[etcd]\nusername = \"u\"\n",
         second_line("etcd.username",
                     "\"u\" needs a password: set etcd.password_file or $ELECTOR_ETCD_PASSWORD")},
    });
}

TEST_CASE("no guardian only with a fence that must succeed, no fence without a command") {
    check_all({
        {"[guardian]\nenabled = false\n",
         second_line("guardian.enabled",
                     "false is refused unless fence.policy is \"require\": nothing else would stop "
                     "the node when the elector fails")},
        {"[fence]\npolicy = \"try\"\n", second_line("fence.policy", "\"try\" needs fence.command")},
        {"[fence]\npolicy = \"require\"\ncommand = []\n",
         second_line("fence.policy", "\"require\" needs fence.command")},
    });
}

TEST_CASE("an api that others can reach needs a token and TLS") {
    check_all({
        accepted("[api]\nlisten = \"\"\n"),
        accepted("[api]\nlisten = \"[::1]:0\"\n"),
        {"[api]\nlisten = \"0.0.0.0:9010\"\n",
         second_line("api.listen",
                     "\"0.0.0.0:9010\" can be reached from other hosts and needs a token and TLS; "
                     "set api.token_file, api.cert_file and api.key_file, or listen on 127.0.0.1")},
    });
}

TEST_CASE("a notification has one target and something to tell") {
    check_all({
        accepted("[[notify]]\nurl = \"https://h/secret\"\n"),
        {"[[notify]]\ntimeout = \"1s\"\n",
         {"elector.toml:1:1: notify[0] must have either url or command"}},
        {"[[notify]]\nurl = \"https://h/secret\"\nevents = []\n",
         {"elector.toml:3:10: notify[0].events = [] must not be empty"}},
        {"[[notify]]\nurl = \"hooks/secret\"\n[[notify]]\nurl = \"https://h\"\nevent = 1\n",
         {"elector.toml:2:7: notify[0].url = \"...\" must begin with http:// or https://",
          "elector.toml:5:1: unknown key notify[1].event; did you mean \"events\"?"}},
        {"[[notify]]\nurl = \"https://h\"\nevents = [\"alarms\"]\n",
         {"elector.toml:3:11: notify[0].events[0] = \"alarms\" must be \"role\", \"alarm\", "
          "\"warning\" or \"node\", or the name of an event of the election; did you mean "
          "\"alarm\"?"}},
        {"[[notify]]\nurl = \"https://h\"\nevents = [\"role\", \"double_activ\"]\n",
         {"elector.toml:3:19: notify[0].events[1] = \"double_activ\" must be \"role\", \"alarm\", "
          "\"warning\" or \"node\", or the name of an event of the election; did you mean "
          "\"double_active\"?"}},
        accepted(
            "[[notify]]\nurl = \"https://h\"\nevents = [\"double_active\", \"role_change\"]\n"),
        {"[[notify]]\nurl = \"https://h\"\nformat = \"slak\"\n",
         {"elector.toml:3:10: notify[0].format = \"slak\" must be \"json\" or \"slack\"; did you "
          "mean "
          "\"slack\"?"}},
        {"[[notify]]\nurl = \"http://h\"\nca_file = \"/c/ca\"\n",
         {"elector.toml:3:11: notify[0].ca_file = \"/c/ca\" cannot be read: No such file or "
          "directory",
          "elector.toml:3:11: notify[0].ca_file = \"/c/ca\" would have no effect: there is no "
          "https:// "
          "url beside it"}},
    });
}

TEST_CASE("the address of a notification has a host, and no user") {
    const auto fault = [](const std::string& url, const std::string& why) {
        return Rule{"[[notify]]\nurl = \"" + url + "\"\n",
                    {"elector.toml:2:7: notify[0].url = \"...\" " + why}};
    };
    check_all({
        accepted("[[notify]]\nurl = \"HTTPS://[::1]:8443/a?b#c\"\n"),
        fault("https://", "has no host"),
        fault("https:///x", "has no host"),
        fault("https://u:p@h/x", "must not carry a user or a password; use token_file"),
        fault("https://h:0/x", "has a bad port; it must be a number from 1 to 65535"),
        fault("https://h h/x", "must hold no spaces, and nothing but ASCII; write %20 for a space"),
        fault("https://a_b!/x", "has no valid host"),
    });
}

TEST_CASE("a value that is wrong by itself is not compared with others") {
    check_all({
        {"[election]\nhold = 5\nrenew = \"4s\"\n",
         {"elector.toml:2:8: election.hold = 5 must be a duration in quotes, for example hold = "
          "\"5s\" (found an integer)"}},
        {"[election]\nprofile = \"slow\"\nrenew = \"2s\"\n",
         {"elector.toml:2:11: election.profile = \"slow\" must be \"fast\", \"standard\" or "
          "\"wan\""}},
        {"[node]\nblock_interval = \"x\"\n[election]\nquiesce = \"2s\"\n",
         {"elector.toml:2:18: node.block_interval = \"x\" is no duration; write one number and one "
          "unit, such as \"300ms\", \"2.5s\", \"10m\" or \"1h\""}},
    });
}

TEST_CASE("what is allowed but risky is a warning") {
    const std::vector<Rule> rules = {
        {"[election]\nprofile = \"fast\"\n",
         second_line("election.profile",
                     "\"fast\" leaves a blip tolerance of 1.62s; losing the etcd "
                     "leader takes 2.2 to 3 s and may end the holding")},
        {"[election]\nmargin = \"200ms\"\n",
         second_line("election.margin",
                     "\"200ms\" is below \"250ms\": safe only where nothing on "
                     "the host can hold the elector up for longer")},
        {"[election]\nnode_skew = \"100ms\"\n",
         second_line("election.node_skew",
                     "\"100ms\" is below \"500ms\": safe only where time synchronisation is "
                     "watched")},
        {"[election]\nclock_drift = \"0.5%\"\n",
         second_line("election.clock_drift",
                     "\"0.5%\" is below \"1%\": safe only on hosts whose clock rates are known")},
        {"[node]\nblock_interval = \"2s\"\n",
         second_line(
             "node.block_interval",
             "\"2s\" is none of the chain's known intervals (2.5s, 5s, 10s); too short a one "
             "means two signers")},
        {"[node]\npoll_interval = \"500ms\"\n",
         second_line("node.poll_interval",
                     "\"500ms\" is below \"1s\": the node writes a log line for every query")},
        {"[node]\nadmin = \"http://localhost:9009\"\n",
         second_line("node.admin",
                     "\"http://localhost:9009\" names localhost, which may be tried as "
                     "::1; the node binds 127.0.0.1")},
        {"[etcd]\nendpoints = [\"http://etcd:2379\"]\n",
         second_line("etcd.endpoints",
                     "[...] talks to other hosts without TLS: anyone on that "
                     "network can elect a leader")},
    };
    for (const Rule& rule : rules) {
        CAPTURE(rule.text);
        CHECK(problems_of(rule.text) == Lines{});
        CHECK(warnings_of(rule.text) == rule.problems);
        CHECK(load_text(rule.text).config.has_value());
    }
}
