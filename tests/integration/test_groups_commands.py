"""The commands of a file with [[group]] tables: which group is meant, and all of them at once.

What the groups keep in etcd is written by hand but in the last case, so that a state can be had
that no service would stay in.
"""
import http.server
import json
import os
import threading
import time
import unittest

import programs
from case import IntegrationCase, takes
from world import PATIENCE, toml


def table(name, key, ports):
    """One [[group]] table."""
    text = f'\n[[group]]\nname = "{name}"\n[group.election]\nkey = "{key}"\n[group.node]\n'
    for port in ("admin", "probe", "web3"):
        text += f'{port} = "http://127.0.0.1:{ports[port]}"\n'
    return text


class Records:
    """What a group keeps in etcd, written by hand."""

    def __init__(self, client, key):
        self.client = client
        self.key = key
        self.lease = client.grant(600)

    def member(self, name, active):
        key = f"{self.key}/{name.encode().hex()}"
        self.client.put(key, name, self.lease)
        record = {"v": 1, "instance": f"{self.key} {name}", "candidate_key": key,
                  "node": "active" if active else "standby", "node_age_ms": 0, "tip": 100, "lag": 0,
                  "lag_bucket": 0, "priority": 0, "eligible": True, "blocked_by": "",
                  "operator": "", "version": "1", "api": "", "at_unix_ms": int(time.time() * 1000)}
        self.client.put(f"{self.key}.d/members/{name}", json.dumps(record), self.lease)
        return self.client.get(key).create

    def led(self, *names):
        """The first of these leads, the others wait."""
        first = f"{self.key}/{names[0].encode().hex()}"
        self.client.put(first, names[0], self.lease)
        term = self.client.get(first).create
        holder = {"v": 1, "state": "active", "term": term, "member": names[0],
                  "instance": f"{self.key} {names[0]}", "nonce": "1", "hold_ms": 5000,
                  "quiesce_ms": 11000, "gate": {"tip": None, "wait_ms": 6500}, "reason": "claimed"}
        self.client.put(f"{self.key}.d/holder", json.dumps(holder))
        for name in names:
            self.member(name, name == names[0])


