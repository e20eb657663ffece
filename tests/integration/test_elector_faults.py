"""The elector itself dies or stands still; operators delete what they should not; observers."""
import os
import signal
import time
import unittest

from case import IntegrationCase, takes
from world import SETTLE


class ElectorFaults(IntegrationCase):
    @takes(50)
    def test_a_service_that_was_killed_and_is_started_again_makes_the_node_standby_first(self):
        """Guardian and elector at once: nothing is promised until the service manager acts."""
        with self.world() as world:
            old = world.start()
            since = time.time()
            old.kill_all()
            self.assertEqual(world.nodes.active(), [old.index])
            time.sleep(1)  # as a service manager does
            old.start()
            world.wait_for(lambda: world.nodes.active() == [], 8, "standby node")
            down = world.nodes.flag_changes(old.name, "active_off", since)
            self.figure("standby", down[-1] - since)
            new = world.wait_for_leader(30, other_than=old)
            self.figure("next_active", new.find("active", since)[-1]["at"] - since)
            world.stay(3, "one leads", lambda: world.leader() is new)

    @takes(35)
    def test_a_host_that_stood_still_past_its_holding_lets_go_at_once(self):
        with self.world() as world:
            old = world.start()
            old.process.signal(signal.SIGSTOP)  # first, or it would act
            elector = old.elector()
            os.kill(elector, signal.SIGSTOP)
            time.sleep(world.hold + 3)  # its holding is over; nobody else may go for 18 s more
            self.assertEqual(world.nodes.active(), [old.index])
            since = time.time()
            os.kill(elector, signal.SIGCONT)
            old.process.signal(signal.SIGCONT)
            let_go = world.wait_for(lambda: old.find("guardian_acts", since) or
                                    old.find("role_change", since, to="draining"), 2,
                                    "leader that lets go")
            self.figure("let_go", let_go[0]["at"] - since)
            self.assert_in_time(world, let_go[0]["at"] - since, 0.5)
            new = world.wait_for_leader(SETTLE + 4, other_than=old)
            self.figure("next_active", new.find("active", since)[-1]["at"] - since)

    @takes(20)
    def test_a_leader_that_stands_still_for_a_second_keeps_its_lead(self):
        with self.world() as world:
            leader = world.start()
            with self.nobody_moves(world, leader, 5):
                leader.signal_elector(signal.SIGSTOP)
                time.sleep(1)
                leader.signal_elector(signal.SIGCONT)


class Operators(IntegrationCase):
    @takes(60)
    def test_a_deleted_holder_record_ends_the_holding_and_costs_the_unknown_wait(self):
        with self.world() as world:
            old = world.start()
            since = time.time()
            world.etcd.client.delete(world.data + "holder")
            drained = world.wait_for(lambda: old.find("role_change", since, to="draining"), 3,
                                     "leader that lets go")
            self.assertEqual(drained[0]["reason"], "confirmation_refused")
            self.figure("decided", drained[0]["at"] - since)
            new = world.wait_for_leader(35)
            self.figure("next_active", new.find("active", since)[-1]["at"] - since)
            self.assertGreater(new.find("active", since)[-1]["at"] - since, 28.7)


class Observe(IntegrationCase):
    @takes(20)
    def test_an_observer_touches_nothing_or_does_not_start(self):
        with self.world(members=1, settings={"member": {"mode": "observe"}}) as world:
            member = world.members[0]
            world.create_first_record()
            member.start()
            member.process.expected_end = True
            world.nodes.set_active(0, True)  # the older elector beside it
            world.stay(8, "the node is as the other elector wants it",
                       lambda: world.nodes.active() == [0])
            self.assertEqual([e.key for e in world.queue()], [])
            if not member.alive():
                self.assertNotEqual(member.process.exit_code(), 0)
                self.assertIn("observe", "".join(member.process.last_lines()))


if __name__ == "__main__":
    unittest.main()
