"""The guardian and its elector: one dies, one stands still, both do, a second pair comes."""
import contextlib
import os
import signal
import statistics
import time
import unittest

import programs
from case import IntegrationCase, takes
from secured import Secured
from world import PATIENCE

DRAIN = 2.5  # of a healthy node, at most
BLOCK = 2.5
LATE_SET = 3.5  # a block and 1 s: so long a node may take to act on a set
SLACK = 0.5
# A chain of few nodes may be so late with a block, and a busy machine so late with a process.
LATE = 3.0
# Without an answer for so long, asked every quarter of a second, a guardian counts as frozen.
MISSED = 1.25


class Guardian(IntegrationCase):
    def struck(self, world, old, strike, limit):
        """Does it; the next leader, when the node began to be told, and when the next was up."""
        since = time.time()
        strike(old)
        new = world.wait_for_leader(30, other_than=old)
        down = world.nodes.flag_changes(old.name, "active_off", since)
        self.figure("standby", down[-1] - since)
        acted = old.find("guardian_acts", since) + old.find("role_change", since, to="draining")
        told = min(event["at"] for event in acted) - since
        took = new.find("active", since)[-1]["at"] - since
        self.assert_in_time(world, took, limit + LATE)
        return new, told, took

    @contextlib.contextmanager
    def one(self, strike, limit, **options):
        with self.world(**options) as world:
            old = world.start()
            new, told, took = self.struck(world, old, strike, limit)
            self.figure("told", told)
            self.figure("next_active", took)
            self.note("limit", f"{limit:.1f}s")
            world.stay(3, "one leads", lambda: world.leader() is new)
            yield world, old, told

    def again(self, world, old):
        """It is a candidate again, without anybody's doing."""
        world.wait_for(lambda: old.role() == "candidate" and old.elector(), 15,
                       f"{old.name} in the queue again")

    @takes(45)
    def test_a_killed_elector_is_demoted_recorded_and_started_again(self):
        def strike(old):
            old.signal_elector(signal.SIGKILL)
        with self.one(strike, DRAIN + BLOCK + SLACK) as (world, old, told):
            self.assert_in_time(world, told, 0.1)
            acts = old.find("guardian_acts")
            self.assertEqual([e["reason"] for e in acts], ["elector_gone"])
            term = int(acts[0]["term"])
            past = world.etcd.client.get(f"{world.data}history/{term:016x}").json()
            self.assertEqual((past["from"], past["reason"]), (old.name, "guardian"))
            self.again(world, old)

    @takes(45)
    def test_the_marker_reaches_an_etcd_with_client_certificates_and_users(self):
        def strike(old):
            old.signal_elector(signal.SIGKILL)
        secured = Secured(mutual=True, auth=True)
        with self.one(strike, DRAIN + BLOCK + SLACK, secured=secured) as (world, old, _):
            self.assertEqual([e["what"] for e in old.find("closed")], ["drained"])
            self.again(world, old)

    @takes(50)
    def test_a_frozen_elector_is_killed_before_its_holding_ends(self):
        def strike(old):
            old.signal_elector(signal.SIGSTOP)
        with self.one(strike, 5.0 + DRAIN + BLOCK + SLACK) as (world, old, told):
            self.assert_in_time(world, told, world.hold)
            self.assertEqual([e["reason"] for e in old.find("guardian_acts")], ["elector_silent"])
            self.assertEqual([e["signal"] for e in old.find("elector_gone")], ["9"])
            self.again(world, old)

    @takes(50)
    def test_a_killed_guardian_ends_the_elector_and_both_are_started_again(self):
        def strike(old):
            old.process.kill()
        with self.one(strike, DRAIN + BLOCK + SLACK) as (world, old, told):
            self.assert_in_time(world, told, 0.1)
            self.assertEqual([e["cause"] for e in old.find("guardian_lost")], ["it has ended"])
            world.wait_for(lambda: old.find("stopped", process="elector"), 5, "end of the elector")
            old.start()
            self.again(world, old)

    @takes(50)
    def test_a_frozen_guardian_ends_the_elector_and_starts_it_again_when_it_goes_on(self):
        def strike(old):
            old.process.signal(signal.SIGSTOP)
        with self.one(strike, MISSED + DRAIN + BLOCK + SLACK) as (world, old, told):
            self.assert_in_time(world, told, MISSED + SLACK)
            world.wait_for(lambda: old.find("stopped", process="elector"), 5, "end of the elector")
            old.process.signal(signal.SIGCONT)
            self.again(world, old)
            self.assertEqual(old.find("guardian_acts"), [])  # it has read that all was done

    @takes(60)
    def test_without_etcd_the_node_is_demoted_at_once_and_the_marker_follows(self):
        with self.world() as world:
            old = world.start()
            world.etcd.stop()
            since = time.time()
            old.signal_elector(signal.SIGKILL)
            world.wait_for(lambda: world.nodes.active() == [], 5, "standby node")
            told = old.find("guardian_acts", since)[0]["at"] - since
            self.assert_in_time(world, told, 0.1)
            down = world.nodes.flag_changes(old.name, "active_off", since)[0] - since
            # Before its round a node holds a set up.
            self.assert_in_time(world, down, LATE_SET + 0.1)
            world.stay(2, "nobody leads", lambda: world.nodes.active() == [])
            self.assertEqual(old.find("closed"), [])
            world.etcd.restart()
            back = world.wait_for_etcd()
            world.wait_for(lambda: old.find("closed", since), 12, "marker")
            self.figure("marker_after_etcd", old.find("closed", since)[0]["at"] - back)
            new = world.wait_for_leader(15)
            self.figure("next_active", new.find("active", since)[-1]["at"] - back)

    @takes(40)
    def test_an_elector_killed_before_its_activation_is_answered_is_waited_out(self):
        with self.world() as world:
            old = world.start()
            late = [m for m in world.followers(old) if m.name == world.queue()[1].text][0]
            world.nodes.fault("late_set", late.index, ms=2000)
            old.process.terminate()
            self.assertEqual(old.process.wait(20 * PATIENCE), 0)
            world.wait_for(lambda: late.find("activation_sent"), 10, "activation")
            since = time.time()
            late.signal_elector(signal.SIGKILL)
            world.wait_for(lambda: late.find("guardian_standby", since), 12, "standby")
            waited = late.find("guardian_standby", since)[0]["at"] - since
            self.figure("waited", waited)
            self.assertGreater(waited, LATE_SET - 0.05)  # it might have landed until then
            world.nodes.fault("heal", late.index)
            world.stay(3, "the late activation found nobody", lambda:
                       late.index not in world.nodes.active())

    @takes(40)
    def test_a_dead_node_whose_elector_dies_too_is_recorded_as_dead(self):
        with self.world() as world:
            old = world.start()
            since = time.time()
            world.nodes.fault("crash", old.index)
            old.signal_elector(signal.SIGKILL)
            new = world.wait_for_leader(15, other_than=old)
            self.assertEqual(old.find("guardian_standby", since)[0]["node"], "dead")
            took = new.find("active", since)[-1]["at"] - since
            self.figure("next_active", took)
            self.assertGreater(took, 2.5)

    @takes(45)
    def test_a_node_that_hangs_is_recorded_unfenced_though_its_elector_is_dead(self):
        with self.world() as world:
            old = world.start()
            since = time.time()
            world.nodes.fault("freeze", old.index)
            old.signal_elector(signal.SIGKILL)
            world.wait_for(lambda: world.holder().json()["state"] == "unfenced", 8, "unfenced")
            self.figure("unfenced", time.time() - since)
            world.stay(3, "nobody else leads",
                       lambda: [m.role() for m in world.followers(old)] == ["candidate"] * 2)
            healed = time.time()
            world.nodes.fault("thaw", old.index)
            new = world.wait_for_leader(15, other_than=old)
            self.figure("after_thaw", new.find("active", healed)[0]["at"] - healed)

    @takes(45)
    def test_a_guardian_that_finds_an_orphaned_elector_demotes_and_waits_for_its_end(self):
        with self.world(members=1) as world:
            old = world.start()
            world.nodes.fault("freeze", old.index)  # so that the orphan cannot end soon
            orphan = str(old.elector())
            old.process.kill()
            old.start()
            world.wait_for(lambda: old.find("lock_waiting"), 5, "words on the lock")
            self.assertEqual(old.find("stopped"), [])
            world.nodes.fault("thaw", old.index)
            started = world.wait_for(lambda: old.find("elector_started")[1:], 15, "elector")[0]
            self.assertNotEqual(started["pid"], orphan)
            self.assertLess(old.find("stopped")[0]["at"], started["at"] + 0.001)

    @takes(20)
    def test_a_second_elector_beside_a_frozen_guardian_that_goes_on_is_refused(self):
        with self.world(members=1) as world:
            old = world.start()
            old.process.signal(signal.SIGSTOP)
            log = os.path.join(world.folder, "second.log")
            second = programs.Process("second", [programs.elector(), "run", "--config",
                                                 old.config], log)
            world.others.append(second)
            world.wait_for(lambda: "lock_waiting" in "".join(second.last_lines()), 5, "its wait")
            old.process.signal(signal.SIGCONT)
            self.assertEqual(second.wait(5 * PATIENCE), 1)
            self.assertIn("event=node_locked", "".join(second.last_lines()))
            self.again(world, old)

    @takes(45)
    def test_a_frozen_elector_that_is_thawed_in_time_keeps_the_lead_under_its_guardian(self):
        with self.world() as world:
            leader = world.start()
            with self.nobody_moves(world, leader, 4):
                for _ in range(3):
                    leader.signal_elector(signal.SIGSTOP)
                    time.sleep(1.0)
                    leader.signal_elector(signal.SIGCONT)
                    time.sleep(1.5)
            self.assertEqual(leader.find("guardian_acts"), [])


