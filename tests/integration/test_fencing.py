"""A node that nobody can bring to standby: the fence command, and the command `fence`."""
import os
import signal
import statistics
import tempfile
import time
import unittest

import programs
from case import IntegrationCase, takes
from world import PATIENCE

BLOCK = 2.5
UNFENCED = 4.0  # after the first deactivation
SLACK = 0.5
LATE = 3.0  # a chain of few nodes may be so late with a block
LATE_SET = 3.5


def order(nodes, index, kind):
    """Words of a command that orders a fault of a simulated node."""
    request = f"POST /fault?node={index}&kind={kind} HTTP/1.1\\r\\nHost: x\\r\\n" \
              "Content-Length: 0\\r\\nConnection: close\\r\\n\\r\\n"
    return ["/bin/bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{nodes.control} && "
            f"printf '{request}' >&3 && head -1 <&3"]


def said(process):
    return "".join(process.last_lines())


class FencingCase(IntegrationCase):
    """A group with a fence command, or none."""

    def fenced_world(self, command, policy="try", timeout="5s", **options):
        """Every member has a fence command; it may depend on the number of its node."""
        world = self.world(**options)

        def make_member(index, make=world.make_member):
            member = make(index)
            words = command(world.nodes, index) if callable(command) else command
            member.settings["fence"] = {"policy": policy, "command": words, "timeout": timeout}
            return member
        world.make_member = make_member
        return world

    def killing(self, **options):
        return self.fenced_world(lambda nodes, i: order(nodes, i, "crash"), **options)

    def nobody_else(self, world, old, seconds):
        world.stay(seconds, "nobody else leads",
                   lambda: [m.role() for m in world.followers(old)] == ["candidate"] * 2)

    def fence(self, member, *more, seconds=40):
        """The command `fence`: (exit code, what it said, seconds)."""
        since = time.time()
        environment = dict(os.environ, STATE_DIRECTORY=member.state_folder)
        code, output, errors = programs.run_elector("fence", *more, "--config", member.config,
                                                    seconds=seconds * PATIENCE,
                                                    environment=environment)
        return code, output + errors, time.time() - since


