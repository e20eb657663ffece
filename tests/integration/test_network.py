"""A network between the electors and etcd that is slow, lossy or works one way only."""
import time
import unittest

from case import IntegrationCase, takes
from world import OVERTIME, QUIESCE


class Network(IntegrationCase):
    @takes(25)
    def test_a_slow_network_moves_nobody(self):
        with self.world(proxies=True) as world:
            for member in world.members:
                member.cut_off("delay 75")
            leader = world.start()
            with self.nobody_moves(world, leader, 8):
                pass

    @takes(25)
    def test_connections_that_are_reset_every_second_move_nobody(self):
        with self.world(proxies=True) as world:
            leader = world.start()
            with self.nobody_moves(world, leader, 2):
                for _ in range(8):
                    leader.cut_off("reset")
                    time.sleep(1)

    @takes(25)
    def test_a_network_that_fails_every_other_half_second_moves_nobody(self):
        with self.world(proxies=True) as world:
            leader = world.start()
            with self.nobody_moves(world, leader, 8):
                leader.cut_off("flap 500")
            leader.cut_off("pass")

    @takes(45)
    def test_a_leader_that_hears_no_answers_lets_go_and_is_replaced(self):
        with self.world(proxies=True) as world:
            old = world.start()
            since = time.time()
            # What it sends arrives: its lease lives on, its marker may be written unknown to it.
            old.cut_off("one_way_down")
            drained = world.wait_for(lambda: old.find("role_change", since, to="draining"), 6,
                                     "leader that lets go")
            self.assertEqual(drained[0]["reason"], "holding_ending")
            self.figure("let_go", drained[0]["at"] - since)
            new = world.wait_for_leader(30, other_than=old)
            self.figure("replaced", new.find("active", since)[-1]["at"] - since)
            old.cut_off("pass")
            world.wait_for(lambda: old.role() == "candidate", 10, "old leader in the queue again")
            world.stay(3, "one leads", lambda: world.leader() is new)

    @takes(45)
    def test_a_leader_that_cannot_be_heard_lets_go_and_is_replaced(self):
        with self.world(proxies=True) as world:
            old = world.start()
            since = time.time()
            old.cut_off("one_way_up")
            world.wait_for(lambda: old.find("role_change", since, to="draining"), 6,
                           "leader that lets go")
            new = world.wait_for_leader(30, other_than=old)
            took = new.find("active", since)[-1]["at"] - since
            self.figure("replaced", took)
            self.assertGreater(took, world.hold + QUIESCE + OVERTIME)
            old.cut_off("pass")
            world.wait_for(lambda: old.role() == "candidate", 10, "old leader in the queue again")
            world.stay(3, "one leads", lambda: world.leader() is new)


if __name__ == "__main__":
    unittest.main()
