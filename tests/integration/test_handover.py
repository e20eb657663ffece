"""Hand-overs that somebody asked for: a signal, an order; and orders that keep one from happening.
"""
import json
import time
import unittest

from case import IntegrationCase, takes
from world import PATIENCE


class HandOver(IntegrationCase):
    def tell_phases(self, old, new, since):
        """From the decision to the marker, and to the next verified active node."""
        decided = old.find("role_change", since, to="draining")[0]["at"]
        self.figure("standby", old.find("standby_confirmed", decided)[0]["at"] - decided)
        self.figure("drained", old.find("marker_written", decided)[0]["at"] - decided)
        self.figure("next_active", new.find("active", decided)[-1]["at"] - decided)
        return decided

    @takes(25)
    def test_a_leader_that_is_told_to_stop_hands_over_and_exits_with_0(self):
        with self.world() as world:
            old = world.start()
            since = time.time()
            old.process.terminate()
            self.assertEqual(old.process.wait(15 * PATIENCE), 0)
            drained = old.find("role_change", since, to="draining")
            self.assertEqual([e["reason"] for e in drained], ["shutdown"])
            new = world.wait_for_leader(10, other_than=old)
            self.tell_phases(old, new, since)
            self.assertEqual(old.find("stopped")[-1]["exit_code"], "0")

    @takes(25)
    def test_a_switchover_goes_to_the_named_member_past_those_before_it(self):
        # Between the nodes' clocks lies as much as may.
        with self.world(node_options=("--skew", "0ms,-250ms,250ms")) as world:
            old = world.start()
            world.wait_for(lambda: len(world.queue()) == 3, 5, "three candidates")
            _, between, target = (entry.text for entry in world.queue())
            since = world.order_switchover(old, target)
            new = world.wait_for_leader(15, other_than=old)
            decided = self.tell_phases(old, new, since)
            self.figure("decided", decided - since)
            self.assertEqual(new.name, target)
            changes = world.role_changes(since)
            self.assertIn((between, "candidate", "follower", "switchover_ahead"), changes)
            self.assertIn((old.name, "leader", "draining", "switchover"), changes)
            self.assertEqual([c[0] for c in changes if c[2] == "leader"], [target])
            self.assertTrue(old.alive())

    @takes(20)
    def test_a_switchover_to_nobody_is_refused_and_changes_nothing(self):
        with self.world(members=2) as world:
            leader = world.start()
            with self.nobody_moves(world, leader, 4) as since:
                world.order_switchover(leader, "nobody")
                refused = world.wait_for(lambda: leader.find("switchover_refused", since), 5,
                                         "refusal in the log")
                self.assertIn("nobody", refused[0]["detail"])
            self.assertEqual(len(leader.find("switchover_refused", since)), 1)

    @takes(30)
    def test_in_a_pause_nobody_claims_until_it_is_lifted(self):
        with self.world() as world:
            old = world.start()
            pause = world.data + "control/pause"
            world.etcd.client.put(pause, json.dumps({"v": 1, "who": "test", "why": "test"}))
            world.stay(2, "the leader keeps its holding", lambda: world.leader() is old)
            old.process.terminate()
            self.assertEqual(old.process.wait(15 * PATIENCE), 0)
            world.stay(6, "nobody leads", lambda: not world.nodes.active())
            world.etcd.client.delete(pause)
            lifted = time.time()
            new = world.wait_for_leader(8, other_than=old)
            self.figure("after_pause", new.find("active", lifted)[0]["at"] - lifted)

    @takes(30)
    def test_the_preferred_member_is_next_although_it_came_last(self):
        with self.world() as world:
            preferred = world.members[2]
            preferred.settings["member"]["priority"] = 10
            world.start_members(*world.members[:2])
            world.bootstrap()
            old = world.wait_for_leader(13)
            world.start_members(preferred)
            world.wait_for(lambda: [e.text for e in world.queue()][:2] ==
                           [old.name, preferred.name], 12, "preferred member in second place")
            world.wait_for_signature(old)
            since = time.time()
            old.process.terminate()
            self.assertEqual(old.process.wait(15 * PATIENCE), 0)
            new = world.wait_for_leader(10, other_than=old)
            self.assertIs(new, preferred)
            self.tell_phases(old, new, since)

    @takes(30)
    def test_a_member_that_must_not_lead_never_does(self):
        with self.world(members=2) as world:
            never, leader = world.members
            never.settings["member"]["nofailover"] = True
            world.start_members()
            world.wait_for(lambda: leader.record() and leader.record()["eligible"], 10,
                           "eligible member")
            world.create_first_record()
            self.assertIs(world.wait_for_leader(13), leader)
            world.wait_for_signature(leader)
            self.assertEqual([e.text for e in world.queue()], [leader.name])
            leader.process.terminate()
            self.assertEqual(leader.process.wait(15 * PATIENCE), 0)
            world.stay(9, "nobody leads", lambda: not world.nodes.active())
            self.assertIn("nofailover", never.record()["blocked_by"])


if __name__ == "__main__":
    unittest.main()
