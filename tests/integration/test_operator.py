"""What an operator says with a command: vouching for a dead node, the first record, the cluster."""
import os
import stat
import subprocess
import time
import unittest

import programs
from case import IntegrationCase, takes
from world import PATIENCE, SETTLE


class Command(IntegrationCase):
    """Runs commands beside a group and judges what they say."""

    def refused(self, reason, *arguments, code=1):
        got, output, errors = programs.run_elector(*arguments)
        self.assertEqual((got, output), (code, ""))
        self.assertIn(reason, errors)

    def on_a_terminal(self, answer, *arguments):
        """(exit code, output, errors) of a command to which an operator types the answer."""
        mine, theirs = os.openpty()
        try:
            os.write(mine, answer.encode() + b"\n")
            done = subprocess.run([programs.elector(), *arguments], stdin=theirs, timeout=30,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                  preexec_fn=programs.die_with_parent)
            return done.returncode, done.stdout, done.stderr
        finally:
            os.close(mine)
            os.close(theirs)

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
            world.lose_host(old)
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
            order = ("fence", "--confirmed-dead", "key:beef", "--config", member.config)
            self.refused("still in the queue", *order, "--yes")
            client.revoke(lease)
            code, output, errors = self.on_a_terminal("beef", *order)
            self.assertEqual((code, output), (1, ""))
            self.assertIn("Type key:beef to go on", errors)
            self.assertIn("not confirmed; nothing was changed", errors)
            self.assertIn("foreign", world.holder().json())
            code, output, errors = self.on_a_terminal("key:beef", *order)
            self.assertEqual(code, 0, errors)
            self.assertIn("/beef (named somebody) is cleared", output)
            self.assertNotIn("foreign", world.holder().json())
            world.wait_for_leader(26)

    @takes(1)
    def test_wrong_command_lines_end_with_2(self):
        for line in (["fence"], ["fence", "--confirmed-dead"], ["fence", "--confirmed-dead", "a"],
                     ["fence", "--confirmed-dead=a", "--colour=red"],
                     ["fence", "--confirmed-dead=a", "--config=/nowhere/elector.toml"]):
            with self.subTest(line):
                self.refused("", *line, code=2)


class Bootstrap(Command):
    def order(self, world, *names, yes=("--yes",)):
        return ("bootstrap", "--members", ",".join(names or world.names), *yes,
                "--config", world.members[0].config)

    @takes(30)
    def test_a_new_group_leads_without_the_waiting(self):
        with self.world() as world:
            world.start_members()
            world.wait_for(world.registered, 10, "every member registered and eligible")
            self.refused("type the word on a terminal", *self.order(world, yes=()))
            self.refused(f"{world.names[2]} is registered and not named",
                         *self.order(world, *world.names[:2]))
            self.refused("nobody is not registered", *self.order(world, *world.names, "nobody"))
            self.assertIsNone(world.holder())
            began = time.monotonic()
            self.assertIn("the first holder record is there", self.done(*self.order(world)))
            self.figure("took", time.monotonic() - began)
            leader = world.wait_for_leader(SETTLE + 6)
            world.wait_for_signature(leader)
            self.assertEqual(world.etcd.client.get(world.data + "control/bootstrap"), None)
            history = world.etcd.client.get(world.data + "history/" + "0" * 16).json()
            self.assertEqual(history["reason"], "bootstrap")
            self.refused("there is a holder record already", *self.order(world))

    @takes(40)
    def test_a_member_that_cannot_answer_for_its_node_is_waited_for_and_named(self):
        with self.world(members=2) as world:
            world.start_members()
            world.wait_for(world.registered, 10, "every member registered and eligible")
            world.nodes.fault("freeze", 1)
            self.refused(f"no verified standby since the command was given from {world.names[1]}",
                         *self.order(world))
            world.nodes.fault("thaw", 1)
            self.assertIsNone(world.holder())

    @takes(30)
    def test_a_node_that_was_active_on_its_own_refuses_the_first_record(self):
        with self.world(members=2) as world:
            world.start_members()
            world.wait_for(world.registered, 10, "every member registered and eligible")
            world.nodes.set_active(1, True)
            world.wait_for(lambda: "seen_active" in world.members[1].record()["blocked_by"], 8,
                           "word of it")
            self.refused(f"the node of {world.names[1]} ", *self.order(world))
            self.assertIsNone(world.holder())


class Cluster(Command):
    def restart(self, member):
        member.process.terminate()
        member.process.wait(40)
        member.start()

    @takes(75)
    def test_a_replaced_etcd_is_used_only_after_an_operator_accepts_it(self):
        with self.world(members=2, names=["one", "two"]) as world:
            old = world.start()
            files = [os.path.join(m.state_folder, "cluster-%2Fiotex-server.json")
                     for m in world.members]
            self.assertEqual({stat.S_IMODE(os.stat(file).st_mode) for file in files}, {0o600})
            world.etcd.replace(20 * PATIENCE)
            world.wait_for(lambda: not world.nodes.active(), 15, "end of the lead")
            for member in world.members:
                world.wait_for(lambda m=member: m.find("other_cluster", alarm="true"), 15, "alarm")
            self.restart(old)  # what it has learned is on disk
            world.wait_for(lambda: old.find("other_cluster", old.started_at()), 15, "alarm")
            world.wait_for(lambda: all(m.record() for m in world.members), 15, "registrations")
            names = ("--members", "one,two", "--yes", "--config", old.config)
            self.refused("has pinned another etcd cluster", "bootstrap", *names)
            for member in world.members:
                output = self.done("bootstrap", "--accept-cluster", "--yes", "--config",
                                   member.config)
                self.assertIn("Restart the elector", output)
                self.assertIn("nothing to do", self.done("bootstrap", "--accept-cluster", "--yes",
                                                         "--config", member.config))
                self.restart(member)
            world.wait_for(world.registered, 15, "both standby and eligible")
            self.done("bootstrap", *names)
            world.wait_for_signature(world.wait_for_leader(SETTLE + 6))

    @takes(25)
    def test_a_damaged_pin_keeps_the_member_out_and_is_not_written_over(self):
        with self.world(members=1) as world:
            member = world.members[0]
            pin = os.path.join(member.state_folder, "cluster-%2Fiotex-server.json")
            os.makedirs(member.state_folder)
            with open(pin, "w", encoding="utf-8") as file:
                file.write("{")
            world.create_first_record()
            member.start()
            told = world.wait_for(lambda: member.find("cluster_pin", alarm="true"), 5, "alarm")
            self.assertIn("it is damaged", told[0]["error"])
            world.wait_for(lambda: member.record() and "other_cluster" in
                           member.record()["blocked_by"], 8, "reason")
            world.stay(5, "nobody is queued", lambda: not world.queue())
            with open(pin, encoding="utf-8") as file:
                self.assertEqual(file.read(), "{")


if __name__ == "__main__":
    unittest.main()
