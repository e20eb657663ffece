"""Members of two versions lead one group: it is upgraded one member at a time, and one is set back.

The earlier program is the one that $ELECTOR_PREVIOUS names.
"""
import json
import time
import unittest

import programs
from case import IntegrationCase, takes
from world import PATIENCE


class Upgrade(IntegrationCase):
    def command(self, member, *words):
        """(exit code, the JSON document) by the program under test."""
        code, output, errors = programs.run_elector(*words, "--json", "--config", member.config)
        self.assertEqual(errors, "")
        return code, json.loads(output)

    def in_line(self, world, member):
        """Registered, fit to lead, and in the queue."""
        def there():
            record = member.record()
            return record and record["eligible"] and member.name in [e.text for e in world.queue()]
        world.wait_for(there, 15, f"{member.name} in the queue")

    def replace(self, world, member, program):
        """What the installation of another package does: it is stopped, and the other started."""
        member.process.terminate()
        self.assertEqual(member.process.wait(15 * PATIENCE), 0)
        member.program = program
        member.start()
        self.in_line(world, member)
        # The earlier program writes no wall clock into its record.
        self.assertEqual("at_unix_ms" in member.record(), program is None)

    def replace_waiting(self, world, leader, member, program):
        since = time.time()
        self.replace(world, member, program)
        self.assertEqual(leader.find("role_change", since), [])
        self.assertIs(world.leader(), leader)

    def replace_leader(self, world, old, program):
        """It hands over; who leads then, which must be one that was in the queue."""
        world.wait_for_signature(old)
        since = time.time()
        self.replace(world, old, program)
        new = world.wait_for_leader(12, other_than=old)
        drained = old.find("role_change", since, to="draining")
        self.assertEqual([e["reason"] for e in drained], ["shutdown"])
        # By the marker and the tip: who had not understood the record would wait for 18.7 s.
        took = new.find("active", since)[0]["at"] - drained[0]["at"]
        self.figure("handed_over", took)
        self.assert_in_time(world, took, 10.0)
        world.wait_for_signature(new)
        return new

    @takes(150, tier="long")
    def test_a_group_is_upgraded_and_one_member_set_back_without_a_round_signed_twice(self):
        earlier = programs.previous_elector()
        with self.world() as world:
            for member in world.members:
                member.program = earlier
            leader = world.start()
            for member in world.followers(leader):
                self.in_line(world, member)
            # Those that wait first, the leader last; the new program leads beside none of the old.
            for member in world.followers(leader):
                self.replace_waiting(world, leader, member, None)
                code, group = self.command(member, "status")
                self.assertEqual((code, group["verified_active"]), (0, [leader.name]))
                self.assertEqual(len(group["members"]), 3)
            first, leader = leader, self.replace_leader(world, leader, None)
            # One is set back, and leads: it goes on from a record of the new program's, and back.
            self.replace_waiting(world, leader, first, earlier)
            second = leader
            world.order_switchover(second, first.name)
            self.assertIs(world.wait_for_leader(15, other_than=second), first)
            world.wait_for_signature(first)
            self.in_line(world, second)
            leader = self.replace_leader(world, first, None)
            self.told(world, leader, [first.name, second.name])
            self.note("rounds", len({(line["height"], line["round"])
                                     for line in world.nodes.read_log() if "height" in line}))

    def told(self, world, leader, letting_go):
        """The history has every change, those of the earlier program without an instant."""
        world.wait_for(lambda: self.command(leader, "status")[0] == 0, 10, "one verified active")
        code, history = self.command(leader, "history")
        self.assertEqual(code, 0)
        changes = [(c["from"], c["reason"], c["at"] is not None)
                   for c in reversed(history["changes"])]
        first, second = letting_go
        self.assertEqual(changes, [(first, "shutdown", False), (second, "switchover", True),
                                   (first, "shutdown", False)])


if __name__ == "__main__":
    unittest.main()
