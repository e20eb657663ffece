"""The suite itself: what would be a disaster is seen, and nothing stays behind."""
import os
import sys
import unittest

from case import IntegrationCase, takes


class Harness(IntegrationCase):
    @takes(10)
    def test_two_nodes_that_sign_side_by_side_fail_a_case(self):
        world = self.world(members=2, node_options=("--producers", "1"))
        with self.assertRaisesRegex(AssertionError, "DOUBLE SIGNATURES"):
            with world:
                for node in (0, 1):
                    world.nodes.set_active(node, True)
                for member in world.members:
                    world.wait_for_signature(member)

    @takes(5)
    def test_two_active_nodes_fail_a_case_though_they_sign_nothing(self):
        world = self.world(members=2)
        world.double_excused = "not the point"
        with self.assertRaisesRegex(AssertionError, "two nodes active"):
            with world:
                for node in (0, 1):
                    world.nodes.set_active(node, True)

    @takes(5)
    def test_a_program_that_ends_by_itself_fails_a_case(self):
        world = self.world(members=1)
        with self.assertRaisesRegex(AssertionError, "has ended by itself with 2"):
            with world:
                world.members[0].settings["colour"] = {"of": "red"}
                world.start_members()
                world.wait_for(lambda: False, 5, "end of the world")

    @takes(5)
    def test_nothing_stays_behind(self):
        with self.world(members=1, proxies=True) as world:
            world.start_members()
            pids = [process.pid for process in world.processes()]
            self.assertEqual(len(pids), 4)
            world.wait_for(lambda: world.members[0].find("session_started"), 5, "session")
            pids.append(world.members[0].elector())
        self.assertEqual([pid for pid in pids if os.path.exists(f"/proc/{pid}")], [])
        self.assertEqual(os.path.exists(world.folder), "--keep" in sys.argv)


if __name__ == "__main__":
    unittest.main()
