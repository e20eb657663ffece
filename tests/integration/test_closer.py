"""What the guardian's duty must not depend on: files of other parts, a log that is not read, what
the process that started it had set up; and a marker that would go to the wrong place."""
import contextlib
import errno
import os
import select
import signal
import sys
import threading
import time
import unittest

import programs
from case import IntegrationCase, takes
from test_fencing import FencingCase


class Files(FencingCase):
    def with_program(self, policy, members=3):
        """A group whose fence program is a file that can be taken away: (world, its path)."""
        world = self.fenced_world([], policy=policy, members=members)
        tool = os.path.join(world.folder, "fence")
        with open(tool, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\nexit 1\n")
        os.chmod(tool, 0o755)

        def make_member(index, make=world.make_member):
            member = make(index)
            member.settings["fence"]["command"] = [tool]
            return member
        world.make_member = make_member
        return world, tool

    @takes(40)
    def test_a_hung_node_is_recorded_though_the_fence_program_has_vanished(self):
        world, tool = self.with_program("require")
        with world:
            old = world.start()
            os.remove(tool)
            since = time.time()
            world.nodes.fault("freeze", old.index)
            old.signal_elector(signal.SIGKILL)
            world.wait_for(lambda: world.holder().json()["state"] == "unfenced", 8, "unfenced")
            self.figure("unfenced", time.time() - since)
            self.assertEqual(old.find("closer_failed"), [])
            world.nodes.fault("thaw", old.index)
            world.wait_for(lambda: old.find("elector_started", since), 20, "elector")
            # It starts, sees to standby, and does not lead.
            world.wait_for(lambda: old.find("fence_missing", since), 10, "alarm")
            world.wait_for(lambda: (old.record() or {}).get("node") == "standby", 15, "standby")
            self.assertIn("fence_missing", old.record()["blocked_by"])
            self.assertFalse(old.find("role_change", since, to="candidate"))

    @takes(30)
    def test_a_service_whose_fence_program_is_gone_brings_its_node_to_standby(self):
        world, tool = self.with_program("require", members=1)
        with world:
            old = world.start()
            old.kill_all()
            os.remove(tool)
            self.assertEqual(world.nodes.active(), [old.index])
            code, _, errors = programs.run_elector("check", old.config)
            self.assertEqual(code, 2)
            self.assertIn("fence.command", errors)
            since = time.time()
            old.start()
            world.wait_for(lambda: world.nodes.active() == [], 10, "standby node")
            world.wait_for(lambda: old.find("fence_missing", since), 10, "alarm")
            notes = " ".join(e["text"] for e in old.find("note", since))
            self.assertIn("fence.command", notes)

    @takes(30)
    def test_the_command_fence_needs_no_file_of_other_parts(self):
        world, tool = self.with_program("try", members=1)
        with world:
            old = world.start()
            old.kill_all()
            os.remove(tool)
            old.settings["api"] = {"listen": "0.0.0.0:0", "token_file": "/nowhere/token"}
            old.settings["log"] = {"level": "loud", "file": "/nowhere/elector.log"}
            old.settings["etcd"]["ca_file"] = "/nowhere/ca.pem"
            old.settings["etcd"]["endpoints"] = ["https://127.0.0.1:1"]
            old.write_config()
            code, _, _ = programs.run_elector("check", old.config)
            self.assertEqual(code, 2)
            code, said, _ = self.fence(old)
            self.assertEqual(code, 0, said)
            self.assertIn("is confirmed standby", said)
            self.assertEqual(world.nodes.active(), [])
            for key in ("fence.command", "api.token_file", "log.level", "etcd.ca_file"):
                self.assertRegex(said, f"warning: .*{key}")

    @takes(25)
    def test_an_unusable_log_file_is_told_and_stops_nothing(self):
        with self.world(members=1) as world:
            member = world.members[0]
            member.settings["log"] = {"file": member.config + "/elector.log"}
            leader = world.start()
            told = leader.find("log_file_unusable")
            self.assertEqual([(e["alarm"], e["process"]) for e in told], [("true", "elector")])
            since = time.time()
            leader.signal_elector(signal.SIGKILL)
            world.wait_for(lambda: leader.find("closed", since), 10, "marker")

class OtherElection(IntegrationCase):
    @takes(40)
    def test_a_marker_for_another_election_is_refused_and_told_once(self):
        with self.world(members=1) as world:
            old = world.start()
            since = time.time()
            old.settings["election"]["key"] = "/other"
            old.write_config()
            old.signal_elector(signal.SIGKILL)
            world.wait_for(lambda: len(old.find("closer_elsewhere", since)) >= 2, 20, "two tries")
            failed = old.find("closer_failed", since)
            self.assertEqual([(e["alarm"], e["exit_code"]) for e in failed], [("true", "2")])
            self.assertEqual(world.holder().json()["state"], "active")
            self.assertEqual(old.find("closed", since) + old.find("elector_started", since), [])
            self.assertEqual(world.nodes.active(), [])
            old.settings["election"]["key"] = world.key
            old.write_config()
            world.wait_for(lambda: old.find("closed", since), 12, "marker")
            world.wait_for(lambda: old.role() == "candidate", 15, "a candidate again")

class Stop:
    """A flag; once it is set, what was begun before has ended."""

    def __init__(self):
        self.lock = threading.Lock()
        self.on = False

    def set(self):
        with self.lock:
            self.on = True

    def clear(self):
        self.on = False


class Log(IntegrationCase):
    @contextlib.contextmanager
    def fed(self, member):
        """Its elector logs to a pipe, which is read into its log until the flag is set."""
        path = os.path.join(member.world.folder, "log.pipe")
        os.mkfifo(path)
        member.settings["log"] = {"file": path}
        pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        stuck, over = Stop(), threading.Event()

        def pump():
            with open(member.log, "ab", buffering=0) as log:
                while not over.is_set():
                    with stuck.lock:
                        if not stuck.on and select.select([pipe], [], [], 0)[0]:
                            with contextlib.suppress(BlockingIOError):
                                log.write(os.read(pipe, 65536).lstrip(b"#"))
                    time.sleep(0.02)
        thread = threading.Thread(target=pump, daemon=True)
        thread.start()
        try:
            yield path, stuck
        finally:
            stuck.clear()
            member.world.end_electors()
            over.set()
            thread.join()
            os.close(pipe)

    def fill(self, path):
        """Until it takes no more."""
        end = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        try:
            while True:
                os.write(end, b"#" * 4096)
        except OSError as full:
            self.assertEqual(full.errno, errno.EAGAIN)
        finally:
            os.close(end)

    @takes(40)
    def test_an_elector_held_up_by_its_log_is_dealt_with_in_time(self):
        with self.world(members=1) as world:
            old = world.members[0]
            with self.fed(old) as (path, stuck):
                world.start()
                stuck.set()
                self.fill(path)
                since = time.time()
                old.process.signal(signal.SIGUSR1)  # its answer is a line
                world.wait_for(lambda: world.nodes.active() == [], 10, "standby node")
                down = world.nodes.flag_changes(old.name, "active_off", since)[0]
                self.figure("told", down - since)
                self.assert_in_time(world, down - since, world.hold)
                world.wait_for(lambda: old.find("closed", since), 10, "marker")
                self.assertEqual([e["reason"] for e in old.find("guardian_acts", since)],
                                 ["elector_silent"])
                stuck.clear()
                world.wait_for(lambda: old.role() == "candidate", 15, "a candidate again")

    @takes(30)
    def test_a_log_without_a_reader_ends_nobody(self):
        with self.world(members=1) as world:
            member = world.members[0]
            member.prefix = ["/bin/bash", "-c", 'exec "$@" 2> >(true)', "--"]
            world.start_members()
            world.bootstrap()
            world.wait_for(lambda: world.nodes.active() == [0], 13, "active node")
            world.wait_for_signature(member)
            child = world.wait_for(lambda: electors(member.process.pid), 5, "elector")[0]
            os.kill(child, signal.SIGKILL)
            world.wait_for(lambda: world.holder().json()["state"] == "drained", 10, "marker")
            world.wait_for(lambda: electors(member.process.pid), 5, "elector again")

class Inherited(IntegrationCase):
    @takes(30)
    def test_a_service_started_with_sigchld_ignored_sees_its_elector_end(self):
        code = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); " \
               "os.execv(sys.argv[1], sys.argv[1:])"
        with self.world(members=1) as world:
            member = world.members[0]
            member.prefix = [sys.executable, "-c", code]
            leader = world.start()
            since = time.time()
            leader.signal_elector(signal.SIGKILL)
            gone = world.wait_for(lambda: leader.find("elector_gone", since), 5, "its end")[0]
            self.assertEqual(gone["signal"], "9")
            world.wait_for(lambda: leader.find("closed", since), 10, "marker")
            world.wait_for(lambda: leader.role() == "candidate", 15, "a candidate again")

def electors(pid):
    """The electors among the children of a guardian, from the kernel."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        children = [int(word) for word in file.read().split()]
    return [child for child in children if b"\0elector\0" in command_of(child)]

def command_of(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read()

if __name__ == "__main__":
    unittest.main()
