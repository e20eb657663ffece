"""SIGHUP: what a changed configuration does to a running elector, and what it must not do."""
import signal
import unittest

from case import IntegrationCase, takes
from world import toml

# Every line is wrong in its own way; the numbers are those of the lines.
BAD = """[member]
name = "delegate-00"
colour = "red"
[election]
profile = "quick"
[health]
fall = 0
"""


class Reload(IntegrationCase):
    @takes(30)
    def test_valid_changes_are_taken_over_without_losing_the_holding(self):
        with self.world(members=2, proxies=True) as world:
            leader = world.start()
            holder = world.holder()
            leader.settings["health"] = {"fall": 5}
            leader.settings["log"] = {"level": "debug"}
            leader.settings["election"]["hold"] = "4s"
            leader.settings["etcd"]["endpoints"] = world.etcd.endpoints()
            leader.write_config()
            with self.nobody_moves(world, leader, 6) as since:
                leader.process.signal(signal.SIGHUP)
                done = world.wait_for(lambda: leader.find("reloaded", since), 5, "word of success")
                # The way by which it came before is of no use any more.
                leader.cut_off("blackhole")
            changes = " ".join(e["change"] for e in leader.find("reload_change", since))
            for key in ("health.fall", "log.level", "election.hold", "etcd.endpoints"):
                self.assertIn(key, changes)
            self.figure("reloaded", done[0]["at"] - since)
            if not world.role_changes(since):
                self.assertEqual(world.holder().mod, holder.mod)

    @takes(25)
    def test_an_invalid_file_changes_nothing_and_every_problem_is_logged(self):
        with self.world(members=1) as world:
            leader = world.start()
            leader.write_config(BAD)
            with self.nobody_moves(world, leader, 4) as since:
                leader.process.signal(signal.SIGHUP)
                world.wait_for(lambda: leader.find("reload_refused", since,
                                                   result="nothing was changed"),
                               5, "word of refusal")
            problems = [e["problem"] for e in leader.find("reload_refused", since)
                        if "problem" in e]
            places = sorted(p.split(": ")[0].replace(leader.config, "") for p in problems)
            self.assertEqual(places, [":3:1", ":5:11", ":7:8"])
            self.assertEqual(leader.find("reloaded"), [])

    @takes(25)
    def test_a_key_that_cannot_change_is_refused_with_everything_beside_it(self):
        with self.world(members=1) as world:
            leader = world.start()
            changed = {table: dict(values) for table, values in leader.settings.items()}
            changed["member"]["name"] = "another"
            changed["log"] = {"level": "debug"}
            leader.write_config(toml(changed))
            with self.nobody_moves(world, leader, 4) as since:
                leader.process.signal(signal.SIGHUP)
                refused = world.wait_for(lambda: leader.find("reload_refused", since), 5,
                                         "refusal")
            self.assertIn("member.name", refused[0]["change"])
            self.assertEqual(leader.find("reloaded"), [])
            self.assertEqual(leader.find("reload_change"), [])


if __name__ == "__main__":
    unittest.main()
