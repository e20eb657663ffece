"""`doctor`, `status --watch` and `status` as a monitoring check, against real members."""
import json
import os
import re
import signal
import subprocess
import time
import unittest

import programs
from case import IntegrationCase, takes
from secured import Secured
from world import PATIENCE, toml

OPERATIONS = os.path.join(programs.ROOT, "docs", "operations.md")


class Doctored(IntegrationCase):
    def examined(self, member, **changes):
        """(exit code, {check: [(level, finding, remedy)]}) by its settings with some changed."""
        settings = {table: dict(values) for table, values in member.settings.items()}
        for table, values in changes.items():
            settings.setdefault(table, {}).update(values)
        path = member.config + ".doctor"
        with open(path, "w", encoding="utf-8") as file:
            file.write(toml(settings))
        code, output, errors = programs.run_elector("doctor", "--json", "--config", path,
                                                    seconds=60)
        self.assertEqual(errors, "")
        said = json.loads(output)
        self.assertEqual(said["exit_code"], code)
        found = {}
        for f in said["findings"]:
            found.setdefault(f["check"], []).append((f["level"], f["finding"], f["remedy"]))
        return code, found

    def errors(self, found):
        return sorted({check for check, all_of_it in found.items()
                       if any(level == "error" for level, _, _ in all_of_it)})

    def assert_found(self, level, check, words, examined, remedy="."):
        """Of that level, with these words; what to do is said, and nothing else is an error."""
        code, found = examined
        told = [f for f in found.get(check, []) if f[0] == level and re.search(words, f[1])]
        self.assertTrue(told, f"no {level} of {check} with {words}: {found}")
        self.assertRegex(told[0][2], remedy)
        self.assertEqual(self.errors(found), [check] if level == "error" else [])
        self.assertEqual(code, 1 if level == "error" else 0)


class Healthy(Doctored):
    WELL = {"node_admin", "node_bind", "node_standby", "node_health", "node_lag",
            "operator_address", "etcd_endpoint", "etcd_quorum", "etcd_rights", "etcd_lease",
            "cluster_pin", "group_signer", "group_member", "guardian", "state_dir", "clock_offset",
            "configuration", "budget", "fence"}

    @takes(40)
    def test_a_group_of_three_is_well_at_each_of_its_members(self):
        with self.world(etcd=3) as world:
            leader = world.start()
            world.wait_for(lambda: len(world.queue()) == 3, 10, "three candidates")
            world.wait_for(lambda: leader.record()["node"] == "active", 10, "word of it")
            leases = len(world.etcd.client.call("lease/leases", {})["leases"])
            for member in (leader, world.followers(leader)[0]):
                since = time.monotonic()
                code, found = self.examined(member)
                self.figure("doctor", time.monotonic() - since)
                self.assertEqual((code, self.errors(found)), (0, []), found)
                well = {check for check, told in found.items()
                        if all(level == "ok" for level, _, _ in told)}
                self.assertEqual(self.WELL - well, set(), found)
                self.assertEqual(len(found["clock_offset"]), 2)
            self.assertIn("is active", self.examined(leader)[1]["node_standby"][0][1])
            self.assertEqual(len(world.etcd.client.call("lease/leases", {})["leases"]), leases)
            keys = [e.key for e in world.etcd.client.range(world.key)]
            self.assertFalse([key for key in keys if "doctor" in key])
            code, text, errors = programs.run_elector("doctor", "--config", leader.config)
            self.assertEqual((code, errors), (0, ""))
            self.assertTrue(text.splitlines()[-1].startswith("Well: nothing here should cost"))
            self.assertNotIn("\x1b", text)


