"""The main process of the container: signals go to the guardian, and a killed one leaves a standby
node behind, not a dead elector."""
import contextlib
import os
import signal
import unittest

from case import IntegrationCase, takes
import programs
from world import PATIENCE

SCRIPT = os.path.join(programs.ROOT, "packaging", "docker", "container")


class Container(IntegrationCase):
    def run_in_container(self, member):
        member.write_config()
        path = os.path.dirname(programs.elector()) + os.pathsep + os.environ["PATH"]
        environment = dict(os.environ, STATE_DIRECTORY=member.state_folder, PATH=path)
        member.process = programs.Process(member.name, [SCRIPT, "run", "--config", member.config],
                                          member.log, environment)

    @contextlib.contextmanager
    def leader(self):
        with self.world(members=1) as world:
            member = world.members[0]
            self.addCleanup(self.end_what_is_left, member)
            self.run_in_container(member)
            self.assertTrue(programs.wait_until(lambda: member.find("session_started"),
                                                20 * PATIENCE))
            world.bootstrap()
            world.wait_for_leader(20)
            yield world, member

    def end_what_is_left(self, member):
        """A killed script leaves guardian and elector behind; no container ends them here."""
        for event in ("guardian_started", "elector_started"):
            for line in member.find(event):
                with contextlib.suppress(OSError):
                    with open(f"/proc/{line['pid']}/cmdline", encoding="utf-8") as file:
                        ours = member.config in file.read()
                    if ours:
                        os.kill(int(line["pid"]), signal.SIGKILL)

    def said(self, member):
        with open(member.log, encoding="utf-8") as file:
            return file.read()

    @takes(25)
    def test_a_stop_hands_over_and_is_a_clean_end(self):
        with self.leader() as (_, member):
            member.process.terminate()
            self.assertEqual(member.process.wait(20 * PATIENCE), 0)
            self.assertTrue(member.find("marker_written"))
            self.assertIn("\nfenced: ", self.said(member))

    @takes(25)
    def test_a_hangup_reloads(self):
        with self.leader() as (world, member):
            member.settings["health"] = {"fall": 5}
            member.write_config()
            member.process.signal(signal.SIGHUP)
            world.wait_for(lambda: member.find("reloaded"), 10, "the reload")

    @takes(25)
    def test_a_killed_guardian_leaves_a_standby_node_and_an_end_that_asks_for_a_restart(self):
        with self.leader() as (_, member):
            elector = member.elector()
            guardian = int(member.find("guardian_started")[-1]["pid"])
            member.process.expected_end = True
            os.kill(guardian, signal.SIGKILL)
            self.assertEqual(member.process.wait(20 * PATIENCE), 128 + signal.SIGKILL)
            self.assertTrue(member.find("marker_written"))
            self.assertIn("\nfenced: ", self.said(member))
            self.assertFalse(os.path.exists(f"/proc/{elector}"))

    @takes(5)
    def test_other_commands_are_run_as_they_stand(self):
        path = os.path.dirname(programs.elector()) + os.pathsep + os.environ["PATH"]
        with self.world(members=1) as world:
            log = os.path.join(world.folder, "version.log")
            process = programs.Process("version", [SCRIPT, "version"], log,
                                       dict(os.environ, PATH=path))
            self.assertEqual(process.wait(10 * PATIENCE), 0)
            self.assertRegex(process.last_lines()[0], r"^iotex-elector \d")


if __name__ == "__main__":
    unittest.main()
