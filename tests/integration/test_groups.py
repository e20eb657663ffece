"""One service for many groups: what they share, and what one group's trouble is to the others."""
import json
import os
import signal
import subprocess
import time
import unittest

from case import IntegrationCase, takes
from test_api import ask
from test_groups_commands import table
from world import Member, toml

NAMES = ("east", "west")


def serve(world, host, nodes, more=None, names=NAMES):
    """`host` serves these groups, each with one of these nodes of the world."""
    top = {name: host.settings[name] for name in ("member", "etcd", "state", "api")}
    text = toml(top)
    for name, node in zip(names, nodes):
        text += table(name, "/of/" + name, world.nodes.ports[node])
        text += (more or {}).get(name, "")
    host.write_config = lambda: Member.write_config(host, text)


class Groups(IntegrationCase):
    def groups_world(self):
        return self.world(members=4, settings={"api": {"listen": "127.0.0.1:0"}})

    def start(self, world, more=None):
        """Two hosts with two groups, both led by the first."""
        world.overlap_excused = world.double_excused = "each group has a leader of its own"
        hosts = world.members[:2]
        for i, host in enumerate(hosts):
            serve(world, host, (i, i + 2), more)
        hosts[0].start()
        for name in NAMES:
            world.data = f"/of/{name}.d/"
            world.wait_for(world.registered, 10, f"the member of {name} registered")
            world.create_first_record()
        for name in NAMES:
            world.wait_for(lambda name=name: self.leads(hosts[0], name), 20, f"leader of {name}")
        hosts[1].start()
        for name in NAMES:
            world.wait_for(lambda name=name: self.code(hosts[1], f"/standby?group={name}") == 200,
                           20, f"a member of {name} that waits")
        return hosts

    @staticmethod
    def code(host, path):
        return ask(host, path)[0] if host.api() else 0

    def leads(self, host, name):
        return self.code(host, "/leader?group=" + name) == 200

    @takes(40)
    def test_the_groups_of_a_process_share_one_connection_to_etcd(self):
        with self.groups_world() as world:
            hosts = self.start(world)
            for host in hosts:
                elector = int(host.find("elector_started")[-1]["pid"])
                port = world.etcd.endpoints()[0].rsplit(":", 1)[1]
                held = subprocess.run(["ss", "-Htnp", f"dport = :{port}"], check=True, text=True,
                                      capture_output=True).stdout
                mine = [line for line in held.splitlines() if f"pid={elector}," in line]
                self.assertEqual(len(mine), 1, held)
                self.assertEqual(len(host.find("watch_connected")), 1)

    @takes(45)
    def test_a_reload_changes_one_group_and_refuses_to_change_their_number(self):
        with self.groups_world() as world:
            hosts = self.start(world)
            one = hosts[0]
            since = time.time()
            serve(world, one, (0, 2), {"west": "[group.health]\nmax_lag = 7\n"})
            one.write_config()
            one.process.signal(signal.SIGHUP)
            world.wait_for(lambda: one.find("reloaded", since), 10, "reload")
            changes = [e["change"] for e in one.find("reload_change", since)]
            self.assertEqual(len(changes), 1, changes)
            self.assertIn("west", changes[0])
            self.assertIn("health.max_lag", changes[0])
            since = time.time()
            serve(world, one, (0,), names=("east",))
            one.write_config()
            one.process.signal(signal.SIGHUP)
            world.wait_for(lambda: one.find("reload_refused", since), 10, "refusal")
            self.assertTrue(all(self.leads(one, name) for name in NAMES))

    @takes(75)
    def test_a_name_that_is_taken_in_one_group_ends_that_group_alone(self):
        with self.groups_world() as world:
            hosts = self.start(world)
            two = hosts[1]
            two.process.terminate()
            self.assertEqual(two.process.wait(40), 0)
            # Somebody else of that name, with a lease that goes on, is in one of the groups.
            other = json.dumps({"v": 1, "instance": "another host", "node": "standby"})
            lease = world.etcd.client.grant(120)
            world.etcd.client.put("/of/east.d/members/" + two.name, other, lease)
            since = time.time()
            two.start()
            world.wait_for(lambda: two.find("group_ended", since), 40, "end of that group")
            self.assertEqual([e["group"] for e in two.find("group_ended", since)], ["east"])
            world.wait_for(lambda: self.code(two, "/standby?group=west") == 200, 20, "the other")
            self.assertTrue(all(self.leads(hosts[0], name) for name in NAMES))
            # What has ended takes no turn from the other group, which can take over and hold.
            hosts[0].process.terminate()
            self.assertEqual(hosts[0].process.wait(60), 0)
            world.wait_for(lambda: self.leads(two, "west"), 20, "west led by the one that is left")
            two.process.terminate()
            self.assertEqual(two.process.wait(40), 0)

    @takes(60)
    def test_when_the_leading_elector_is_killed_each_group_goes_to_the_other_host(self):
        with self.groups_world() as world:
            hosts = self.start(world)
            since = time.time()
            os.kill(int(hosts[0].find("elector_started")[-1]["pid"]), signal.SIGKILL)
            for name in NAMES:
                world.wait_for(lambda name=name: self.leads(hosts[1], name), 30, f"{name} led")
            acts = hosts[0].find("guardian_acts", since)
            self.assertEqual(sorted(e["group"] for e in acts), list(NAMES))
            hosts[1].process.terminate()
            self.assertEqual(hosts[1].process.wait(60), 0)

    @takes(60)
    def test_a_guardian_that_acts_for_one_group_leaves_its_living_elector_the_session(self):
        with self.groups_world() as world:
            one, two = self.start(world)
            client = world.etcd.client
            records = ["/of/east.d/members/" + one.name, "/of/west.d/members/" + one.name]
            before = [(client.get(key).lease, client.get(key).create) for key in records]
            since = time.time()
            world.nodes.fault("freeze", 0)
            world.wait_for(lambda: one.find("elector_spared", since), 20, "a spared elector")
            world.wait_for(lambda: self.unfenced(client), 15, "unfenced")
            world.nodes.fault("thaw", 0)
            world.wait_for(lambda: one.find("guardian_done", since), 20, "end of that")
            self.assertEqual([e["group"] for e in one.find("guardian_acts", since)], ["east"])
            self.assertEqual(one.find("session_lost", since), [])
            world.wait_for(lambda: self.leads(two, "east"), 20, "east led by the other")
            self.assertEqual([(client.get(key).lease, client.get(key).create) for key in records],
                             before)
            self.assertEqual(one.find("elector_gone", since), [])
            # It is a candidate again, by the session that it has.
            world.wait_for(lambda: self.code(one, "/standby?group=east") == 200, 20, "in the queue")
            self.assertTrue(self.leads(one, "west"))

    @staticmethod
    def unfenced(client):
        return client.get("/of/east.d/holder").json()["state"] == "unfenced"


if __name__ == "__main__":
    unittest.main()
