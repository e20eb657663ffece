"""The host of the leader is gone without a word: its node, its elector, everything."""
import statistics
import unittest

from case import IntegrationCase, takes
from world import OVERTIME, QUIESCE

# The printed budget of the profile: TTL + 0.5 + (hold + quiesce + overtime) x 1.01 + 0.5.
BUDGET = {"fast": 20.7, "standard": 24.7}
# Beyond the budget, for a machine with more processes than processors.
ALLOWANCE = 10.0


class HostLoss(IntegrationCase):
    def lose_leader(self, world, old, profile):
        """The next leader and the seconds until its node was verified active."""
        floor = world.hold + QUIESCE + OVERTIME
        since = world.lose_host(old)
        new = world.wait_for_leader(BUDGET[profile] + 5, other_than=old)
        took = new.find("active", since)[-1]["at"] - since
        self.assertGreater(took, floor)
        self.assert_in_time(world, took, BUDGET[profile] + ALLOWANCE)
        return new, took

    @takes(45)
    def test_a_lost_host_is_replaced_after_the_safe_wait_and_within_the_budget(self):
        with self.world(profile="fast") as world:
            _, took = self.lose_leader(world, world.start(), "fast")
            self.figure("replaced", took)

    def medians(self, profile):
        took = []
        with self.world(profile=profile) as world:
            old = world.start()
            for _ in range(10):
                new, seconds = self.lose_leader(world, old, profile)
                took.append(seconds)
                world.wait_for_signature(new)
                world.nodes.fault("restart", old.index)
                old.start()
                world.wait_for(lambda who=old: who.role() == "candidate", 30, "third candidate")
                old = new
        self.figure("replaced_median", statistics.median(took))
        self.figure("replaced_worst", max(took))
        self.assert_in_time(world, statistics.median(took), BUDGET[profile] + ALLOWANCE / 2)

    @takes(330, tier="long")
    def test_ten_lost_hosts_fast(self):
        self.medians("fast")

    @takes(380, tier="long")
    def test_ten_lost_hosts_standard(self):
        self.medians("standard")


if __name__ == "__main__":
    unittest.main()
