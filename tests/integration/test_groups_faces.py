"""What an elector with [[group]] tables shows of its groups and takes for them: API, metrics."""
import json
import os
import unittest

from case import IntegrationCase, takes
from test_api import METRICS, ask, documented, samples, told
from test_groups_commands import table
from world import Member, toml

PROCESS = {"guardian_up", "etcd_requests_total", "etcd_endpoint_up", "event_loop_lag_seconds",
           "config_reloads_total", "notifications_total", "build_info"}
NAMES = ("east", "west")


def serve_groups(world, host, nodes):
    """`host` serves each group with one of these nodes of the world."""
    top = {name: host.settings[name] for name in ("member", "etcd", "state", "api")}
    text = toml(top)
    for name, node in zip(NAMES, nodes):
        text += table(name, "/of/" + name, world.nodes.ports[node])
    host.write_config = lambda: Member.write_config(host, text)


class Faces(IntegrationCase):
    def start(self, world):
        """Two hosts with two groups, both led."""
        world.overlap_excused = world.double_excused = "each group has a leader of its own"
        hosts = world.members[:2]
        for i, host in enumerate(hosts):
            serve_groups(world, host, (i, i + 2))
            host.start()
        for name in NAMES:
            world.data = f"/of/{name}.d/"
            world.wait_for(world.registered, 10, f"both registered in {name}")
            world.create_first_record()
        for name in NAMES:
            world.wait_for(lambda name=name: self.leader(hosts, name), 15, f"leader of {name}")
        return hosts

    def leader(self, hosts, name):
        found = [h for h in hosts if h.api() and ask(h, f"/leader?group={name}")[0] == 200]
        return found[0] if found else None

    @takes(45)
    def test_one_api_serves_every_group_by_its_name(self):
        with self.world(members=4, settings={"api": {"listen": "127.0.0.1:0"}}) as world:
            hosts = self.start(world)
            one = hosts[0]
            self.assertEqual([ask(one, path)[0] for path in ("/livez", "/readyz", "/metrics")],
                             [200] * 3)
            code, found = told(one, "/readyz")
            self.assertEqual((code, found["groups"]), (200, 2))
            for path in ("/leader", "/standby", "/history", "/explain"):
                code, found = told(one, path)
                self.assertEqual((code, found["groups"]), (400, list(NAMES)), path)
                code, found = told(one, path + "?group=wset")
                self.assertEqual((code, found["next"]), (404, 'did you mean "west"?'), path)
            code, found = told(one, "/switchover", "POST")
            self.assertEqual((code, found["groups"]), (400, list(NAMES)))
            world.wait_for(lambda: told(one, "/status")[1]["exit_code"] == 0, 10, "both are well")
            rows = told(one, "/status")[1]["groups"]
            self.assertEqual([(r["group"], r["key"]) for r in rows],
                             [(name, "/of/" + name) for name in NAMES])
            for row in rows:
                name = row["group"]
                self.assertEqual(row["leader"], self.leader(hosts, name).name)
                status = told(one, "/status?group=" + name)[1]
                self.assertEqual((status["group"], status["key"]), (name, row["key"]))
                self.assertEqual(status["verified_active"], row["verified_active"])
                self.assertEqual(told(one, "/explain?group=" + name)[0], 200)
            self.check_metrics(hosts)
            self.check_resignation(world, hosts)

    def check_metrics(self, hosts):
        leader = self.leader(hosts, "west")
        found = samples(ask(leader, "/metrics")[2])
        for name, labels in documented().items():
            full = "iotex_elector_" + name
            rows = found.get(full) or found.get(full + "_count", [])
            wanted = METRICS[name] | (set() if name in PROCESS else {"group"})
            for given, _ in rows:
                self.assertEqual(set(given), wanted, name)
            if name in ("role", "term", "node_up", "renewals_total", "guardian_actions_total"):
                self.assertEqual({given["group"] for given, _ in rows}, set(NAMES), name)
        self.assertIn(({"group": "west"}, 1.0), found["iotex_elector_node_active"])
        self.assertIn(({"group": "west", "role": "leader"}, 1.0), found["iotex_elector_role"])
        self.assertEqual(found["iotex_elector_guardian_up"], [({}, 1.0)])

    def check_resignation(self, world, hosts):
        """Of one group: the other one's leader goes on, and the file says which."""
        east, leader = self.leader(hosts, "east"), self.leader(hosts, "west")
        follower = next(h for h in hosts if h is not leader)
        world.wait_for(lambda: told(leader, "/resign?group=west", "POST")[0] == 202, 10,
                       "a resignation that is taken")
        world.wait_for(lambda: self.leader(hosts, "west") is follower, 20, "west led by the other")
        self.assertEqual(os.listdir(leader.state_folder).count("resigned-%2Fof%2Fwest"), 1)
        self.assertIs(self.leader(hosts, "east"), east)
        changes = {name: told(leader, "/history?group=" + name)[1]["changes"] for name in NAMES}
        self.assertEqual([c["from"] for c in changes["west"]], [leader.name])
        self.assertEqual(changes["east"], [])
        rows = {r["group"]: r["local"] for r in told(leader, "/status")[1]["groups"]}
        self.assertEqual({name: local["resigned"] for name, local in rows.items()},
                         {"east": False, "west": True})
        self.assertEqual(leader.find("resigned")[-1]["group"], "west")
        self.assertEqual(json.loads(ask(leader, "/rejoin?group=west", "POST")[2])["was_resigned"],
                         True)


if __name__ == "__main__":
    unittest.main()
