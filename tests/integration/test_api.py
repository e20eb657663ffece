"""The HTTP API and the metrics of running members, as a client sees them."""
import http.client
import json
import os
import re
import socket
import time
import unittest
from urllib.parse import urlparse

import programs
from case import IntegrationCase, takes

ANY_PORT = {"api": {"listen": "127.0.0.1:0"}}
# Names and labels of the contract.
METRICS = {
    "role": {"role"}, "term": set(), "node_active": set(), "node_up": set(),
    "node_tip_height": set(), "node_lag_blocks": set(), "holding_remaining_seconds": set(),
    "confirm_seconds": set(), "renewals_total": {"result"},
    "role_changes_total": {"from", "to", "reason"}, "handover_phase_seconds": {"phase"},
    "double_active_observed_total": set(), "unfenced": set(), "guardian_up": set(),
    "guardian_actions_total": {"action"}, "etcd_requests_total": {"method", "code"},
    "etcd_endpoint_up": {"endpoint"}, "event_loop_lag_seconds": set(),
    "config_reloads_total": {"result"}, "paused": set(), "build_info": {"version"},
}


def documented():
    """{name: labels} of the table in docs/metrics.md."""
    with open(os.path.join(programs.ROOT, "docs/metrics.md"), encoding="utf-8") as file:
        rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", file.read(), re.M)
    return {name: set(labels.replace(",", " ").split()) for name, labels in rows}


def connection(member):
    at = urlparse(member.api())
    return http.client.HTTPConnection(at.hostname, at.port, timeout=20)


def ask(member, path, method="GET", body=None, **fields):
    """(status, header, text) of one request."""
    line = connection(member)
    try:
        line.request(method, path, body, {k.replace("_", "-"): v for k, v in fields.items()})
        answer = line.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        line.close()


def samples(text):
    """{name: [(labels, value)]} of Prometheus' text format."""
    found = {}
    for line in text.splitlines():
        match = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if not line.startswith("#") and match:
            labels = dict(re.findall(r'(\w+)="([^"]*)"', match[2] or ""))
            found.setdefault(match[1], []).append((labels, float(match[3])))
    return found


