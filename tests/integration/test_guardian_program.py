"""The guardian's own program: it is what runs, a service without it has a guardian all the same,
and an upgrade under a service that runs changes nothing for it."""
import os
import shutil
import signal
import unittest

import programs
from case import IntegrationCase, takes
from world import PATIENCE


def executable(pid):
    return os.readlink(f"/proc/{pid}/exe")


def name_of(pid):
    with open(f"/proc/{pid}/comm", encoding="ascii") as file:
        return file.read().strip()


class Tree:
    """The two programs, as an installation has them, and others in their places."""

    def __init__(self, world):
        self.elector = os.path.join(world.folder, "usr/bin/iotex-elector")
        relative = os.path.relpath(programs.guardian(), os.path.dirname(programs.elector()))
        self.guardian = os.path.normpath(os.path.join(os.path.dirname(self.elector), relative))
        for path in (self.elector, self.guardian):
            os.makedirs(os.path.dirname(path))

    def put(self, path, source):
        """As a package manager does: what runs keeps what it has."""
        shutil.copy2(source, path + ".new")
        os.rename(path + ".new", path)


class GuardianProgram(IntegrationCase):
    def serve(self, world, tree):
        member = world.members[0]
        member.program = tree.elector
        return world.start()

    def fail_over(self, world, member):
        """Its elector is killed; that is recorded by a closer, and another elector is started."""
        before = member.elector()
        os.kill(before, signal.SIGKILL)
        world.wait_for(lambda: member.find("guardian_done") and member.elector(), 20, "a demotion")
        self.assertEqual([e["what"] for e in member.find("closed")], ["drained"])
        self.assertNotEqual(member.elector(), before)
        self.assertEqual(world.nodes.active(), [])

    def stop(self, member):
        member.process.terminate()
        self.assertEqual(member.process.wait(20 * PATIENCE), 0)

    @takes(20)
    def test_the_guardian_is_a_program_of_its_own_and_its_children_are_the_elector(self):
        with self.world(members=1) as world:
            member = world.start()
            pid = member.process.pid
            self.assertEqual(executable(pid), programs.guardian())
            self.assertEqual(executable(member.elector()), programs.elector())
            self.assertEqual((name_of(pid), name_of(member.elector())),
                             ("iotex-elector", "elector"))
            self.assertEqual(member.find("guardian_program_unusable"), [])
            with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
                self.assertIn(member.config, file.read().split("\0"))
            self.fail_over(world, member)
            self.stop(member)

    def without(self, source, why):
        with self.world(members=1) as world:
            tree = Tree(world)
            tree.put(tree.elector, programs.elector())
            if source:
                tree.put(tree.guardian, source)
            member = self.serve(world, tree)
            told = member.find("guardian_program_unusable")
            self.assertEqual([(e["level"], e["program"], e["error"]) for e in told],
                             [("warn", tree.guardian, why)])
            self.assertEqual(executable(member.process.pid), tree.elector)
            self.fail_over(world, member)
            self.stop(member)

    @takes(20)
    def test_a_service_whose_guardians_program_is_missing_is_guarded_by_the_electors(self):
        self.without(None, "it cannot be opened: No such file or directory")

    @takes(20)
    def test_a_service_whose_guardians_program_is_another_one_is_guarded_by_the_electors(self):
        self.without(programs.tool("true"), "it is of another version")

    @takes(20)
    def test_programs_that_are_replaced_under_a_service_are_not_what_it_starts(self):
        with self.world(members=1) as world:
            tree = Tree(world)
            tree.put(tree.elector, programs.elector())
            tree.put(tree.guardian, programs.guardian())
            member = self.serve(world, tree)
            self.assertEqual(executable(member.process.pid), tree.guardian)
            for path in (tree.elector, tree.guardian):
                tree.put(path, programs.tool("true"))
            self.fail_over(world, member)
            self.assertEqual(executable(member.elector()), tree.elector + " (deleted)")
            self.stop(member)

    @takes(5)
    def test_nobody_but_run_starts_the_guardians_program(self):
        for words in ([], ["5"], ["0", "1"], ["99", "98", "--config", "x"], ["x", "y"]):
            done = programs.run(programs.guardian(), *words)
            self.assertEqual(done, (2, "", "iotex-elector-guardian: only iotex-elector run starts "
                                           "it\n"))


if __name__ == "__main__":
    unittest.main()