class Mistakes(Doctored):
    @takes(60)
    def test_each_mistake_of_a_host_is_found_with_its_remedy(self):
        with self.world(members=2) as world:
            leader = world.start()
            other = world.followers(leader)[0]
            keeper, closed = programs.reserve_port()
            self.addCleanup(keeper.close)
            nowhere = f"http://127.0.0.1:{closed}"
            self.assert_found("error", "node_admin", "the node at " + nowhere,
                              self.examined(other, node={"admin": nowhere}), "httpAdminPort")
            self.assert_found("error", "node_health", "readiness of the node at " + nowhere,
                              self.examined(other, node={"probe": nowhere}), "httpStatsPort")
            self.assert_found("warning", "node_lag", "newest block of the node at " + nowhere,
                              self.examined(other, node={"web3": nowhere}), "web3")
            endpoints = [*world.etcd.endpoints(), nowhere]
            self.assert_found("error", "etcd_endpoint", nowhere + " does not answer",
                              self.examined(other, etcd={"endpoints": endpoints}), "endpoints")
            self.assert_found("warning", "etcd_quorum", "one member", self.examined(other),
                              "three members")
            self.assert_found("warning", "guardian", "enabled is false",
                              self.examined(other, guardian={"enabled": False},
                                            fence={"policy": "require", "command": ["/bin/true"]}),
                              "enabled = true")
            self.assert_found("error", "configuration", "fence.command",
                              self.examined(other, fence={"policy": "require",
                                                          "command": ["/no/such/program"]}))
            secret = os.path.join(world.folder, "token")
            with open(secret, "w", encoding="utf-8") as file:
                file.write("0123456789abcdef0123\n")
            os.chmod(secret, 0o644)
            self.assert_found("error", "configuration", "chmod 0600",
                              self.examined(other, api={"token_file": secret}))
            os.chmod(other.state_folder, 0o777)
            self.assert_found("error", "state_dir", "written to by others", self.examined(other),
                              "chmod 0700")
            os.chmod(other.state_folder, 0o700)
            pin = [os.path.join(other.state_folder, name)
                   for name in os.listdir(other.state_folder) if "cluster" in name]
            self.assertEqual(len(pin), 1, os.listdir(other.state_folder))
            os.rename(pin[0], pin[0] + ".away")
            with open(pin[0], "w", encoding="utf-8") as file:
                file.write("damaged\n")
            self.assert_found("error", "cluster_pin", ".", self.examined(other),
                              "bootstrap --accept-cluster")
            os.rename(pin[0] + ".away", pin[0])
            self.assertEqual(self.examined(other)[0], 0)

    @takes(60)
    def test_each_mistake_of_a_group_is_found_with_its_remedy(self):
        with self.world() as world:
            stranger, *members = world.members
            world.create_first_record()
            world.nodes.set_active(stranger.index, True)
            self.assert_found("error", "node_standby", "does not hold the lead",
                              self.examined(stranger), "system.active: false")
            world.nodes.set_active(stranger.index, False)
            world.wait_for(lambda: not world.nodes.active(), 5, "standby")
            world.start_members(*members)
            leader = world.wait_for_leader(20)
            world.wait_for_signature(leader)
            other = [m for m in members if m is not leader][0]
            self.assert_found("warning", "guardian", "no guardian", self.examined(stranger),
                              "systemctl start")
            self.assert_found("warning", "group_member", "not registered", self.examined(stranger))
            pause = json.dumps({"v": 1, "who": "test", "why": "new disks"})
            world.etcd.client.put(world.data + "control/pause", pause,
                                  world.etcd.client.grant(60))
            self.assert_found("warning", "group_paused", "new disks", self.examined(other),
                              "resume")
            world.etcd.client.delete(world.data + "control/pause")
            world.nodes.fault("unready", other.index)
            world.wait_for(lambda: not other.record()["eligible"], 15, "a member that cannot lead")
            code, found = self.examined(other)
            self.assertEqual((code, self.errors(found)), (1, ["group_member", "node_health"]))

    @takes(40)
    def test_rights_that_are_missing_are_found_before_the_service_starts(self):
        secured = Secured(tls=False, auth=True)
        secured.left_out = [command for command in secured.documented_commands()
                            if "write" in command and command.endswith(".d/")][0]
        with self.world(members=1, secured=secured) as world:
            self.assert_found("error", "etcd_rights", "permission denied",
                              self.examined(world.members[0]), "docs/configuration.md")
            secured.etcdctl(world.etcd.members[0].test_endpoint, secured.left_out)
            code, found = self.examined(world.members[0])
            self.assertEqual((code, [f[0] for f in found["etcd_rights"]]), (0, ["ok"]))
            keys = world.etcd.client.range(world.key)
            self.assertEqual(keys, [])

    @takes(15)
    def test_a_configuration_that_cannot_be_used_is_exit_code_2(self):
        with self.world(members=1) as world:
            member = world.members[0]
            member.write_config("[member]\nnmae = \"a\"\n")
            code, output, errors = programs.run_elector("doctor", "--config", member.config)
            self.assertEqual((code, output), (2, ""))
            self.assertIn("member.nmae", errors)
            member.settings["etcd"]["endpoints"] = ["http://127.0.0.1:1"]
            code, found = self.examined(member)
            self.assertEqual((code, self.errors(found)), (1, ["etcd_endpoint"]))