class Fencing(FencingCase):
    @takes(45)
    def test_a_hung_node_is_killed_by_the_fence_command_and_the_next_one_leads(self):
        with self.killing() as world:
            old = world.start()
            since = time.time()
            world.nodes.fault("freeze", old.index)
            new = world.wait_for_leader(30, other_than=old)
            told = old.find("role_change", since, to="draining")[0]["at"]
            ended = old.find("fence_ended", since)[0]
            fence = int(ended["ms"]) / 1000
            active = new.find("active", since)[-1]["at"]
            self.figure("noticed", told - since)
            self.figure("fence", fence)
            self.figure("next_active", active - told)
            self.figure("since_fault", active - since)
            self.assert_in_time(world, active - told, UNFENCED + fence + BLOCK + SLACK + LATE)
            started = old.find("fence_started", since)[0]
            self.assertEqual((started["asked_by"], started["reason"], started["process"]),
                             ("elector", "status_hung", "guardian"))
            self.assertLess(old.find("unfenced", since)[0]["at"], started["at"] + 0.002)
            self.assertEqual([e["line"].split()[1] for e in old.find("fence_output", since)],
                             ["200"])
            world.nodes.fault("restart", old.index)
            world.wait_for(lambda: old.role() == "candidate", 40, "the old leader in the queue")

    @takes(45)
    def test_the_guardian_of_a_dead_elector_has_a_hung_node_killed(self):
        with self.killing() as world:
            old = world.start()
            since = time.time()
            world.nodes.fault("freeze", old.index)
            old.signal_elector(signal.SIGKILL)
            new = world.wait_for_leader(30, other_than=old)
            active = new.find("active", since)[-1]["at"] - since
            self.figure("next_active", active)
            self.assert_in_time(world, active, UNFENCED + BLOCK + SLACK + 1 + LATE)
            self.assertEqual([e["asked_by"] for e in old.find("fence_started", since)],
                             ["guardian"])
            self.assertEqual([e["node"] for e in old.find("guardian_standby", since)], ["dead"])

    @takes(45)
    def test_without_etcd_the_command_runs_all_the_same(self):
        with self.killing() as world:
            old = world.start()
            since = time.time()
            world.nodes.fault("freeze", old.index)
            world.wait_for(lambda: old.find("role_change", since, to="draining"), 10, "drain")
            world.etcd.stop()
            unfenced = world.wait_for(lambda: old.find("unfenced", since), 8, "alarm")[0]["at"]
            world.wait_for(lambda: old.find("fence_ended", since), 8, "end of the command")
            run = old.find("fence_started", since)[0]["at"]
            self.figure("after_unfenced", run - unfenced)
            self.assert_in_time(world, run - unfenced, 0.5 + SLACK)
            world.wait_for(lambda: old.find("node_dead", since), 5, "death of the node")
            world.etcd.restart()
            world.wait_for_etcd()
            world.wait_for_leader(30, other_than=old)

    @takes(45)
    def test_a_fence_command_that_fails_releases_nothing(self):
        script = "echo cannot reach the machine; exit 3"
        with self.fenced_world(["/bin/sh", "-c", script]) as world:
            old = world.start()
            since = time.time()
            world.nodes.fault("freeze", old.index)
            world.wait_for(lambda: len(old.find("fence_failed", since)) >= 3, 20, "three runs")
            failed = old.find("fence_failed", since)[0]
            self.assertEqual((failed["exit_code"], failed["timed_out"]), ("3", "no"))
            self.assertEqual(old.find("fence_output", since)[0]["line"],
                             "cannot reach the machine")
            self.assertEqual(world.holder().json()["state"], "unfenced")
            self.nobody_else(world, old, 4)
            world.nodes.fault("thaw", old.index)
            world.wait_for_leader(30, other_than=old)

    @takes(45)
    def test_a_fence_command_that_lies_releases_nothing(self):
        with self.fenced_world(["/bin/true"]) as world:
            old = world.start()
            since = time.time()
            world.nodes.fault("freeze", old.index)
            world.wait_for(lambda: len(old.find("fence_without_effect", since)) >= 2, 20, "alarms")
            self.assertEqual(world.holder().json()["state"], "unfenced")
            self.nobody_else(world, old, 4)
            world.nodes.fault("thaw", old.index)
            world.wait_for_leader(30, other_than=old)

    @takes(45)
    def test_a_fence_command_that_hangs_is_killed_and_the_elector_drains_meanwhile(self):
        with self.fenced_world(["/bin/sleep", "1000"], timeout="2s") as world:
            old = world.start()
            since = time.time()
            world.nodes.fault("freeze", old.index)
            failed = world.wait_for(lambda: old.find("fence_failed", since), 20, "killed command")
            self.assertEqual((failed[0]["timed_out"], failed[0]["signal"]), ("yes", "9"))
            world.nodes.fault("thaw", old.index)
            world.wait_for_leader(30, other_than=old)

    def lasting(self, seconds, **options):
        """A command that takes its time, and leaves a file behind when it has done its work."""
        def words(_, index):
            return ["/bin/sh", "-c", f"sleep {seconds}; echo > {self.mark(index)}"]
        return self.fenced_world(words, timeout="30s", **options)

    def mark(self, index):
        if not hasattr(self, "marks"):
            self.marks = tempfile.TemporaryDirectory()
            self.addCleanup(self.marks.cleanup)
        return os.path.join(self.marks.name, str(index))

    @takes(60)
    def test_an_elector_that_is_ended_does_not_call_the_command_back(self):
        alone = {"guardian": {"enabled": False}}
        with self.lasting(18, members=1, settings=alone, policy="require") as world:
            old = world.start()
            world.nodes.fault("freeze", old.index)
            world.wait_for(lambda: old.find("fence_started"), 15, "run of the command")
            self.assertEqual(old.find("fence_started")[0]["process"], "elector")
            old.process.terminate()
            self.assertEqual(old.process.wait(40 * PATIENCE), 3)
            self.assertEqual([e["exit_code"] for e in old.find("fence_ended")], ["0"])
            self.assertTrue(os.path.exists(self.mark(old.index)))

    @takes(60)
    def test_the_command_fence_that_is_interrupted_lets_a_run_end(self):
        with self.lasting(6) as world:
            old = world.start()
            world.nodes.fault("freeze", old.index)
            old.kill_all()
            command = [programs.elector(), "fence", "--config", old.config]
            process = programs.Process("fence", command, old.log + ".fence")
            world.wait_for(lambda: "fence_started" in said(process), 15, "run of the command")
            process.terminate()
            self.assertEqual(process.wait(30 * PATIENCE), 1, said(process))
            self.assertTrue(os.path.exists(self.mark(old.index)))

    @takes(30)
    def test_a_member_whose_required_command_is_gone_does_not_lead(self):
        with self.fenced_world([], policy="require", members=1) as world:
            member = world.members[0]
            tool = os.path.join(world.folder, "fence")
            member.settings["fence"]["command"] = [tool]
            member.write_config()
            code, _, errors = programs.run_elector("check", member.config)
            self.assertEqual(code, 2)
            self.assertIn("fence.command", errors)
            with open(tool, "w", encoding="ascii") as file:
                file.write("#!/bin/sh\n")
            os.chmod(tool, 0o755)
            member.start()
            world.wait_for(lambda: member.role() == "candidate", 15, "a candidate")
            os.chmod(tool, 0o644)
            world.wait_for(lambda: member.find("fence_missing"), 10, "alarm")
            world.wait_for(lambda: member.role() == "follower", 5, "its leaving of the queue")
            os.chmod(tool, 0o755)
            world.wait_for(lambda: member.role() == "candidate", 15, "a candidate again")


