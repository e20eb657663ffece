"""What happens to the leader's node, and who leads then."""
import statistics
import time
import unittest

from case import IntegrationCase, takes
from world import OVERTIME, PATIENCE

# Why a leader whose node process ended lets go: what is known of it by then.
LOST = ("node_lost", "node_restarted", "node_dead")


class NodeFaults(IntegrationCase):
    def hand_over_after(self, world, old, since, seconds, reasons):
        """Waits for the next leader and tells the phases; the old one must have had a reason."""
        new = world.wait_for_leader(seconds, other_than=old)
        drained = old.find("role_change", since, to="draining")
        self.assertIn(drained[0]["reason"], reasons)
        self.figure("decided", drained[0]["at"] - since)
        self.figure("next_active", new.find("active", since)[-1]["at"] - since)
        return new

    @takes(45)
    def test_a_crashed_node_is_released_within_a_quarter_second(self):
        released, nexts = [], []
        with self.world() as world:
            old = world.start()
            for _ in range(3):
                since = time.time()
                world.nodes.fault("crash", old.index)
                new = world.wait_for_leader(5, other_than=old)
                self.assertTrue(old.find("node_dead", since))
                released.append(old.find("marker_written", since)[0]["at"] - since)
                nexts.append(new.find("active", since)[-1]["at"] - since)
                self.assertGreater(nexts[-1], OVERTIME)
                world.nodes.fault("restart", old.index)
                world.wait_for_signature(new)
                old = new
        self.figure("released_median", statistics.median(released))
        self.figure("next_active_median", statistics.median(nexts))
        self.assert_in_time(world, statistics.median(released), 0.25 * PATIENCE)

    @takes(30)
    def test_a_leader_whose_node_reports_503_gives_up_and_cools_down(self):
        with self.world() as world:
            old = world.start()
            since = time.time()
            world.nodes.fault("unready", old.index)
            self.hand_over_after(world, old, since, 12, ["unready"])
            self.assertTrue(old.find("cooling_down", since))
            world.stay(3, "the unready member stays out of the queue",
                       lambda: old.name not in [e.text for e in world.queue()])

    @takes(40)
    def test_a_leader_whose_height_stands_while_others_move_gives_up(self):
        with self.world() as world:
            old = world.start()
            since = time.time()
            world.nodes.fault("frozen_height", old.index)
            self.hand_over_after(world, old, since, 25, ["tip_frozen"])
            self.assertTrue(world.nodes.state()[old.index]["ready"])

    @takes(30)
    def test_a_lone_leader_whose_node_reports_503_stays_and_says_so(self):
        with self.world(members=1) as world:
            leader = world.start()
            with self.nobody_moves(world, leader, 4) as since:
                world.nodes.fault("unready", leader.index)
                world.wait_for(lambda: leader.find("staying_alone", since), 8, "words about it")

    @takes(35)
    def test_a_restart_of_the_leaders_node_ends_its_lead(self):
        with self.world() as world:
            old = world.start()
            since = time.time()
            world.nodes.fault("restart", old.index)
            new = self.hand_over_after(world, old, since, 15, LOST)
            world.wait_for(lambda: old.role() == "candidate", 15, "old leader in the queue again")
            self.assertIs(world.leader(), new)

    @takes(60)
    def test_a_leaders_node_that_restarts_active_signs_nothing_beside_its_successor(self):
        # Every second slot is the delegate's, and the node's start delay is the shipped one: what
        # such a node still has to propose when it is deactivated comes ten seconds after its start.
        options = ("--producers", "2", "--start-delay", "10s")
        with self.world(node_options=options) as world:
            old = world.start()
            since = time.time()
            world.nodes.fault("restart_active", old.index)
            new = self.hand_over_after(world, old, since, 30, LOST)
            world.stay(6, "the new leader leads", lambda: world.leader() is new)
            found = old.find("node_found_active", since)
            self.assertTrue(found, "no alarm: the node was active by its configuration")
            self.assertEqual(found[0]["alarm"], "true")
            self.figure("found", found[0]["at"] - since)
            # start_delay 10 s + 2 B + 2 s from the sight of it.
            world.wait_for(lambda: old.role() == "candidate", 25, "old leader in the queue again")
            # The log counts in milliseconds.
            self.assertGreaterEqual(old.find("role_change", to="candidate")[-1]["at"],
                                    found[0]["at"] + 16.999)
            self.assertIs(world.leader(), new)

    @takes(30)
    def test_a_followers_node_that_restarts_active_is_demoted_and_the_leader_stays(self):
        with self.world() as world:
            world.overlap_excused = "a node active by configuration, before its elector sees it"
            world.double_excused = "residual risk: it may sign before its admin port opens"
            leader = world.start()
            follower = world.followers(leader)[0]
            since = time.time()
            world.nodes.fault("restart_active", follower.index)
            world.wait_for(lambda: follower.find("node_found_active", since), 8, "alarm")
            world.wait_for(lambda: world.nodes.active() == [leader.index], 8, "standby again")
            went_down = world.nodes.flag_changes(follower.name, "active_off", since)
            self.figure("demoted", went_down[-1] - since)
            world.wait_for(lambda: "seen_active" in follower.record()["blocked_by"], 5,
                           "published reason")
            self.assertFalse(follower.record()["eligible"])
            self.assertEqual([c for c in world.role_changes(since) if c[0] == leader.name], [])

    @takes(40)
    def test_a_frozen_node_is_recorded_unfenced_and_nobody_leads_until_it_is_standby(self):
        with self.world() as world:
            old = world.start()
            since = time.time()
            world.nodes.fault("freeze", old.index)
            alarm = world.wait_for(lambda: old.find("unfenced", since), 20, "alarm unfenced")
            drained = old.find("role_change", since, to="draining")
            self.assertEqual(drained[0]["reason"], "status_hung")
            self.figure("decided", drained[0]["at"] - since)
            self.figure("unfenced", alarm[0]["at"] - since)
            world.wait_for(lambda: world.holder().json()["state"] == "unfenced", 5, "marker")
            world.stay(5, "nobody else leads",
                       lambda: [m.role() for m in world.followers(old)] == ["candidate"] * 2)
            healed = time.time()
            world.nodes.fault("thaw", old.index)
            new = world.wait_for_leader(15, other_than=old)
            self.figure("after_thaw", new.find("active", healed)[0]["at"] - healed)


if __name__ == "__main__":
    unittest.main()