class TheApi(IntegrationCase):
    @takes(30)
    def test_who_leads_is_told_by_status_code_and_by_metrics(self):
        with self.world(members=2, settings=ANY_PORT) as world:
            leader = world.start()
            other = world.followers(leader)[0]
            self.assertEqual([ask(m, path)[0] for m in (leader, other)
                              for path in ("/livez", "/readyz", "/leader", "/standby")],
                             [200, 200, 200, 503, 200, 200, 503, 200])
            self.assertEqual(json.loads(ask(other, "/leader")[2])["leader"], False)
            world.wait_for(lambda: "result=\"confirmed\"} 0" not in ask(leader, "/metrics")[2], 10,
                           "confirmation counted")
            self.assertEqual(documented(), METRICS)
            text = ask(leader, "/metrics")[2]
            found = samples(text)
            for name, labels in METRICS.items():
                full = "iotex_elector_" + name
                self.assertIn(f"# HELP {full} ", text)
                rows = found.get(full) or found.get(full + "_count", [])
                if name != "config_reloads_total":
                    self.assertTrue(rows, name)
                for given, _ in rows:
                    self.assertEqual(set(given), labels, name)
            told = {re.sub(r"_(bucket|sum|count)$", "", name) for name in found}
            self.assertEqual(told, {"iotex_elector_" + name for name in METRICS})
            self.assertEqual(found["iotex_elector_node_active"], [({}, 1.0)])
            self.assertEqual(found["iotex_elector_guardian_up"], [({}, 1.0)])
            self.assertIn(({"role": "leader"}, 1.0), found["iotex_elector_role"])
            self.assertGreater(found["iotex_elector_holding_remaining_seconds"][0][1], 0)
            self.assertGreater(found["iotex_elector_confirm_seconds_count"][0][1], 0)

    @takes(25)
    def test_a_taken_port_is_told_and_does_not_keep_the_member_from_leading(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            at = f"127.0.0.1:{taken.getsockname()[1]}"
            with self.world(members=1, settings={"api": {"listen": at}}) as world:
                leader = world.start()
                told = leader.find("api_unavailable", alarm="true")
                self.assertEqual(len(told), 1)
                self.assertIn(at, told[0]["error"])
                self.assertIsNone(leader.api())
                taken.close()
                world.wait_for(leader.api, 5, "API on the port that is free now")
                self.assertEqual(ask(leader, "/leader")[0], 200)

    @takes(25)
    def test_what_is_not_there_or_not_allowed_is_refused_with_the_next_step(self):
        with self.world(members=1, settings=ANY_PORT) as world:
            leader = world.start()
            here = urlparse(leader.api()).netloc
            refused = [ask(leader, "/nothing"), ask(leader, "/livez", "POST"),
                       ask(leader, "/reload"), ask(leader, "/reload", "POST", Host="evil.example"),
                       ask(leader, "/reload", "POST", Origin="http://evil.example"),
                       ask(leader, "/reload", "POST", "x"), ask(leader, "/" + "x" * 9000),
                       ask(leader, "/reload", "POST", b"x" * (64 * 1024 + 1))]
            self.assertEqual([r[0] for r in refused], [404, 405, 405, 403, 403, 415, 431, 413])
            self.assertEqual(refused[1][1]["Allow"], "GET, HEAD")
            self.assertEqual(refused[2][1]["Allow"], "POST")
            for _, _, text in refused:
                self.assertEqual(sorted(json.loads(text)), ["error", "next"])
            head = ask(leader, "/livez", "HEAD")
            self.assertEqual((head[0], head[2]), (200, ""))
            self.assertEqual(head[1]["Content-Length"], str(len(ask(leader, "/livez")[2])))
            self.assertEqual(ask(leader, "/reload", "POST", Origin="http://" + here)[0], 200)
            leader.write_config("[election]\nhold = \"2s\"\n")
            self.assertEqual(ask(leader, "/reload", "POST")[0], 409)
            self.assertEqual([[v for _, v in samples(ask(leader, "/metrics")[2])
                               ["iotex_elector_config_reloads_total"]]], [[1.0, 1.0]])

    @takes(25)
    def test_more_than_64_connections_are_told_so_and_idle_ones_end(self):
        with self.world(members=1, settings=ANY_PORT) as world:
            leader = world.start()
            at = urlparse(leader.api())
            with self.nobody_moves(world, leader, 2):
                idle = [socket.create_connection((at.hostname, at.port)) for _ in range(64)]
                status, fields, text = ask(leader, "/livez")
                self.assertEqual((status, fields["Retry-After"]), (503, "10"))
                self.assertIn("as many as allowed", text)
                began = time.monotonic()
                for one in idle:
                    one.settimeout(30)
                    self.assertEqual(one.recv(1), b"")
                    one.close()
                self.assertLess(time.monotonic() - began, 20)
                self.assertEqual(ask(leader, "/livez")[0], 200)

    @takes(25)
    def test_events_tell_a_change_of_roles_as_it_happens(self):
        with self.world(members=2, settings=ANY_PORT) as world:
            leader = world.start()
            other = world.followers(leader)[0]
            line = connection(other)
            line.request("GET", "/events")
            stream = line.getresponse()
            self.assertEqual(stream.getheader("Content-Type"), "text/event-stream")
            world.wait_for(lambda: world.registered() or len(world.queue()) == 2, 10, "a queue")
            world.order_switchover(leader, other.name)
            names, deadline = [], time.monotonic() + 40
            while time.monotonic() < deadline:
                text = stream.readline().decode().rstrip("\n")
                if text.startswith("event: "):
                    names.append(text[7:])
                if text.startswith("data: ") and names[-1] == "role_change" and \
                        json.loads(text[6:])["to"] == "leader":
                    break
            line.close()
            self.assertEqual(names[0], "status")
            self.assertIn("role_change", names)
            world.wait_for(lambda: ask(other, "/leader")[0] == 200, 20, "new leader by the API")
            self.assertEqual(ask(leader, "/leader")[0], 503)


if __name__ == "__main__":
    unittest.main()
