"""A group of more members than anybody follows."""
import json
import time
import unittest

from case import IntegrationCase, takes
from test_api import ask


class Crowd(IntegrationCase):
    @takes(90, tier="long")
    def test_who_is_far_behind_hears_of_hand_overs_and_leads_when_those_before_are_gone(self):
        with self.world(members=20, settings={"api": {"listen": "127.0.0.1:0"}}) as world:
            world.start()
            world.wait_for(lambda: len(world.queue()) == 20, 20, "twenty candidates")
            by_name = {m.name: m for m in world.members}
            last = by_name[world.queue()[-1].text]
            time.sleep(7)  # every member has read since that it is a crowd
            self.assertLess(len(self.status(last)["members"]), 20)
            slowest = 0.0
            for _ in range(3):
                leader = world.leader()
                before = self.term(world)
                leader.process.terminate()
                world.wait_for(lambda: self.term(world) != before, 20, "the next term")
                since, term = time.time(), self.term(world)
                world.wait_for(lambda: self.status(last)["holder"]["term"] == term, 10,
                               "the last one's knowledge of it")
                slowest = max(slowest, time.time() - since)
                world.wait_for_leader(15, other_than=leader)
            self.figure("told_from_afar", slowest)
            self.assert_in_time(world, slowest, 1.5)  # it reads every 5 s only
            for entry in world.queue()[1:-1]:
                by_name[entry.text].process.terminate()
            leader = world.leader()
            world.wait_for(lambda: len(world.queue()) == 2, 30, "only the first and the last")
            leader.process.terminate()
            self.assertIs(world.wait_for_leader(20, other_than=leader), last)

    @staticmethod
    def term(world):
        return world.holder().json()["term"]

    @staticmethod
    def status(member):
        return json.loads(ask(member, "/status")[2])


if __name__ == "__main__":
    unittest.main()
