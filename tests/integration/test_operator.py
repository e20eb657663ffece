"""What an operator says with a command."""
import unittest

import programs
from case import IntegrationCase, takes
from world import SETTLE


class Command(IntegrationCase):
    """Runs commands beside a group and judges what they say."""

    def refused(self, reason, *arguments, code=1):
        got, output, errors = programs.run_elector(*arguments)
        self.assertEqual((got, output), (code, ""))
        self.assertIn(reason, errors)

    def done(self, *arguments):
        code, output, errors = programs.run_elector(*arguments)
        self.assertEqual(code, 0, errors)
        return output


class Fence(Command):
    @takes(50)
    def test_a_host_lost_while_unfenced_strands_the_group_until_an_operator_vouches(self):
        with self.world() as world:
            old = world.start()
            world.nodes.fault("freeze", old.index)
            world.wait_for(lambda: world.holder().json()["state"] == "unfenced", 25, "unfenced")
            old.process.kill()
            world.nodes.fault("lose_host", old.index)
            other = world.followers(old)[0]
            where = ("--config", other.config)
            record = world.holder()
            world.stay(4, "nobody leads", lambda: not world.nodes.active())
            self.refused("type the name on a terminal", "fence", "--confirmed-dead", old.name,
                         *where)
            self.refused("the record is unfenced and of " + old.name, "fence", "--yes",
                         "--confirmed-dead", other.name, *where)
            self.assertEqual(world.holder().mod, record.mod)
            output = self.done("fence", "--confirmed-dead", old.name, "--yes", *where)
            self.assertIn(f"the record of {old.name}", output)
            vouched = world.etcd.client.get(
                f"{world.data}history/{record.json()['term']:016x}").json()
            self.assertEqual((vouched["from"], vouched["reason"]), (old.name, "confirmed_dead"))
            self.assertIn("@", vouched["actor"])
            new = world.wait_for_leader(SETTLE + 6, other_than=old)
            world.wait_for_signature(new)
            self.refused("the record is active and of " + new.name, "fence", "--yes",
                         "--confirmed-dead", old.name, *where)

    @takes(50)
    def test_a_foreign_key_that_names_nobody_is_cleared_by_an_operator(self):
        with self.world(members=2) as world:
            client, member = world.etcd.client, world.members[0]
            world.create_first_record()
            lease = client.grant(60)
            client.put(f"{world.key}/beef", "somebody", lease)
            world.start_members()
            world.wait_for(lambda: world.holder().json().get("foreign"), 10, "record of it")
            order = ("fence", "--confirmed-dead", "key:beef", "--yes", "--config", member.config)
            self.refused("still in the queue", *order)
            client.revoke(lease)
            self.assertIn("/beef (named somebody) is cleared", self.done(*order))
            self.assertNotIn("foreign", world.holder().json())
            world.wait_for_leader(26)

    @takes(1)
    def test_wrong_command_lines_end_with_2(self):
        for line in (["fence"], ["fence", "--confirmed-dead"], ["fence", "--confirmed-dead", "a"],
                     ["fence", "--confirmed-dead=a", "--colour=red"],
                     ["fence", "--confirmed-dead=a", "--config=/nowhere/elector.toml"]):
            with self.subTest(line):
                self.refused("", *line, code=2)


if __name__ == "__main__":
    unittest.main()