class Groups(IntegrationCase):
    def file(self, world, names, top=None):
        """Its path: groups of these names on the world's nodes, or on ports that nobody has."""
        settings = {"member": {"name": "host-1"},
                    "etcd": {"endpoints": world.etcd.endpoints()},
                    "state": {"dir": os.path.join(world.folder, "state")},
                    "api": {"listen": ""}, **(top or {})}
        text = toml(settings)
        for i, name in enumerate(names):
            ports = (world.nodes.ports[i] if i < len(world.nodes.ports) else
                     {"admin": 1000 + i, "probe": 3000 + i, "web3": 5000 + i})
            text += table(name, "/groups/" + name, ports)
        path = os.path.join(world.folder, "groups.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def records(self, world, name):
        return Records(world.etcd.client, "/groups/" + name)

    def said(self, path, *words):
        """(exit code, the JSON document) of a command."""
        code, output, errors = programs.run_elector(*words, "--json", "--config", path)
        self.assertEqual(errors, "")
        return code, json.loads(output)


class Shown(Groups):
    @takes(10)
    def test_status_has_a_line_for_each_group_and_the_code_of_the_worst(self):
        with self.world(members=1) as world:
            path = self.file(world, ["east", "west", "north"])
            for name in ("east", "west", "north"):
                self.records(world, name).led("a", "b")
            code, output, errors = programs.run_elector("status", "--config", path)
            self.assertEqual((code, errors), (0, ""))
            lines = output.splitlines()
            self.assertEqual(lines[0], "Each of 3 groups has exactly one node that is verified "
                                       "active.")
            self.assertEqual([line.split()[:4] for line in lines[3:]],
                             [[name, "/groups/" + name, "a", "a"]
                              for name in ("east", "west", "north")])
            # Nobody signs in one group.
            world.etcd.client.delete("/groups/west.d/members/a")
            code, found = self.said(path, "status")
            self.assertEqual((code, found["exit_code"]), (1, 1))
            self.assertEqual([g["exit_code"] for g in found["groups"]], [0, 1, 0])
            self.assertEqual([g["group"] for g in found["groups"]], ["east", "west", "north"])
            self.assertIn("No node is verified active", found["groups"][1]["trouble"])
            # Two sign in another.
            self.records(world, "north").member("b", active=True)
            code, found = self.said(path, "status")
            self.assertEqual((code, [g["exit_code"] for g in found["groups"]]), (4, [0, 1, 4]))

    @takes(10)
    def test_one_group_is_shown_as_a_file_of_its_own_would_show_it(self):
        with self.world(members=1, key="/groups/west") as world:
            path = self.file(world, ["west", "east"])
            self.records(world, "west").led("a", "b")
            member = world.members[0]
            member.write_config()
            for words in (("status",), ("history",)):
                alone = programs.run_elector(*words, "--config", member.config)
                named = programs.run_elector(*words, "--group", "west", "--config", path)
                self.assertEqual(named[0], alone[0], words)
                for now, then in zip(named[1].splitlines(), alone[1].splitlines(), strict=True):
                    self.assertEqual(now.split()[:4], then.split()[:4])
            code, found = self.said(path, "status", "--group", "west")
            self.assertEqual((code, found["key"], found["verified_active"]),
                             (0, "/groups/west", ["a"]))

    @takes(10)
    def test_explain_without_a_name_is_of_all_groups(self):
        with self.world(members=1) as world:
            path = self.file(world, ["east", "west"])
            self.records(world, "east").led("host-1", "b")
            self.records(world, "west").led("b", "host-1")
            code, found = self.said(path, "explain")
            self.assertEqual((code, [(g["group"], g["leads"]) for g in found["groups"]]),
                             (0, [("east", True), ("west", False)]))
            code, output, _ = programs.run_elector("explain", "--config", path)
            self.assertEqual(code, 0)
            self.assertTrue(output.startswith("east: "), output)
            self.assertIn("\nwest: ", output)

    @takes(15)
    def test_two_hundred_groups_are_shown_at_once(self):
        with self.world(members=1) as world:
            names = [f"g{i:03d}" for i in range(200)]
            path = self.file(world, names)
            for name in names:
                self.records(world, name).led("a", "b")
            took = []
            for _ in range(5):
                since = time.monotonic()
                code, found = self.said(path, "status")
                took.append(time.monotonic() - since)
                self.assertEqual((code, len(found["groups"])), (0, 200))
            self.figure("status of 200", sorted(took)[2])
            self.assert_in_time(world, sorted(took)[2], 2.0)

    @takes(20)
    def test_without_etcd_all_groups_are_told_of_once_and_soon(self):
        with self.world(members=1) as world:
            names = [f"g{i:03d}" for i in range(200)]
            path = self.file(world, names, {"etcd": {"endpoints": ["http://127.0.0.1:1"]}})
            since = time.monotonic()
            code, output, errors = programs.run_elector("status", "--config", path)
            self.figure("without etcd", time.monotonic() - since)
            self.assertEqual((code, output, errors.count("\n")), (1, "", 1))
            self.assertIn("cannot read the groups: ", errors)
            self.assert_in_time(world, time.monotonic() - since, 12.0)

    @takes(10)
    def test_a_group_that_cannot_be_used_is_told_of_and_the_others_are_shown(self):
        with self.world(members=1) as world:
            path = self.file(world, ["east", "west"])
            self.records(world, "east").led("a", "b")
            with open(path, "a", encoding="utf-8") as file:
                file.write("[group.election.hold]\n")
            code, output, errors = programs.run_elector("status", "--json", "--config", path)
            self.assertIn('group "west": election.hold', errors)
            found = json.loads(output)["groups"]
            self.assertEqual((code, [(g["group"], g["exit_code"]) for g in found]),
                             (1, [("east", 0), ('group "west"', 1)]))
            code, _, errors = programs.run_elector("pause", "--reason", "x", "--group", "west",
                                                   "--config", path)
            self.assertEqual(code, 2)
            self.assertIn("group west cannot be used as the file has it", errors)


class Meant(Groups):
    ORDERS = (("history",), ("pause", "--reason", "x"), ("resume",), ("switchover", "--yes"),
              ("drill", "--yes"), ("resign",), ("rejoin",), ("remove", "m", "--yes"),
              ("bootstrap", "--members", "a", "--yes"), ("status", "--watch"),
              ("fence", "--confirmed-dead", "m", "--yes"))

    @takes(10)
    def test_what_is_for_one_group_needs_its_name(self):
        with self.world(members=1) as world:
            path = self.file(world, ["east", "west"])
            before = world.etcd.client.range("/groups/")
            for words in self.ORDERS:
                code, output, errors = programs.run_elector(*words, "--config", path)
                self.assertEqual((code, output), (2, ""), words)
                self.assertIn("--group NAME is missing; the groups are east, west", errors, words)
                code, output, errors = programs.run_elector(*words, "--group", "wset",
                                                            "--config", path)
                self.assertEqual((code, output), (2, ""), words)
                self.assertIn("there is no group wset; did you mean west?", errors, words)
            self.assertEqual(before, world.etcd.client.range("/groups/"))

    @takes(5)
    def test_a_file_without_groups_knows_none(self):
        with self.world(members=1) as world:
            member = world.members[0]
            member.write_config()
            for words in (*self.ORDERS, ("status",), ("explain",), ("doctor",), ("fence",)):
                code, output, errors = programs.run_elector(*words, "--group", "west", "--config",
                                                            member.config)
                self.assertEqual((code, output), (2, ""), words)
                self.assertIn("the file has no [[group]] tables", errors, words)

    @takes(10)
    def test_an_order_reaches_its_group_and_no_other(self):
        with self.world(members=1) as world:
            path = self.file(world, ["east", "west"])
            for name in ("east", "west"):
                self.records(world, name).led("a", "b")
            code, paused = self.said(path, "pause", "--reason", "disks", "--group", "west")
            self.assertEqual((code, paused["paused"]), (0, True))
            pauses = [bool(world.etcd.client.get(f"/groups/{name}.d/control/pause"))
                      for name in ("east", "west")]
            self.assertEqual(pauses, [False, True])
            _, found = self.said(path, "status")
            self.assertEqual(found["groups"][0]["trouble"], None)
            self.assertTrue(found["groups"][1]["trouble"].startswith("Paused by "))
            self.assertIn("disks", found["groups"][1]["trouble"])
            self.assertFalse(self.said(path, "resume", "--group", "east")[1]["was_paused"])
            self.assertTrue(self.said(path, "resume", "--group", "west")[1]["was_paused"])
            code, plan = self.said(path, "switchover", "--dry-run", "--group", "west")
            self.assertEqual((code, plan["outcome"], plan["plan"]["to"]), (0, "planned", "b"))

    @takes(10)
    def test_a_question_to_the_elector_of_this_host_names_the_group(self):
        asked = []

        class Elector(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                asked.append(self.path)
                body = b'{"v": 1, "resigned": true, "was_resigned": true}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

            protocol_version = "HTTP/1.1"

        with self.world(members=1) as world:
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elector)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            path = self.file(world, ["east", "far west"],
                             {"api": {"listen": f"127.0.0.1:{server.server_port}"}})
            for word in ("resign", "rejoin"):
                code, _, errors = programs.run_elector(word, "--group", "far west", "--config",
                                                       path)
                self.assertEqual((code, errors), (0, ""))
            server.shutdown()
            server.server_close()
            self.assertEqual(asked, ["/resign?group=far%20west", "/rejoin?group=far%20west"])


class Fenced(Groups):
    @takes(20)
    def test_fence_brings_the_nodes_of_all_groups_to_standby_side_by_side(self):
        with self.world(members=6) as world:
            world.double_excused = world.overlap_excused = "six groups, a node each"
            path = self.file(world, [f"g{i}" for i in range(6)])
            for node in range(6):
                world.nodes.set_active(node, True)
            since = time.monotonic()
            code, output, errors = programs.run_elector("fence", "--group", "g5", "--config", path)
            alone = time.monotonic() - since
            self.assertEqual((code, errors.count("cannot")), (0, 0))
            self.assertEqual(world.nodes.active(), [0, 1, 2, 3, 4])
            since = time.monotonic()
            code, output, errors = programs.run_elector("fence", "--config", path)
            took = time.monotonic() - since
            self.assertEqual((code, world.nodes.active()), (0, []), errors)
            self.assertEqual(output.count("is confirmed standby"), 6)
            self.assertTrue(output.endswith("6 of 6 groups: confirmed.\n"), output)
            self.figure("fence of one", alone)
            self.figure("fence of six", took)
            self.assert_in_time(world, took, 3 * alone + 2)

    @takes(30)
    def test_a_node_that_hangs_keeps_no_other_from_standby_and_is_named(self):
        with self.world(members=3) as world:
            world.double_excused = world.overlap_excused = "three groups, a node each"
            path = self.file(world, ["east", "west", "north"])
            for node in range(3):
                world.nodes.set_active(node, True)
            world.nodes.fault("freeze", 1)
            since = time.time()
            code, output, errors = programs.run_elector("fence", "--config", path,
                                                        seconds=30 * PATIENCE)
            self.assertEqual(code, 1)
            self.assertIn("2 of 3 groups: confirmed.", output)
            self.assertIn("not confirmed: west", errors)
            for node in (0, 2):
                off = world.nodes.flag_changes(world.names[node], "active_off", since)
                self.assertLess(off[0] - since, 2 * PATIENCE)


class Served(Groups):
    NAMES = ("east", "west")

    def hosts(self, world):
        """Two services of both groups, each with nodes of its own; the files of their hosts."""
        files = []
        for host in range(2):
            settings = {"member": {"name": f"host-{host}"},
                        "etcd": {"endpoints": world.etcd.endpoints()},
                        "state": {"dir": os.path.join(world.folder, f"state-{host}")},
                        "api": {"listen": ""}}
            text = toml(settings)
            for i, name in enumerate(self.NAMES):
                text += table(name, "/groups/" + name, world.nodes.ports[2 * host + i])
            files.append(os.path.join(world.folder, f"host-{host}.toml"))
            with open(files[host], "w", encoding="utf-8") as file:
                file.write(text)
            command = [programs.elector(), "run", "--config", files[host]]
            log = os.path.join(world.folder, f"host-{host}.log")
            world.others.append(programs.Process(f"host-{host}", command, log))
        return files

    def bootstrap(self, world, path):
        for name in self.NAMES:
            members = f"/groups/{name}.d/members/"
            world.wait_for(lambda prefix=members: len(world.etcd.client.range(prefix)) == 2, 10,
                           "both members of " + name)
            code, _, errors = programs.run_elector("bootstrap", "--members", "host-0,host-1",
                                                   "--yes", "--group", name, "--config", path)
            self.assertEqual((code, errors), (0, ""))

    @takes(50)
    def test_a_service_of_two_groups_is_ordered_group_by_group(self):
        with self.world(members=4) as world:
            world.double_excused = world.overlap_excused = "two groups of one chain"
            paths = self.hosts(world)
            self.bootstrap(world, paths[0])
            world.wait_for(lambda: self.said(paths[0], "status")[0] == 0, 20, "one signer in each")
            before = {g["group"]: g for g in self.said(paths[0], "status")[1]["groups"]}
            old = before["west"]["leader"]
            other = {"host-0": "host-1", "host-1": "host-0"}[old]
            code, done = self.said(paths[1], "switchover", "--yes", "--group", "west")
            self.assertEqual((code, done["outcome"], done["leader"]), (0, "verified", other))
            code, found = self.said(paths[0], "status")
            after = {g["group"]: g for g in found["groups"]}
            self.assertEqual((code, after["west"]["leader"]), (0, other))
            self.assertEqual((after["east"]["leader"], after["east"]["term"]),
                             (before["east"]["leader"], before["east"]["term"]))
            code, history = self.said(paths[0], "history", "--group", "west")
            self.assertEqual([c["reason"] for c in history["changes"]],
                             ["switchover", "bootstrap"])
            for process in world.others:
                process.terminate()
            for process in world.others:
                self.assertEqual(process.wait(30 * PATIENCE), 0)
            self.assertEqual(world.nodes.active(), [])


class Checked(Groups):
    @takes(5)
    def test_check_shows_few_groups_whole_and_many_by_what_differs(self):
        with self.world(members=1) as world:
            path = self.file(world, [f"g{i}" for i in range(8)])
            with open(path, "a", encoding="utf-8") as file:
                file.write('[group.election.x]\n')
            code, output, errors = programs.run_elector("check", path)
            self.assertEqual((code, output), (2, ""))
            self.assertIn('group "g7": unknown key election.x', errors)
            path = self.file(world, [f"g{i}" for i in range(8)], {"election": {"profile": "wan"}})
            code, output, errors = programs.run_elector("check", path)
            self.assertEqual((code, errors), (0, ""))
            self.assertEqual(output.count('\nprofile = "wan"\n'), 8)
            self.assertIn("\n# time budget of g0, g1, g2, g3, g4, g5, g6, g7\n", output)
            path = self.file(world, [f"g{i}" for i in range(20)], {"election": {"profile": "wan"}})
            code, output, errors = programs.run_elector("check", path)
            self.assertEqual((code, errors), (0, ""))
            self.assertEqual(output.count('\nprofile = "wan"\n'), 1)
            self.assertEqual(output.count("# time budget"), 1)
            self.assertIn("g6, g7 and 12 more\n", output)


class Examined(Groups):
    @takes(30)
    def test_doctor_examines_all_groups_and_tells_what_they_share_once(self):
        with self.world(members=2) as world:
            path = self.file(world, ["east", "west", "south"])  # nobody is at the third's ports
            for name in ("east", "west"):
                self.records(world, name).led("a", "b")
            code, output, _ = programs.run_elector("doctor", "--config", path, seconds=60)
            self.assertEqual(code, 1)
            self.assertEqual(output.count("etcd_quorum"), 1)
            self.assertEqual(output.count("\ngroup "), 3)
            code, found = self.said(path, "doctor")
            by_name = {g["group"]: g for g in found["groups"]}
            levels = {name: {f["check"]: f["level"] for f in g["findings"]}
                      for name, g in by_name.items()}
            self.assertEqual([levels[n]["node_admin"] for n in ("east", "west", "south")],
                             ["ok", "ok", "error"])
            code, alone = self.said(path, "doctor", "--group", "east")
            self.assertEqual([f["check"] for f in alone["findings"]],
                             [f["check"] for f in by_name["east"]["findings"]])


if __name__ == "__main__":
    unittest.main()
