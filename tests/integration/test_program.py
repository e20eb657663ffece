"""The program itself: its commands, its exit codes, who may run where, what it leaves behind."""
import json
import os
import signal
import stat
import subprocess
import tempfile
import time
import unittest

import programs
from case import IntegrationCase, takes
from world import PATIENCE

BAD = """[member]
name = "a/b"
colour = "red"
[election]
hold = "5 seconds"
[node]
admin = "http://10.0.0.1:9009"
"""


class CommandLine(IntegrationCase):
    """These need no group."""

    def check(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "elector.toml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            code, output, errors = programs.run_elector("check", path)
            return code, output, errors.replace(path, "FILE")

    @takes(1)
    def test_check_of_a_good_file_prints_values_and_budget(self):
        code, output, errors = self.check('[member]\nname = "delegate-a"\n')
        self.assertEqual((code, errors), (0, ""))
        self.assertIn('name = "delegate-a"', output)
        self.assertIn("# time budget", output)
        self.assertIn("24.7", output)

    @takes(1)
    def test_check_of_a_bad_file_tells_every_problem_with_its_place(self):
        code, output, errors = self.check(BAD)
        self.assertEqual((code, output), (2, ""))
        places = [line.split(": ")[0] for line in errors.splitlines() if line.startswith("FILE")]
        self.assertEqual(sorted(places), ["FILE:2:8", "FILE:3:1", "FILE:5:8", "FILE:7:9"])
        self.assertIn("4 problems", errors)

    @takes(1)
    def test_check_of_no_file_says_so(self):
        code, _, errors = programs.run_elector("check", "/nowhere/elector.toml")
        self.assertEqual(code, 2)
        self.assertIn("/nowhere/elector.toml", errors)

    @takes(1)
    def test_check_writes_the_file_for_an_older_command_line(self):
        flags = ("-etcd=http://127.0.0.1:2379", "-value=delegate-a")
        code, output, _ = programs.run_elector("check", "--from-flags", *flags)
        self.assertEqual(code, 0)
        code, _, errors = self.check(output)
        self.assertEqual((code, errors), (0, ""))

    @takes(1)
    def test_wrong_command_lines_end_with_2_and_say_what_is_wrong(self):
        lines = ([], ["rnu"], ["run"], ["run", "--config"], ["run", "--colour=red"], ["check"],
                 ["run", "--config", "/nowhere/elector.toml"], ["-etcd"], ["-value=a", "-colour=b"],
                 ["-value=a", "stray"], ["elector"], ["close-holding", "drained"],
                 ["elector", "http://127.0.0.1:9009", "--config", "/nowhere/elector.toml"])
        for line in lines:
            with self.subTest(line):
                code, output, errors = programs.run_elector(*line)
                self.assertEqual((code, output), (2, ""))
                self.assertNotEqual(errors, "")


class OneElectorPerNode(IntegrationCase):
    @takes(20)
    def test_a_second_elector_on_the_same_node_is_refused(self):
        with self.world(members=1) as world:
            leader = world.start()
            with self.nobody_moves(world, leader, 2):
                code, _, errors = programs.run_elector("run", "--config", leader.config)
            self.assertEqual(code, 1)
            self.assertIn("event=node_locked", errors)
            self.assertIn(leader.settings["node"]["admin"], errors)
            self.assertIn("another elector controls it", errors)

    @takes(35)
    def test_a_second_elector_of_the_same_name_on_another_node_gives_up(self):
        with self.world(members=2) as world:
            first, second = world.members
            second.settings["member"]["name"] = first.name
            world.start_members(first)
            world.bootstrap()
            leader = world.wait_for_leader(13)
            world.wait_for_signature(leader)
            with self.nobody_moves(world, leader, 1):
                second.start()
                code = second.process.wait((world.hold + 8) * PATIENCE)
            self.assertEqual(code, 1)
            refused = second.find("name_refused")
            self.assertEqual(refused[0]["alarm"], "true")
            self.figure("gave_up", refused[0]["at"] - second.started_at())


class OlderCommandLine(IntegrationCase):
    @takes(25)
    def test_the_older_command_line_runs_and_leads(self):
        with self.world(members=1, profile="standard") as world:
            member = world.members[0]
            node = member.settings["node"]
            member.start("-etcd=" + world.etcd.endpoints()[0], "-iotexAdmin=" + node["admin"],
                         "-iotexProbe=" + node["probe"], "-key=" + world.key,
                         "-value=" + member.name)
            world.bootstrap()
            leader = world.wait_for_leader(13)
            world.wait_for_signature(leader)
            notes = " ".join(e["text"] for e in member.find("note"))
            self.assertIn("older command line accepted", notes)
            self.assertEqual([e.text for e in world.queue()], [member.name])


class Dump(IntegrationCase):
    @takes(20)
    def test_sigusr1_writes_the_last_events_for_the_owner_only(self):
        with self.world(members=1) as world:
            leader = world.start()
            since = time.time()
            leader.process.signal(signal.SIGUSR1)
            told = world.wait_for(lambda: leader.find("dump", since), 5, "word of the dump")[0]
            self.assertEqual((told["result"], told["role"]), ("written", "leader"))
            self.assertEqual(os.path.dirname(told["file"]), leader.state_folder)
            self.assertEqual(stat.S_IMODE(os.stat(told["file"]).st_mode), 0o600)
            self.assertEqual(stat.S_IMODE(os.stat(leader.state_folder).st_mode), 0o700)
            with open(told["file"], encoding="utf-8") as file:
                lines = [json.loads(line) for line in file]
            self.assertEqual(lines[0]["recorder"], 5)
            self.assertTrue(any("event" in line for line in lines[1:]))
            replay = subprocess.run([programs.program("tools/replay/elector-replay"), told["file"]],
                                    capture_output=True, text=True, timeout=20, check=False)
            self.assertEqual((replay.returncode, replay.stderr), (0, ""), replay.stdout)
            self.note("lines", len(lines))


class SteadyState(IntegrationCase):
    @takes(30)
    def test_a_stable_holding_writes_neither_holder_nor_candidate_keys(self):
        with self.world() as world:
            leader = world.start()
            world.wait_for(lambda: len(world.queue()) == 3, 5, "three candidates")
            before = (world.holder().mod, [(e.key, e.mod) for e in world.queue()])
            with self.nobody_moves(world, leader, 10) as since:
                pass
            if not world.role_changes(since):
                after = (world.holder().mod, [(e.key, e.mod) for e in world.queue()])
                self.assertEqual(after, before)
            self.note("cpu_ms_per_s", f"{self.cpu(world, leader):.1f}")

    def cpu(self, world, member):
        """Milliseconds of processor time per second of a leader that only confirms."""
        def spent():
            with open(f"/proc/{member.elector()}/stat", encoding="utf-8") as file:
                fields = file.read().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        start, began = spent(), time.monotonic()
        time.sleep(3)
        return (spent() - start) * 1000 / (time.monotonic() - began)


if __name__ == "__main__":
    unittest.main()
