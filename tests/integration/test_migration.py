"""From the older elector to ours, member by member, in the order that docs/operations.md gives. The
older electors are played: a key of theirs in etcd, and a node that stays active when they end."""
import time
import unittest

from case import IntegrationCase, takes
from world import PATIENCE, UNKNOWN_WAIT


class Migration(IntegrationCase):
    def observed(self, world, member, **fields):
        world.wait_for(lambda: member.find("observed", **fields), 10,
                       f"{fields} by {member.name}")

    def take_over_from(self, world, member):
        """The older elector of that host has been stopped for good; ours is in control."""
        member.process.terminate()
        self.assertEqual(member.process.wait(15 * PATIENCE), 0)
        member.settings["member"]["mode"] = "control"
        since = time.time()
        member.start()
        world.wait_for(lambda: member.find("standby_confirmed", since), 20,
                       f"standby of {member.name}")
        return since

    @takes(100, tier="long")
    def test_a_group_moves_member_by_member_and_one_signs_all_the_while_but_once(self):
        with self.world() as world:
            client = world.etcd.client
            older = {}
            for member in world.members:
                lease = client.grant(600)
                older[member.name] = f"{world.key}/{lease:x}", lease
                client.put(older[member.name][0], member.name, lease)
                member.settings["member"]["mode"] = "observe"
            leads, *others = world.members
            world.nodes.set_active(leads.index, True)
            world.start_members()
            queue = " ".join(m.name for m in world.members)
            self.observed(world, leads, node="active", queue=queue,
                          would="deactivate the node: this member does not hold the lead")
            for member in others:
                self.observed(world, member, node="standby", queue=queue,
                              would="queue, and not lead before the foreign key is gone")
            for member in others:
                client.revoke(older[member.name][1])
                self.take_over_from(world, member)
                world.wait_for(lambda m=member: m.name in [e.text for e in world.queue()], 10,
                               f"{member.name} in the queue")
                self.assertEqual(world.nodes.active(), [leads.index])
            world.wait_for(lambda: any(m.find("foreign_recorded") for m in others), 5, "record")
            world.wait_for_signature(leads)
            self.last_one(world, leads, older[leads.name][0])

    def last_one(self, world, leads, key):
        """The older leader is stopped: its node stays active, its key stays in etcd."""
        since = self.take_over_from(world, leads)
        self.assertTrue(leads.find("node_found_active", since, alarm="true"))
        silent = leads.find("standby_confirmed", since)[0]["at"]
        world.stay(2, "nobody leads while the key is there", lambda: not world.nodes.active())
        world.etcd.client.delete(key)
        cleared = world.wait_for(lambda: leads.find("foreign_cleared", since), 10, "clearing")
        new = world.wait_for_leader(35)
        active = new.find("active", since)[-1]["at"]
        self.figure("silent", active - silent)
        # There was no record before: nobody knows how long the older one's holding lives.
        self.assertGreater(active - cleared[0]["at"], UNKNOWN_WAIT - 0.1)
        self.assertNotIn("foreign", world.holder().json())
        world.wait_for_signature(new)


if __name__ == "__main__":
    unittest.main()