class Medians(IntegrationCase):
    """The figures of docs/performance.md: each fault ten times, on whoever leads."""

    def ten(self, strike, limit, seconds_to_come_back):
        told, took = [], []
        with self.world(profile="fast") as world:
            leader = world.start()
            for _ in range(10):
                new, t, a = Guardian.struck(self, world, leader, strike, limit)
                told.append(t)
                took.append(a)
                if not leader.alive():
                    leader.start()
                elif leader.process.frozen:
                    leader.process.signal(signal.SIGCONT)
                world.wait_for(lambda: leader.role() == "candidate", seconds_to_come_back,
                               "the old leader in the queue")
                leader = new
                world.wait_for_signature(leader)
        self.figure("told_median", statistics.median(told))
        self.figure("median", statistics.median(took))
        self.figure("max", max(took))

    @takes(180, tier="long")
    def test_ten_killed_electors(self):
        self.ten(lambda m: m.signal_elector(signal.SIGKILL), DRAIN + BLOCK + SLACK, 20)

    @takes(180, tier="long")
    def test_ten_killed_guardians(self):
        self.ten(lambda m: m.process.kill(), DRAIN + BLOCK + SLACK, 20)

    @takes(220, tier="long")
    def test_ten_frozen_electors(self):
        self.ten(lambda m: m.signal_elector(signal.SIGSTOP), 3 + DRAIN + BLOCK + SLACK, 20)

    @takes(200, tier="long")
    def test_ten_frozen_guardians(self):
        self.ten(lambda m: m.process.signal(signal.SIGSTOP), 3 + DRAIN + BLOCK + SLACK, 20)


if __name__ == "__main__":
    unittest.main()