class Watched(IntegrationCase):
    def lines(self, path):
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    @takes(45)
    def test_a_watch_tells_each_change_as_one_line_and_ends_with_ctrl_c(self):
        with self.world() as world:
            leader = world.start()
            world.wait_for(lambda: len(world.queue()) == 3, 10, "three candidates")
            world.wait_for(lambda: leader.record()["node"] == "active"
                           and all(m.record()["eligible"] for m in world.followers(leader)), 10,
                           "rest")
            path = os.path.join(world.folder, "watch.json")
            with open(path, "wb") as out:
                watch = subprocess.Popen(
                    [programs.elector(), "status", "--watch", "--json", "--config", leader.config],
                    stdout=out, stdin=subprocess.DEVNULL, preexec_fn=programs.die_with_parent)
            self.addCleanup(watch.kill)
            world.wait_for(lambda: self.lines(path), 5, "first line")
            world.stay(5, "no change, no line", lambda: len(self.lines(path)) == 1)
            leader.process.terminate()
            leader.process.wait(15 * PATIENCE)
            new = world.wait_for_leader(15, other_than=leader)
            world.wait_for(lambda: self.lines(path)[-1]["verified_active"] == [new.name], 10,
                           "line about the new leader")
            told = self.lines(path)
            self.assertEqual(told[0]["verified_active"], [leader.name])
            self.assertLess(len(told), 15)
            watch.send_signal(signal.SIGINT)
            self.assertEqual(watch.wait(5 * PATIENCE), 0)

    @takes(25)
    def test_on_a_terminal_one_screen_is_redrawn_in_place_and_given_back(self):
        with self.world(members=1) as world:
            member = world.start()
            terminal, end = os.openpty()
            environment = dict(os.environ, TERM="xterm")
            environment.pop("COLUMNS", None)
            environment.pop("NO_COLOR", None)
            watch = subprocess.Popen(
                [programs.elector(), "status", "--watch", "--config", member.config], stdin=end,
                stdout=end, stderr=end, env=environment, preexec_fn=programs.die_with_parent)
            os.close(end)
            self.addCleanup(watch.kill)
            text = b""
            until = time.monotonic() + 10 * PATIENCE
            while text.count(b"\x1b[H") < 3 and time.monotonic() < until:
                text += os.read(terminal, 65536)
            self.assertEqual(text.count(b"\x1b[2J"), 1)  # cleared once, never again
            self.assertTrue(text.startswith(b"\x1b[?1049h\x1b[?25l"))
            self.assertIn(b"is the only node verified active", text)
            watch.send_signal(signal.SIGINT)
            self.assertEqual(watch.wait(5 * PATIENCE), 0)
            while not text.endswith(b"\x1b[?25h\x1b[?1049l"):
                text += os.read(terminal, 65536)
            os.close(terminal)


class Monitored(IntegrationCase):
    def recipe(self, world):
        """The script that docs/operations.md gives, as it stands there."""
        with open(OPERATIONS, encoding="utf-8") as file:
            section = file.read().split("### A monitoring check")[1]
        script = re.search(r"```sh in=group\n(#!/bin/sh\n.*?)```", section, re.S)[1]
        path = os.path.join(world.folder, "check-elector")
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        os.chmod(path, 0o755)
        return path

    def status(self, member):
        code, _, _ = programs.run_elector("status", "--config", member.config)
        return code

    def checked(self, script, config):
        """(exit code of the recipe, its only line)"""
        folder = os.path.dirname(programs.elector())
        done = subprocess.run([script, config], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              text=True, timeout=30, check=False,
                              env=dict(os.environ, PATH=folder + ":" + os.environ["PATH"]))
        return done.returncode, done.stdout

    @takes(60)
    def test_exit_codes_tell_one_signer_none_and_two_and_the_recipe_translates_them(self):
        with self.world() as world:
            script = self.recipe(world)
            for member in world.members:
                member.write_config()
            self.assertEqual(self.status(world.members[0]), 1)
            leader = world.start()
            world.wait_for(lambda: self.status(leader) == 0, 5, "one verified")
            code, line = self.checked(script, leader.config)
            self.assertEqual(code, 0)
            self.assertTrue(line.startswith(f"{leader.name} is the only node verified active"))
            self.assertEqual(line.count("\n"), 1)
            self.assertEqual(self.checked(script, "/no/such/file")[0], 3)
            # A second node says that it is active, whatever its elector asks of it.
            other = world.followers(leader)[0]
            pause = json.dumps({"v": 1, "who": "test", "why": "test"})
            world.etcd.client.put(world.data + "control/pause", pause,
                                  world.etcd.client.grant(60))
            world.overlap_excused = world.double_excused = "an operator's own request"
            world.nodes.fault("noop", other.index)
            seen = world.wait_for(lambda: self.checked(script, leader.config)[0] == 2
                                  and self.status(leader) == 4, 10, "exit code 4")
            self.assertTrue(seen)
            world.nodes.fault("rolldpos", other.index)
            world.wait_for(lambda: self.status(leader) == 0, 30, "one verified again")

    @takes(40)
    def test_explain_says_of_a_member_that_lags_or_has_stood_still_what_would_change_it(self):
        with self.world() as world:
            leader = world.start()
            other = world.followers(leader)[0]
            world.nodes.fault("frozen_height", other.index)

            def why():
                _, text, _ = programs.run_elector("explain", "--json", "--config", other.config)
                return {c["code"]: c for c in json.loads(text)["because"]}

            lagging = world.wait_for(lambda: why().get("lagging"), 30, "lagging")
            self.assertIn("behind the best known tip", lagging["sentence"])
            self.assertIn("caught up", lagging["what_would_change_it"])
            stale = world.wait_for(lambda: why().get("stale_tip"), 30, "stale_tip")
            self.assertIn("too old", stale["sentence"])
            self.assertIn("peers", stale["what_would_change_it"])


if __name__ == "__main__":
    unittest.main()
