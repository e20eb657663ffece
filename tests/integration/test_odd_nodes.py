"""Nodes that are set up wrongly, answer late, or all go at once."""
import json
import time
import unittest

from case import IntegrationCase, takes
from world import OVERTIME, PATIENCE, SETTLE, STRETCH

# How long a node that was found active stays out: start_delay 10 s + 2 B + 2 s.
BARRED = 17.0
POLL = 1.0
BLOCK = 2.5


class SetUpWrongly(IntegrationCase):
    @takes(40)
    def test_a_node_that_is_configured_active_is_reported_and_barred(self):
        with self.world(members=1, node_options=("--active",)) as world:
            member = world.members[0]
            world.start_members()
            world.wait_for(lambda: member.find("session_started"), 5, "session")
            world.create_first_record()
            found = world.wait_for(lambda: member.find("node_found_active"), 5, "alarm")[0]
            self.assertEqual(found["alarm"], "true")
            world.wait_for(lambda: world.nodes.active() == [], 5, "standby node")
            world.wait_for(lambda: "seen_active" in (member.record() or {})["blocked_by"], 5,
                           "reason in the member record")
            world.wait_for_leader(BARRED + 12)
            barred = member.find("active")[0]["at"] - found["at"]
            self.figure("barred", barred)
            self.assertGreater(barred, BARRED)

    @takes(40)
    def test_a_second_active_node_is_demoted_at_once_and_told_by_every_member_in_a_pause_too(self):
        with self.world() as world:
            leader = world.start()
            term = world.holder().json()["term"]
            other = world.followers(leader)[0]
            pause = json.dumps({"v": 1, "who": "test", "why": "test"})
            world.etcd.client.put(world.data + "control/pause", pause,
                                  world.etcd.client.grant(60))
            world.overlap_excused = world.double_excused = "an operator's own request"
            since = time.time()
            world.nodes.set_active(other.index, True)
            world.wait_for(lambda: world.nodes.active() == [leader.index], 5, "one active node")
            demoted = world.nodes.flag_changes(other.name, "active_off", since)[0] - since
            found = other.find("node_found_active", since)[0]["at"] - since
            self.figure("found", found)
            self.assert_in_time(world, found, POLL + 0.5)
            self.figure("demoted", demoted)  # a node ends its round first
            self.assert_in_time(world, demoted, POLL + BLOCK + 0.5)
            for member in world.members:
                alarm = world.wait_for(lambda m=member: m.find("double_active", since), 5,
                                       f"alarm of {member.name}")[0]
                self.assertEqual((alarm["alarm"], alarm["detail"]),
                                 ("true", f"{leader.name} and {other.name}"))
            entries = [e.json() for e in world.etcd.client.range(world.data + "history/")]
            told = [e for e in entries if e["reason"] == "double_active"]
            self.assertEqual([(e["term"], e["from"], e["other"]) for e in told],
                             [(term, leader.name, other.name)])
            world.stay(2, "the leader leads on", lambda: world.leader() is leader)

    @takes(20)
    def test_a_node_that_ignores_deactivations_never_leads(self):
        with self.world(members=1, node_options=("--noop",)) as world:
            # Such a node says that it is active for ever.
            world.create_first_record()
            member = world.members[0]
            world.start_members()
            world.wait_for(lambda: member.find("node_ignores_sets", alarm="true"), 10, "alarm")
            world.stay(4, "it does not even queue", lambda: world.queue() == [])
            self.assertEqual(member.role(), "follower")
            # SIGTERM cannot make it standby: that is told, too.
            member.process.terminate()
            self.assertEqual(member.process.wait(20 * PATIENCE), 3)

    @takes(30)
    def test_without_web3_a_hand_over_waits_the_whole_settle_time(self):
        with self.world(settings={"node": {"web3": ""}}) as world:
            old = world.start()
            since = time.time()
            old.process.terminate()
            self.assertEqual(old.process.wait(15 * PATIENCE), 0)
            new = world.wait_for_leader(SETTLE + 5, other_than=old)
            standby = old.find("standby_confirmed", since)[0]["at"]
            waited = new.find("active", since)[-1]["at"] - standby
            self.figure("waited", waited)
            self.assertGreater(waited, SETTLE * STRETCH)


class LateAnswers(IntegrationCase):
    @takes(30)
    def test_a_deactivation_that_acts_late_and_never_answers_is_waited_for(self):
        with self.world() as world:
            old = world.start()
            since = time.time()
            world.nodes.fault("late_set", old.index, ms=2500)
            old.process.terminate()
            self.assertEqual(old.process.wait(20 * PATIENCE), 0)
            new = world.wait_for_leader(12, other_than=old)
            down = world.nodes.flag_changes(old.name, "active_off", since)[0]
            self.figure("standby", down - since)
            self.assertGreater(old.find("standby_confirmed", since)[0]["at"], down - 0.001)
            self.figure("next_active", new.find("active", since)[-1]["at"] - since)

    @takes(40)
    def test_an_activation_that_acts_late_and_never_answers_leaves_one_active(self):
        with self.world() as world:
            old = world.start()
            world.wait_for(lambda: len(world.queue()) == 3, 5, "three candidates")
            late = [m for m in world.members if m.name == world.queue()[1].text][0]
            world.nodes.fault("late_set", late.index, ms=2000)
            old.process.terminate()
            self.assertEqual(old.process.wait(20 * PATIENCE), 0)
            new = world.wait_for_leader(30, other_than=old)
            world.nodes.fault("heal", late.index)
            self.note("leader", "late one" if new is late else "another")
            self.note("unfenced_alarms", len(late.find("unfenced")))
            world.stay(6, "one leads", lambda: len(world.nodes.active()) <= 1)


class AllAtOnce(IntegrationCase):
    @takes(40)
    def test_when_every_node_crashes_one_leads_after_their_restart(self):
        with self.world() as world:
            world.start()
            since = time.time()
            for member in world.members:
                world.nodes.fault("crash", member.index)
            time.sleep(3)
            self.assertEqual(world.nodes.active(), [])
            restarted = time.time()
            for member in world.members:
                world.nodes.fault("restart", member.index)
            new = world.wait_for_leader(15)
            active = new.find("active", since)[-1]["at"]
            self.assertGreater(active - since, OVERTIME)
            self.figure("active_again", active - restarted)

    @takes(60)
    def test_after_a_power_failure_of_everything_one_leads_again(self):
        with self.world() as world:
            world.start()
            world.etcd.stop()
            for member in world.members:
                world.lose_host(member)
            since = time.time()
            world.etcd.restart()
            for member in world.members:
                world.nodes.fault("restart", member.index)
                member.start()
            new = world.wait_for_leader(35)
            self.figure("active_again", new.find("active", since)[-1]["at"] - since)
            world.stay(3, "one leads", lambda: world.leader() is new)


if __name__ == "__main__":
    unittest.main()
