"""Under a service manager: what it hears of a start, a reload, a stop, and what stands still."""
import contextlib
import os
import re
import signal
import sys
import time
import unittest

from case import IntegrationCase, takes
from manager import WATCHDOG, Manager
from test_reload import BAD
import programs
from world import PATIENCE

sys.path.insert(0, os.path.join(programs.ROOT, "tests", "packaging"))
import units  # noqa: E402  (needs the path above)

PACE = WATCHDOG / 2
LATE = 0.7  # of a program on a busy machine; below that the watchdog would not have bitten


class Service(IntegrationCase):
    @contextlib.contextmanager
    def managed(self, abstract=False, **options):
        """A group whose first member has a service manager, which is not a process here."""
        with self.world(**options) as world, Manager(world.folder, abstract) as manager:
            world.members[0].environment = manager.environment()
            yield world, world.members[0], manager

    @contextlib.contextmanager
    def one(self, **options):
        with self.managed(members=1, **options) as (world, member, manager):
            world.start()
            yield world, member, manager

    @takes(20)
    def test_a_start_is_over_when_the_elector_turns_and_the_status_says_what_it_does(self):
        with self.one() as (world, member, manager):
            self.assertEqual(manager.changes(), ["READY"])
            ready = manager.times("READY")[0]
            self.assertGreater(ready, member.find("started")[0]["at"])
            self.figure("ready", ready - member.find("guardian_started")[0]["at"])
            with open(f"/proc/{member.elector()}/environ", "rb") as file:
                self.assertEqual([v for v in file.read().split(b"\0")
                                  if v.startswith((b"NOTIFY_", b"WATCHDOG_"))], [])
            leads = "leader, node active: holds term "
            world.wait_for(lambda: manager.values("STATUS")[-1].startswith(leads), 5, "status")
            self.assertIn("the elector starts", manager.values("STATUS"))
            times = manager.times("STATUS")
            self.assertGreaterEqual(min(b - a for a, b in zip(times, times[1:])), 0.95)
            member.process.terminate()
            self.assertEqual(member.process.wait(15 * PATIENCE), 0)
            self.assertEqual(manager.changes(), ["READY", "STOPPING"])
            self.assertGreater(int(manager.values("EXTEND_TIMEOUT_USEC")[0]), 20e6)
            self.assertEqual(manager.senders(), {member.process.pid})

    @takes(20)
    def test_a_fence_that_the_unit_runs_does_not_speak_for_the_service(self):
        with self.one() as (_, member, manager):
            member.process.terminate()
            self.assertEqual(member.process.wait(15 * PATIENCE), 0)
            heard = len(manager.heard)
            environment = dict(os.environ, STATE_DIRECTORY=member.state_folder,
                               **manager.environment())
            done = programs.run_elector("fence", "--config", member.config,
                                        environment=environment)
            self.assertEqual(done[0], 0, done)
            time.sleep(0.3)
            self.assertEqual(manager.heard[heard:], [])

    @takes(25)
    def test_a_reload_is_over_when_the_elector_has_done_or_refused_it(self):
        with self.one(abstract=True) as (world, member, manager):
            for text in (None, BAD):
                since = time.time()
                member.settings["health"] = {"fall": 5}
                member.write_config(text)
                asked = time.monotonic_ns() // 1000
                member.process.signal(signal.SIGHUP)
                world.wait_for(lambda: manager.changes(since)[1:], 5, "end of the reload")
                self.assertEqual(manager.changes(since), ["RELOADING", "READY"])
                began = int(manager.values("MONOTONIC_USEC", since)[0])
                self.assertGreaterEqual(began, asked)
                self.assertLess(began, asked + 5e6 * PATIENCE)
                ended = manager.times("READY", since)[0]
                word = member.find("reloaded", since) + member.find("reload_refused", since)
                self.assertLessEqual(word[-1]["at"], ended + 0.002)
                self.figure("refused" if text else "reloaded", ended - since)

    @takes(20)
    def test_signs_of_life_come_at_half_the_time_that_is_allowed(self):
        with self.one() as (world, member, manager):
            since = time.time()
            time.sleep(6 * PACE)
            count = len(manager.times("WATCHDOG", since))
            self.assertIn(count, (5, 6, 7))
            self.assert_in_time(world, manager.longest_silence(since, time.time()), PACE + LATE)

    @takes(45)
    def test_a_frozen_elector_that_leads_is_dealt_with_and_the_watchdog_does_not_bite(self):
        with self.managed() as (world, first, manager):
            leader = world.start()
            if leader is not first:
                world.order_switchover(leader, first.name)
                world.wait_for(lambda: world.leader() is first, 20, "the lead")
            since = time.time()
            first.signal_elector(signal.SIGSTOP)
            world.wait_for(lambda: first.find("guardian_done", since), 20, "what it does")
            world.wait_for(lambda: first.role() == "candidate" and first.elector(), 15, "it again")
            self.assert_in_time(world, manager.longest_silence(since, time.time()), PACE + LATE)
            said = " ".join(manager.values("STATUS", since))
            self.assertIn("brings the node to standby", said)
            self.assertEqual(manager.changes(since), [])  # it has been ready all the while

    @takes(45)
    def test_a_frozen_elector_that_holds_nothing_is_replaced_after_ten_seconds(self):
        with self.managed(members=2) as (world, first, manager):
            leader = world.start()
            if leader is first:
                world.order_switchover(leader, world.followers(first)[0].name)
                world.wait_for(lambda: world.leader() not in (None, first), 20, "another leader")
                world.wait_for(lambda: first.role() == "candidate", 10, "a candidate")
            since = time.time()
            frozen = first.elector()
            first.signal_elector(signal.SIGSTOP)
            stands = world.wait_for(lambda: first.find("elector_stands_still", since), 13, "word")
            self.figure("replaced", stands[0]["at"] - since)
            # Counted from its last word, which may be most of a second old.
            self.assertGreater(stands[0]["at"] - since, 9)
            world.wait_for(lambda: first.elector() not in (None, frozen), 5, "another elector")
            self.assert_in_time(world, manager.longest_silence(since, time.time()), PACE + LATE)
            world.wait_for(lambda: first.find("role_change", since, to="candidate"), 15, "it again")
            self.assertEqual(first.find("guardian_acts", since), [])

    @takes(30)
    def test_a_frozen_guardian_gives_no_sign_of_life(self):
        with self.managed() as (world, first, manager):
            world.start()
            first.process.signal(signal.SIGSTOP)
            since = time.time()
            time.sleep(4 * PACE)
            self.assertEqual(manager.times("WATCHDOG", since + 0.1), [])
            first.process.signal(signal.SIGCONT)
            world.wait_for(lambda: manager.times("WATCHDOG", since + 0.1), 5, "a sign of life")
            world.wait_for(lambda: first.role() == "candidate" and first.elector(), 20, "it again")

    @takes(15)
    def test_an_observer_is_a_service_too(self):
        settings = {"member": {"mode": "observe"}}
        with self.managed(members=1, settings=settings) as (world, member, manager):
            member.start()
            world.wait_for(lambda: manager.changes() == ["READY"], 5, "readiness")
            since = time.time()
            member.process.signal(signal.SIGHUP)
            world.wait_for(lambda: manager.changes(since) == ["RELOADING", "READY"], 5, "reload")
            time.sleep(3 * PACE)
            self.assert_in_time(world, manager.longest_silence(since, time.time()), PACE + LATE)
            self.assertIn("observer, node standby: would ", manager.values("STATUS")[-1])
            member.process.terminate()
            self.assertEqual(member.process.wait(5 * PATIENCE), 0)
            self.assertEqual(manager.changes()[-1], "STOPPING")

    @takes(20)
    def test_a_stall_is_told_and_the_delays_are_counted(self):
        with self.one() as (world, member, _):
            since = time.time()
            with self.nobody_moves(world, member, 2):
                member.signal_elector(signal.SIGSTOP)
                time.sleep(1.5)
                member.signal_elector(signal.SIGCONT)
            stalls = member.find("loop_stalled", since, process="elector", role="leader")
            self.assertGreater(int(stalls[0]["late_ms"]), 500)
            member.process.signal(signal.SIGUSR1)
            dump = world.wait_for(lambda: member.find("dump", since), 5, "a dump")[0]
            self.assertGreaterEqual(int(dump["lag_max_ms"]), int(stalls[0]["late_ms"]))
            sizes = dict(word.split(":") for word in dump["lag"].split())
            self.assertGreater(int(sizes["1ms"]) + int(sizes["5ms"]), 10)
            state = world.wait_for(lambda: member.find("guardian_state", since), 5, "its state")[0]
            self.assertGreaterEqual(int(state["lag_max_ms"]), 0)

    @takes(45)
    def test_the_unit_lets_through_every_system_call_of_a_life_with_a_demotion(self):
        """As strace sees guardian, electors and closer; -D makes it the grandchild."""
        with self.managed(members=1) as (world, member, _):
            trace = os.path.join(world.folder, "trace")
            member.prefix = [programs.tool("strace"), "-D", "-f", "-qq", "-o", trace]
            world.start()
            since = time.time()
            os.kill(member.elector(), signal.SIGKILL)
            world.wait_for(lambda: member.find("guardian_done", since), 20, "a demotion")
            world.wait_for(lambda: member.find("role_change", since, to="candidate"), 20,
                           "it again")
            member.process.signal(signal.SIGHUP)
            member.process.signal(signal.SIGUSR1)
            world.wait_for(lambda: member.find("dump", since), 5, "a dump")
            member.process.terminate()
            self.assertEqual(member.process.wait(15 * PATIENCE), 0)
            with open(trace, encoding="utf-8", errors="replace") as file:
                text = file.read()
        called = set(re.findall(r"^\d+ +(\w+)\(", text, re.M))
        self.assertGreater(len(called), 50)
        # Root gives the pin to the owner of its folder.
        by_root_alone = {"fchown"} if os.geteuid() == 0 else set()
        self.assertEqual(called - units.system_calls() - by_root_alone, set())
        families = set(re.findall(r"socket\((AF_\w+)", text))
        self.assertLessEqual(families, set(units.service()["RestrictAddressFamilies"][0].split()))
        self.assertEqual(re.findall(r".*PROT_WRITE\|PROT_EXEC.*", text), [])

    @takes(15)
    def test_a_socket_that_is_not_there_is_reported_and_nothing_else(self):
        with self.world(members=1) as world:
            member = world.members[0]
            member.environment = {"NOTIFY_SOCKET": "/nowhere/notify", "WATCHDOG_USEC": "2000000"}
            world.start()
            told = member.find("service_manager_not_told")
            self.assertEqual([e["error"] for e in told], ["No such file or directory"])


if __name__ == "__main__":
    unittest.main()