class Medians(FencingCase):
    """The figures of docs/performance.md."""

    @takes(420, tier="long")
    def test_ten_hung_nodes(self):
        noticed, took, whole = [], [], []
        with self.killing(profile="fast") as world:
            leader = world.start()
            for _ in range(10):
                old, since = leader, time.time()
                world.nodes.fault("freeze", old.index)
                leader = world.wait_for_leader(30, other_than=old)
                told = old.find("role_change", since, to="draining")[0]["at"]
                active = leader.find("active", since)[-1]["at"]
                fence = int(old.find("fence_ended", since)[-1]["ms"]) / 1000
                noticed.append(told - since)
                took.append(active - told - fence)
                whole.append(active - since)
                self.assert_in_time(world, took[-1], UNFENCED + BLOCK + SLACK + LATE)
                world.nodes.fault("restart", old.index)
                world.wait_for(lambda m=old: m.role() == "candidate", 60,
                               "the old leader in the queue")
                world.wait_for_signature(leader)
        self.figure("noticed_median", statistics.median(noticed))
        self.figure("median_without_fence", statistics.median(took))
        self.figure("max_without_fence", max(took))
        self.figure("since_fault_median", statistics.median(whole))


class FenceByHand(FencingCase):
    @takes(50)
    def test_a_node_left_active_by_killed_processes_is_fenced_without_etcd(self):
        with self.world() as world:
            old = world.start()
            old.kill_all()
            since = time.time()
            world.etcd.stop()
            self.assertEqual(world.nodes.active(), [old.index])
            code, said, took = self.fence(old)
            self.assertEqual(code, 0, said)
            self.assertIn("is confirmed standby", said)
            self.assertEqual(world.nodes.active(), [])
            down = world.nodes.flag_changes(old.name, "active_off", since)
            self.figure("told", down[0] - since)
            self.figure("took", took)
            self.assertGreater(took, LATE_SET)  # an activation may have been on its way
            world.etcd.restart()
            world.wait_for_etcd()
            world.wait_for_leader(40, other_than=old)

    @takes(45)
    def test_a_late_activation_of_a_killed_elector_is_put_down_again(self):
        with self.world() as world:
            old = world.start()
            late = [m for m in world.followers(old) if m.name == world.queue()[1].text][0]
            world.nodes.fault("late_set", late.index, ms=2000)
            old.process.terminate()
            self.assertEqual(old.process.wait(20 * PATIENCE), 0)
            world.wait_for(lambda: late.find("activation_sent"), 10, "activation")
            late.kill_all()
            since = time.time()
            code, said, _ = self.fence(late)
            self.assertEqual(code, 0, said)
            world.nodes.fault("heal", late.index)
            ups = world.nodes.flag_changes(late.name, "active_on", since)
            downs = world.nodes.flag_changes(late.name, "active_off", since)
            self.note("landed", len(ups))
            self.assertEqual(len(downs), len(ups))
            world.stay(3, "it stays standby", lambda: late.index not in world.nodes.active())

    @takes(30)
    def test_a_running_service_is_not_disturbed_unless_it_is_forced(self):
        with self.world() as world:
            leader = world.start()
            code, said, _ = self.fence(leader)
            self.assertEqual(code, 1)
            self.assertIn("another elector controls it", said)
            self.assertIs(world.leader(), leader)
            since = time.time()
            code, said, _ = self.fence(leader, "--force")
            self.assertEqual(code, 0, said)
            world.wait_for(lambda: leader.find("role_change", since, to="draining"), 5, "drain")
            world.wait_for_leader(30)

    @takes(30)
    def test_beside_an_elector_that_has_lost_its_guardian_it_is_not_refused(self):
        with self.world() as world:
            old = world.start()
            old.process.kill()
            code, said, took = self.fence(old)
            self.assertEqual(code, 0, said)
            self.figure("took", took)
            world.wait_for_leader(30, other_than=old)

    @takes(60)
    def test_a_hung_node_is_killed_by_hand_and_its_record_drained_by_the_next_start(self):
        with self.killing() as world:
            old = world.start()
            world.nodes.fault("freeze", old.index)
            world.wait_for(lambda: world.holder().json()["state"] == "unfenced" or
                           old.find("role_change", to="draining"), 15, "drain")
            old.kill_all()
            code, said, took = self.fence(old)
            self.assertEqual(code, 0, said)
            self.assertIn("both its ports refuse", said)
            self.assertIn("asked_by=operator", said)
            self.figure("took", took)
            old.start()
            world.wait_for_leader(45, other_than=old)

    @takes(60)
    def test_a_hung_node_without_a_command_is_reported(self):
        with self.world() as world:
            old = world.start()
            world.nodes.fault("freeze", old.index)
            old.kill_all()
            code, said, took = self.fence(old)
            self.assertEqual(code, 1)
            self.assertIn("its admin port does not answer", said)
            self.assertIn("end its process", said)
            self.figure("took", took)
            world.nodes.fault("crash", old.index)
            code, said, took = self.fence(old)
            self.assertEqual(code, 0, said)
            self.assertIn("is dead", said)
            world.wait_for_leader(40, other_than=old)


if __name__ == "__main__":
    unittest.main()
