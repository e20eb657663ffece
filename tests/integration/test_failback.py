"""The lead goes back to the preferred member by itself, or stays where it is, as configured."""
import signal
import time
import unittest

from case import IntegrationCase, takes
from world import SETTLE


class Failback(IntegrationCase):
    def begin(self, world):
        """The first member, whom nobody prefers, leads before the others are there."""
        plain = world.members[0]
        world.start_members(plain)
        world.bootstrap()
        self.assertIs(world.wait_for_leader(SETTLE + 6), plain)
        world.wait_for_signature(plain)
        return plain

    @takes(40)
    def test_a_preferred_member_takes_the_lead_back_after_its_time_by_a_switchover(self):
        with self.world() as world:
            preferred, never = world.members[1:]
            preferred.settings["member"]["priority"] = 10
            never.settings["member"].update(priority=20, nofailover=True)
            for member in (preferred, never):
                member.settings["election"]["failback"] = "after 5s"
            plain = self.begin(world)
            since = time.time()
            world.start_members(never, preferred)
            self.assertIs(world.wait_for_leader(40, other_than=plain), preferred)
            world.wait_for_signature(preferred)
            ordered = preferred.find("failback_ordered", since)
            self.assertEqual([(e["from"], e["detail"]) for e in ordered],
                             [(plain.name, "priority 10 over 0")])
            queued = preferred.find("role_change", since, to="candidate")[-1]["at"]
            self.assertGreaterEqual(ordered[0]["at"] - queued, 5.0)
            self.figure("ordered", ordered[0]["at"] - queued)
            active = preferred.find("active", ordered[0]["at"])[0]["at"]
            self.figure("taken", active - ordered[0]["at"])
            drained = plain.find("role_change", since, to="draining")
            self.assertEqual([e["reason"] for e in drained], ["switchover"])
            entry = world.wait_for(
                lambda: world.etcd.client.get(
                    f"{world.data}history/{int(ordered[0]['term']):016x}"), 5, "history").json()
            self.assertEqual((entry["from"], entry["reason"], entry["actor"]),
                             (plain.name, "switchover", "failback"))
            # Nobody is preferred to it now but the one that never leads.
            world.stay(7, "the preferred member leads", lambda: world.leader() is preferred)
            self.assertEqual(never.find("failback_ordered"), [])
            self.assertEqual(never.find("role_change", to="candidate"), [])
            self.assertEqual(len(preferred.find("failback_ordered")), 1)

    @takes(35)
    def test_with_manual_the_lead_stays_until_a_reload_says_otherwise(self):
        with self.world(members=2) as world:
            preferred = world.members[1]
            preferred.settings["member"]["priority"] = 10
            plain = self.begin(world)
            world.start_members(preferred)
            world.wait_for(lambda: len(world.queue()) == 2, 10, "both in the queue")
            world.stay(8, "the lead stays", lambda: world.leader() is plain)
            self.assertEqual(preferred.find("failback_ordered"), [])
            preferred.settings["election"]["failback"] = "after 5s"
            preferred.write_config()
            preferred.process.signal(signal.SIGHUP)
            self.assertIs(world.wait_for_leader(20, other_than=plain), preferred)
            world.wait_for_signature(preferred)


if __name__ == "__main__":
    unittest.main()
