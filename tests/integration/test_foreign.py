"""Beside an older elector, or etcdctl: a key in the queue that belongs to no member."""
import os
import time
import unittest

import programs
from case import IntegrationCase, takes
from world import OVERTIME, QUIESCE, STRETCH


class Foreign(IntegrationCase):
    def assert_waiting_behind(self, world, who, seconds):
        """Our members are candidates that do not lead, and have raised the alarms."""
        members = [m for m in world.members if m.alive()]
        world.wait_for(lambda: len(world.queue()) == len(members) + 1, 10, "queue behind it")
        self.assertEqual(world.queue()[0].text, who)
        for member in members:
            world.wait_for(lambda m=member: m.find("migration_foreign_candidate", alarm="true"), 5,
                           f"alarm of {member.name}")
        world.wait_for(lambda: any(m.find("foreign_recorded", alarm="true", detail=who)
                                   for m in members), 5, "record of it")
        self.assertEqual([f["value"] for f in world.holder().json()["foreign"]], [who])
        world.stay(seconds, "ours wait",
                   lambda: {m.role() for m in members} <= {"candidate", "follower"})

    @takes(45)
    def test_ours_wait_behind_etcdctl_and_stay_blocked_after_it(self):
        with self.world(members=2) as world:
            # A group that has led before: without the foreign key it would lead in 6.5 s.
            world.create_first_record()
            command = [programs.tool("etcdctl"), "--endpoints", world.etcd.endpoints()[0],
                       "elect", world.key, "somebody"]
            environment = dict(os.environ, ETCDCTL_API="3")
            log = os.path.join(world.folder, "etcdctl.log")
            stranger = programs.Process("etcdctl", command, log, environment)
            world.others.append(stranger)
            world.wait_for(world.queue, 5, "key of etcdctl")
            world.start_members()
            self.assert_waiting_behind(world, "somebody", 5)
            lease = world.queue()[0].lease
            stranger.kill()
            world.etcd.client.revoke(lease)  # instead of waiting for its end
            world.wait_for(lambda: len(world.queue()) == 2, 5, "end of its key")
            # No member is named "somebody": nobody can vouch for its node.
            world.stay(12, "nobody leads", lambda: not world.nodes.active())
            head = [m for m in world.members if m.name == world.queue()[0].text][0]
            world.wait_for(lambda: "foreign" in head.find("waiting")[-1]["detail"], 5,
                           "reason in the log")
            self.assertEqual([f["value"] for f in world.holder().json()["foreign"]], ["somebody"])

    @takes(60)
    def test_an_older_electors_key_is_cleared_by_the_member_it_named(self):
        with self.world() as world:
            client, named = world.etcd.client, world.members[0]
            world.create_first_record()
            # The older elector of this member leads and has its node active.
            lease = client.grant(60)
            client.put(f"{world.key}/{lease:x}", named.name, lease)
            world.nodes.set_active(named.index, True)
            world.start_members(*world.members[1:])
            self.assert_waiting_behind(world, named.name, 5)
            # It dies, which deactivates nothing; then ours takes over its place.
            died = time.time()
            client.revoke(lease)
            world.stay(4, "nobody else is active",
                       lambda: world.nodes.active() == [named.index])
            self.assertFalse(any(m.find("foreign_cleared") for m in world.members))
            named.start()
            world.wait_for(lambda: named.find("node_found_active"), 10, "alarm")
            cleared = world.wait_for(lambda: named.find("foreign_cleared", died), 15, "clearing")
            standby = named.find("standby_confirmed", died)[0]["at"]
            self.assertGreaterEqual(cleared[0]["at"], standby)
            new = world.wait_for_leader(22)
            waited = new.find("active")[-1]["at"] - cleared[0]["at"]
            self.figure("waited", waited)
            self.assertGreater(waited, (world.hold + QUIESCE + OVERTIME) * STRETCH - 0.1)
            self.assertNotIn("foreign", world.holder().json())


if __name__ == "__main__":
    unittest.main()
