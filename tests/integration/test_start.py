"""The first start of a group: who leads, and when."""
import re
import unittest

from case import IntegrationCase, takes
from world import UNKNOWN_WAIT


class StartRace(IntegrationCase):
    def assert_one_leads(self, world, leader):
        """One is leader, active and at the head; all others are queued behind it."""
        roles = {m.name: m.role() for m in world.members}
        expected = {m.name: "leader" if m is leader else "candidate" for m in world.members}
        self.assertEqual(roles, expected)
        self.assertEqual(world.nodes.active(), [leader.index])
        queue = world.queue()
        self.assertEqual(sorted(entry.text for entry in queue), sorted(world.names))
        self.assertEqual(queue[0].text, leader.name)
        record = world.holder().json()
        self.assertEqual((record["state"], record["member"], record["term"]),
                         ("active", leader.name, queue[0].create))

    @takes(45)
    def test_of_3_that_know_nothing_one_leads_after_the_unknown_wait(self):
        with self.world() as world:
            world.start_members()
            leader = world.wait_for_leader(UNKNOWN_WAIT + 6)
            claimed = leader.find("role_change", to="leader")[0]["at"]
            waited = claimed - leader.find("role_change", to="candidate")[0]["at"]
            self.figure("waited", waited)
            # From heading the queue, which it learns a moment after it has queued.
            self.assertGreater(waited, UNKNOWN_WAIT - 0.1)
            told = [re.search(r"record_unknown for (\d+) ms", e.get("detail", ""))
                    for e in leader.find("waiting")]
            left = [int(found[1]) / 1000 for found in told if found]
            self.assertTrue(left, "nothing says how long the wait is")
            self.assertLessEqual(left[0], UNKNOWN_WAIT)
            self.assertGreater(left[0], UNKNOWN_WAIT / 3)
            world.wait_for(lambda: len(world.queue()) == 3, 5, "three candidates")
            self.assert_one_leads(world, leader)
            world.wait_for_signature(leader)

    @takes(30)
    def test_of_20_one_leads_and_19_wait_behind_it(self):
        # Twenty processes at once starve each other on a small machine: this is about who leads.
        patient = {"etcd": {"request_timeout": "2.5s", "dial_timeout": "5s"}}
        with self.world(members=20, profile="wan", settings=patient) as world:
            leader = world.start()
            world.wait_for(lambda: len(world.queue()) == 20, 5, "twenty candidates")
            self.assert_one_leads(world, leader)
            self.figure("first_active", leader.find("active")[0]["at"] - leader.started_at())


if __name__ == "__main__":
    unittest.main()
