"""One guardian for many nodes: what one of them does is nobody else's trouble.

The guardian is the real one, over nodes that are simulated ports; its elector and closers are those
of tests/wards/driver.cpp, which arm, let go and record as a test says, without an election.
"""
import contextlib
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from unittest import TestCase

import logs
import programs
from case import FIGURES, takes
from many_nodes import ManyNodes
from store import Etcd
from world import PATIENCE, say, toml


class Household:
    """A guardian with its children, and the nodes that it guards."""

    def __init__(self, nodes, plan="", **environment):
        self.folder = tempfile.mkdtemp(prefix="elector-wards-")
        self.nodes = nodes
        self.log = os.path.join(self.folder, "guardian.log")
        self.tail = logs.LogTail(self.log)
        self.orders_file = os.path.join(self.folder, "orders")
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(os.path.join(self.folder, "notify"))
        self.manager.setblocking(False)
        self.states = []
        self.environment = dict(os.environ, DRIVER_PLAN=plan, DRIVER_ORDERS=self.orders_file,
                                NOTIFY_SOCKET=os.path.join(self.folder, "notify"),
                                **environment)
        self.process = None

    def start(self):
        command = [programs.program("tests/wards/wards_driver"), "guard",
                   *[str(port) for port in self.nodes.ports]]
        self.process = programs.Process("guardian", command, self.log, self.environment)

    def find(self, event, since=0.0, **fields):
        return self.tail.find(event, since, **fields)

    def groups(self, event, since=0.0):
        return {e["group"] for e in self.find(event, since)}

    def wait_for(self, condition, seconds, what):
        if not programs.wait_until(condition, seconds * PATIENCE, 0.02):
            tail = "".join(self.process.last_lines(30))
            raise AssertionError(f"no {what} in {seconds} s x {PATIENCE}:\n{tail}")

    def elector(self):
        return int(self.find("elector_started")[-1]["pid"])

    def armed(self, count):
        self.wait_for(lambda: len(self.find("armed", self.find("elector_started")[-1]["at"]
                                            if self.find("elector_started") else 0)) >= count,
                      10, f"{count} nodes armed")

    def armed_anew(self, count):
        """By the second elector."""
        self.wait_for(lambda: len(self.find("elector_started")) == 2, 15, "another elector")
        self.armed(count)

    def orders(self):
        """What closers were told: (group, unfenced, drained or spared, gate)."""
        return [tuple(line[:3]) for line in self.order_lines()]

    def order_lines(self):
        try:
            with open(self.orders_file, encoding="utf-8") as file:
                return [line.split() for line in file]
        except FileNotFoundError:
            return []

    def said_to_manager(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                self.states.append(self.manager.recv(4096).decode())
        return [line[len("STATUS="):] for state in self.states
                for line in state.splitlines() if line.startswith("STATUS=")]

    def end(self):
        if self.process and self.process.running():
            elector = self.elector() if self.find("elector_started") else None
            self.process.kill()
            self.process.wait(10)
            if elector:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(elector, signal.SIGKILL)
        self.manager.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Wards(TestCase):
    maxDiff = None

    def figure(self, name, seconds):
        FIGURES[name] = f"{seconds:.3f}s"
        say(f"{name}: {seconds:.3f} s")

    @contextlib.contextmanager
    def household(self, count, plan="", armed=None, **environment):
        nodes = ManyNodes(count)
        house = Household(nodes, plan, **environment)
        try:
            house.start()
            house.armed(count if armed is None else armed)
            yield house, nodes
        except BaseException:
            say("".join(house.process.last_lines(60)))
            raise
        finally:
            house.end()
            nodes.stop()

    @takes(15)
    def test_three_hundred_nodes_are_told_at_once_when_their_elector_is_killed(self):
        with self.household(300) as (house, nodes):
            since = time.time()
            os.kill(house.elector(), signal.SIGKILL)
            house.wait_for(lambda: len(nodes.first_told(since)) == 300, 5, "word to every node")
            gone = house.find("elector_gone", since)[0]["at"]
            acts = [e["at"] for e in house.find("guardian_acts", since)]
            self.figure("last_false", max(acts) - gone)
            self.figure("median_false", statistics.median(acts) - gone)
            self.assertEqual(len(acts), 300)
            self.assertLess(max(acts) - gone, 0.1 * PATIENCE)
            house.wait_for(lambda: len(house.groups("guardian_standby", since)) == 300, 10,
                           "standby of every node")
            self.assertEqual(nodes.active, [False] * 300)
            house.wait_for(lambda: len(house.orders()) == 300, 30, "marker of every node")
            self.assertEqual(len(set(house.orders())), 300)
            house.armed(300)  # and all are led again

    @takes(15)
    def test_nodes_that_hang_do_not_delay_the_word_to_others(self):
        with self.household(120) as (house, nodes):
            nodes.hung.update(range(0, 120, 2))
            since = time.time()
            os.kill(house.elector(), signal.SIGKILL)
            well = set(range(1, 120, 2))
            house.wait_for(lambda: well <= set(nodes.first_told(since)), 5, "word to the others")
            gone = house.find("elector_gone", since)[0]["at"]
            acts = [e["at"] for e in house.find("guardian_acts", since)]
            self.figure("last_false", max(acts) - gone)
            self.assertLess(max(acts) - gone, 0.1 * PATIENCE)
            house.wait_for(lambda: {f"n{i}" for i in well} <= house.groups("guardian_standby"), 5,
                           "standby of the others")
            standby = [e["at"] for e in house.find("guardian_standby", since)]
            self.figure("last_standby", max(standby) - gone)
            # A late activation lands within half a second here; it is asked for after that.
            self.assertLess(max(standby) - gone, 1.0 * PATIENCE)

    @takes(15)
    def test_a_hung_node_that_is_let_go_of_does_not_cost_the_others_their_elector(self):
        with self.household(3, "drain:1:600") as (house, nodes):
            nodes.hung.add(1)
            elector = house.elector()
            house.wait_for(lambda: house.find("guardian_acts", group="n1"), 5, "deed at n1")
            acts = house.find("guardian_acts")
            self.assertEqual([(e["group"], e["reason"]) for e in acts], [("n1", "drain_overran")])
            self.assertEqual(house.groups("elector_spared"), {"n1"})
            house.wait_for(lambda: ("n1", "unfenced", "time") in house.orders(), 5, "unfenced")
            time.sleep(1.5)
            self.assertEqual(house.elector(), elector)
            self.assertEqual(house.find("elector_gone"), [])
            self.assertEqual(house.groups("guardian_acts"), {"n1"})
            self.assertEqual(nodes.active, [True] * 3)
            status = house.said_to_manager()[-1]
            self.assertEqual(status, "2 leading, 0 waiting, 1 in trouble: n1")
            nodes.hung.clear()
            house.wait_for(lambda: house.find("guardian_done", group="n1"), 5, "end of that")
            self.assertEqual(nodes.active, [True, False, True])
            self.assertEqual(house.find("elector_gone"), [])
            # The lease is a living elector's, until that is gone.
            self.assertEqual([o[1] for o in house.orders()], ["unfenced", "spared"])
            since = time.time()
            os.kill(elector, signal.SIGKILL)
            others = {"n0", "n2"}
            house.wait_for(lambda: others <= house.groups("guardian_done", since), 5, "the end")
            self.assertEqual({o[:2] for o in house.orders()[2:]},
                             {("n0", "drained"), ("n2", "drained")})

    @takes(15)
    def test_an_elector_that_stands_still_is_killed_once_and_every_node_told(self):
        with self.household(5, "hold:1500") as (house, nodes):
            since = time.time()
            os.kill(house.elector(), signal.SIGSTOP)
            house.wait_for(lambda: len(nodes.first_told(since)) == 5, 5, "word to every node")
            self.assertEqual([e["signal"] for e in house.find("elector_gone", since)], ["9"])
            self.assertLess(min(e["at"] for e in house.find("guardian_acts", since)), since + 1.5)
            first = min(nodes.first_told(since).values())
            self.assertLessEqual(house.find("elector_gone", since)[0]["at"], first + 0.06)

    @takes(20)
    def test_a_node_that_is_unfenced_does_not_keep_the_others_from_an_elector(self):
        with self.household(3) as (house, nodes):
            nodes.hung.add(2)
            since = time.time()
            os.kill(house.elector(), signal.SIGKILL)
            house.wait_for(lambda: house.find("elector_started", since), 10, "another elector")
            orders = house.orders()
            self.assertIn(("n2", "unfenced", "time"), orders)
            self.assertTrue({("n0", "drained"), ("n1", "drained")} <= {o[:2] for o in orders})
            house.wait_for(lambda: len(house.find("armed", since)) == 2, 5, "two that lead again")
            house.wait_for(lambda: house.find("arm_refused", since, group="n2"), 5, "a refusal")
            self.assertEqual(len(house.find("armed", since)), 2)
            nodes.hung.clear()
            house.wait_for(lambda: len(house.find("armed", since)) == 3, 10, "the third one")
            self.assertEqual(len(house.find("elector_started", since)), 1)

    @takes(20)
    def test_at_a_stop_one_node_that_cannot_be_confirmed_is_the_exit_code(self):
        with self.household(3) as (house, nodes):
            nodes.hung.add(0)
            since = time.time()
            house.process.signal(signal.SIGTERM)  # at which this elector just ends
            self.assertEqual(house.process.wait(20 * PATIENCE), 3)
            self.figure("took", time.time() - since)
            self.assertEqual(nodes.active, [True, False, False])
            self.assertEqual(house.groups("guardian_standby"), {"n1", "n2"})

    @takes(20)
    def test_at_a_stop_the_elector_has_the_time_of_the_node_that_takes_longest(self):
        # The others' 2 s, and 5 s beyond, are over by then.
        with self.household(3, "linger:8000", DRIVER_QUIESCE_MS="6000") as (house, _):
            since = time.time()
            house.process.signal(signal.SIGTERM)
            self.assertEqual(house.process.wait(20 * PATIENCE), 0)
            took = time.time() - since
            self.figure("took", took)
            self.assertGreater(took, 7.9)
            self.assertEqual([e["exit_code"] for e in house.find("elector_ended", since)], ["0"])

    @takes(30)
    def test_at_a_stop_an_elector_that_does_not_end_is_killed_for_the_nodes_that_it_holds(self):
        with self.household(3, "linger:60000", DRIVER_QUIESCE_MS="4000") as (house, _):
            since = time.time()
            house.process.signal(signal.SIGTERM)
            # It held nothing, and something in it did not end: that is to be known.
            self.assertEqual(house.process.wait(20 * PATIENCE), 3)
            self.assert_between(time.time() - since, 9, 11)

    @takes(30)
    def test_a_node_whose_elector_is_killed_at_the_end_of_a_stop_is_brought_to_standby(self):
        with self.household(3, "linger:60000 keeps") as (house, nodes):
            since = time.time()
            house.process.signal(signal.SIGTERM)
            # It let go of two, and nobody knows what it would still have told them.
            self.assertEqual(house.process.wait(20 * PATIENCE), 3)
            self.assert_between(time.time() - since, 7, 12)
            self.assertEqual(nodes.active, [True, True, False])
            self.assertEqual(house.groups("guardian_done"), {"n2"})

    def assert_between(self, seconds, least, most):
        self.figure("took", seconds)
        self.assertGreater(seconds, least - 0.1)
        self.assertLess(seconds, most * PATIENCE)

    @takes(20)
    def test_more_ends_of_fence_commands_than_the_link_has_room_for_are_all_told(self):
        with self.household(400, "idle:0 orders", armed=0) as (house, _):
            # Without a command each order is answered at once, while nobody reads the answers.
            house.wait_for(lambda: len(house.find("done")) == 400, 10, "every answer")
            self.assertEqual(len({e["node"] for e in house.find("done")}), 400)

    @takes(20)
    def test_fence_commands_of_many_nodes_run_a_few_at_a_time(self):
        with tempfile.TemporaryDirectory() as folder:
            script = os.path.join(folder, "fence")
            with open(script, "w", encoding="utf-8") as file:
                file.write(f"#!/bin/sh\ntouch {folder}/$1.run\nls {folder} | grep -c '[.]run' "
                           f">> {folder}/together\nsleep 0.2\nrm {folder}/$1.run\n")
            os.chmod(script, 0o755)
            with self.household(20, "idle:0 orders", armed=0, DRIVER_FENCE=script) as (house, _):
                house.wait_for(lambda: len(house.find("done")) == 20, 10, "every end")
                with open(os.path.join(folder, "together"), encoding="utf-8") as file:
                    together = [int(line) for line in file]
                self.assertEqual(len(together), 20)
                self.assertLessEqual(max(together), 8)
                self.assertGreater(max(together), 2)

    @takes(15)
    def test_fence_commands_that_wait_for_nodes_that_are_standby_are_not_run(self):
        with tempfile.TemporaryDirectory() as folder:
            script = os.path.join(folder, "fence")
            with open(script, "w", encoding="utf-8") as file:
                file.write(f"#!/bin/sh\ntouch {folder}/$1.run\nsleep 0.5\n")
            os.chmod(script, 0o755)
            with self.household(20, "idle:0 orders disarm:0", armed=0,
                                DRIVER_FENCE=script) as (house, _):
                house.wait_for(lambda: len(house.find("done")) == 20, 10, "every end")
                time.sleep(0.5)
                runs = [name for name in os.listdir(folder) if name.endswith(".run")]
                self.assertEqual(len(runs), 8)

    @takes(20)
    def test_an_elector_that_refuses_while_a_node_is_not_done_with_is_started_again(self):
        with tempfile.TemporaryDirectory() as folder:
            refuses = os.path.join(folder, "refuses")
            with self.household(3, DRIVER_REFUSES=refuses) as (house, nodes):
                nodes.hung.add(2)
                with open(refuses, "w", encoding="utf-8"):
                    pass
                since = time.time()
                os.kill(house.elector(), signal.SIGKILL)
                house.wait_for(lambda: house.find("elector_gone", since, exit_code="2"), 10,
                               "a refusal")
                house.wait_for(lambda: len(house.find("armed", since)) == 2, 5, "two that lead")
                self.assertEqual(house.groups("guardian_done", since), {"n0", "n1"})

    @takes(30)
    def test_a_closer_that_hangs_over_one_node_is_killed_and_the_others_are_done_with(self):
        with self.household(12, DRIVER_CLOSER_HANGS="n0") as (house, _):
            since = time.time()
            os.kill(house.elector(), signal.SIGKILL)
            others = {f"n{i}" for i in range(1, 12)}
            house.wait_for(lambda: others <= house.groups("guardian_done", since), 5,
                           "the end of the others")
            self.assertEqual(house.find("guardian_done", group="n0"), [])
            house.wait_for(lambda: house.find("closer_failed", since), 15, "its end")
            failed = [(e["group"], e["signal"]) for e in house.find("closer_failed", since)]
            self.assertEqual(failed, [("n0", "9")])
            # It holds nobody back but its own node.
            house.wait_for(lambda: len(house.find("armed", since)) >= 11, 5, "an elector")

    @takes(30)
    def test_a_closer_that_hangs_at_its_end_does_not_keep_later_orders_back(self):
        with self.household(2, DRIVER_CLOSER_HANGS="all") as (house, _):
            for _ in range(4):
                since = time.time()
                os.kill(house.elector(), signal.SIGKILL)
                house.wait_for(lambda at=since: len(house.groups("guardian_done", at)) == 2, 4,
                               "the end of both")
                house.wait_for(lambda at=since: len(house.find("armed", at)) == 2, 12, "both again")
            self.assertEqual(house.find("closer_failed"), [])
            self.assertEqual(len(house.orders()), 8)

    @takes(20)
    def test_the_markers_of_many_nodes_are_a_few_closers_work(self):
        with self.household(200, DRIVER_CLOSER_MS="300") as (house, _):
            since = time.time()
            os.kill(house.elector(), signal.SIGKILL)
            house.wait_for(lambda: len(house.groups("guardian_done", since)) == 200, 10,
                           "the end of all")
            closers = {line[3] for line in house.order_lines()}
            self.assertEqual(len(house.orders()), 200)
            self.assertLess(len(closers), 60)
            self.assertGreaterEqual(len(closers), 7)  # of 32 orders at most

    @takes(15)
    def test_what_nobody_understands_about_one_node_ends_nothing(self):
        with self.household(3, "garbage:1") as (house, nodes):
            house.wait_for(lambda: house.find("link_garbage"), 5, "words on it")
            time.sleep(1)
            self.assertTrue(house.process.running())
            self.assertEqual(house.find("guardian_acts"), [])
            self.assertEqual(nodes.active, [True] * 3)

    @takes(15)
    def test_what_fails_for_one_node_is_told_and_every_node_is_seen_to(self):
        with self.household(3, "words:1:3000", DRIVER_NO_MEMORY="3001") as (house, nodes):
            house.wait_for(lambda: house.find("node_not_attended"), 5, "a failure")
            told = house.find("node_not_attended")
            self.assertEqual([(e["group"], e["alarm"], e["error"]) for e in told],
                             [("n1", "true", "std::bad_alloc")])
            since = time.time()
            os.kill(house.elector(), signal.SIGKILL)
            house.wait_for(lambda: len(house.groups("guardian_done", since)) == 3, 10, "the end")
            self.assertEqual(nodes.active, [False] * 3)
            house.armed_anew(3)

    @takes(20)
    def test_an_elector_that_cannot_die_has_its_nodes_told_and_none_beside_it(self):
        with self.household(2, "hold:1500", DRIVER_IMMORTAL="elector") as (house, nodes):
            elector, since = house.elector(), time.time()
            os.kill(elector, signal.SIGSTOP)
            house.wait_for(lambda: len(nodes.first_told(since)) == 2, 5, "word to every node")
            house.wait_for(lambda: len(house.orders()) >= 2, 10, "unfenced records")
            time.sleep(1)
            # It may have sent anything: nothing that a node says now proves that it is standby.
            self.assertEqual({o[:2] for o in house.orders()},
                             {("n0", "unfenced"), ("n1", "unfenced")})
            self.assertEqual(house.find("guardian_standby"), [])
            self.assertEqual(len(house.find("elector_started")), 1)
            os.kill(elector, signal.SIGKILL)
            house.wait_for(lambda: len(house.groups("guardian_done", since)) == 2, 10, "the end")
            house.armed_anew(2)
            self.assertNotEqual(house.elector(), elector)

    @takes(30)
    def test_closers_that_cannot_die_keep_nobody_from_writing(self):
        with self.household(3, DRIVER_IMMORTAL="close-holding",
                            DRIVER_CLOSER_HANGS="n0") as (house, _):
            since = time.time()
            os.kill(house.elector(), signal.SIGKILL)
            house.wait_for(lambda: {"n1", "n2"} <= house.groups("guardian_done", since), 5,
                           "the others' end")
            def closers():
                return {line[3] for line in house.order_lines() if line[0] == "n0"}
            house.wait_for(lambda: len(closers()) == 2, 15, "another closer for the first node")
            for pid in closers():
                self.assertTrue(os.path.exists(f"/proc/{pid}"), "it lives on")
            failed = house.find("closer_failed", since)
            self.assertEqual([(e["group"], e["signal"]) for e in failed], [("n0", "9")])
            # Who is not done with for want of a marker keeps no elector from the others.
            house.armed_anew(2)
            for pid in closers():
                os.kill(int(pid), signal.SIGKILL)

    @takes(15)
    def test_a_node_that_another_service_has_refuses_the_whole_service_and_is_named(self):
        with self.household(3) as (house, nodes):
            more = ManyNodes(2)
            more.ports.append(nodes.ports[1])
            second = Household(more)
            try:
                second.start()
                self.assertEqual(second.process.wait(5 * PATIENCE), 1)
                self.assertEqual([e["node"] for e in second.find("node_locked")],
                                 [f"http://127.0.0.1:{nodes.ports[1]}"])
                self.assertEqual(more.told, [])
                self.assertEqual(house.find("guardian_acts"), [])
            finally:
                second.end()
                more.stop()

    @takes(20)
    def test_locks_that_cannot_be_handed_on_are_tried_again_and_no_elector_starts_before(self):
        with self.household(2) as (house, nodes):
            elector = house.elector()
            os.kill(elector, signal.SIGSTOP)
            house.process.kill()
            house.process.wait(5)
            second = Household(nodes, DRIVER_UNPLACED="3")
            try:
                second.start()
                second.wait_for(lambda: second.find("lock_waiting"), 5, "words on the lock")
                os.kill(elector, signal.SIGKILL)
                second.armed(2)
                with open(second.log, encoding="utf-8") as file:
                    lines = file.read()
                self.assertEqual(lines.count("event=not_placed"), 3)
                self.assertLess(lines.rindex("event=not_placed"),
                                lines.index("event=elector_started"))
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(elector, signal.SIGKILL)
                second.end()

    @takes(20)
    def test_until_every_lock_is_had_all_nodes_are_kept_standby_and_no_elector_starts(self):
        with self.household(2) as (house, nodes):
            # The remains of a service: its elector stands still, and its guardian is gone.
            elector = house.elector()
            os.kill(elector, signal.SIGSTOP)
            house.process.kill()
            house.process.wait(5)
            more = ManyNodes(2)
            more.ports.append(nodes.ports[1])
            second = Household(more)
            try:
                second.start()
                second.wait_for(lambda: second.find("lock_waiting"), 5, "words on the lock")
                second.wait_for(lambda: more.active == [False] * 2, 5, "standby of its own")
                second.wait_for(lambda: not nodes.active[1], 5, "standby of the third")
                time.sleep(1)
                self.assertEqual(second.find("elector_started"), [])
                os.kill(elector, signal.SIGKILL)
                second.armed(3)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(elector, signal.SIGKILL)
                second.end()
                more.stop()

    @takes(10)
    def test_too_few_descriptors_are_told_with_what_is_needed(self):
        nodes = ManyNodes(40)
        house = Household(nodes)
        try:
            # Of a shell, since the limit of this process is to stay.
            command = [programs.program("tests/wards/wards_driver"), "guard",
                       *[str(port) for port in nodes.ports]]
            done = subprocess.run(["sh", "-c", 'ulimit -n 512; exec "$@"', "sh", *command],
                                  capture_output=True, text=True, timeout=20,
                                  env=house.environment, check=False)
            self.assertEqual(done.returncode, 1)
            told = logs.parse_line(done.stderr.splitlines()[-1])
            self.assertEqual((told["event"], told["nodes"], told["limit"], told["needed"]),
                             ("too_few_descriptors", "40", "512", "700"))
            self.assertEqual(told["next"], "iotex-elector fence --config of-the-driver brings the "
                             "nodes to standby with what there is")
            self.assertEqual(nodes.told, [])
        finally:
            house.manager.close()
            nodes.stop()


class Groups(TestCase):
    """The whole service over groups of one file, with a real etcd."""

    COUNT = 20

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="elector-groups-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.etcd = Etcd(self.folder, 1)
        self.addCleanup(self.etcd.close)
        self.etcd.start(20 * PATIENCE)
        self.nodes = ManyNodes(3 * self.COUNT, active=False)  # admin, probe and web3 of each
        self.addCleanup(self.nodes.stop)
        self.log = os.path.join(self.folder, "service.log")
        self.tail = logs.LogTail(self.log)
        self.service = None

    def config(self):
        text = toml({"member": {"name": "host-1"}, "election": {"profile": "fast"},
                     "etcd": {"endpoints": self.etcd.endpoints()}, "api": {"listen": ""},
                     "state": {"dir": os.path.join(self.folder, "state")}})
        for i in range(self.COUNT):
            ports = dict(zip(("admin", "probe", "web3"), self.nodes.ports[3 * i:]))
            text += (f'\n[[group]]\nname = "n{i}"\n[group.election]\nkey = "/groups/n{i}"\n'
                     "[group.node]\n")
            text += "".join(f'{name} = "http://127.0.0.1:{port}"\n'
                            for name, port in ports.items())
        path = os.path.join(self.folder, "groups.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def record(self, i):
        entry = self.etcd.client.get(f"/groups/n{i}.d/holder")
        return entry.json() if entry else {}

    def wait_for(self, condition, seconds, what):
        if not programs.wait_until(condition, seconds * PATIENCE, 0.1):
            raise AssertionError(f"no {what}:\n" + "".join(self.service.last_lines(25)))

    def lead(self, groups, seconds):
        self.wait_for(lambda: all(self.nodes.active[3 * i] for i in groups), seconds,
                      f"lead of {len(groups)}")

    def end(self):
        self.service.terminate()
        code = self.service.wait(40 * PATIENCE)
        self.assertEqual(code, 0)

    @takes(90)
    def test_a_killed_elector_of_many_groups_is_demoted_recorded_and_started_again(self):
        first = {"v": 1, "state": "drained", "term": 0, "member": "", "instance": "", "nonce": "0",
                 "hold_ms": 3000, "quiesce_ms": 11000, "gate": {"tip": None, "wait_ms": 6500},
                 "reason": "bootstrap"}
        self.service = programs.Process("service", [programs.elector(), "run", "--config",
                                                    self.config()], self.log)
        self.addCleanup(self.service.kill)
        self.wait_for(lambda: len(self.etcd.client.range("/groups/")) >= 2 * self.COUNT, 20,
                      "member and candidate of every group")
        for i in range(self.COUNT):
            self.assertTrue(self.etcd.client.create(f"/groups/n{i}.d/holder", json.dumps(first)))
        self.lead(range(self.COUNT), 30)
        self.nodes.hung.add(0)
        since = time.time()
        elector = int(self.tail.find("elector_started")[-1]["pid"])
        os.kill(elector, signal.SIGKILL)
        well = {f"n{i}" for i in range(1, self.COUNT)}
        self.wait_for(lambda: {e["group"] for e in self.tail.find("closed", since, what="drained")}
                      >= well, 15, "marker of every other group")
        closed = [e["at"] for e in self.tail.find("closed", since, what="drained")]
        acts = [e["at"] for e in self.tail.find("guardian_acts", since)]
        gone = self.tail.find("elector_gone", since)[0]["at"]
        FIGURES["last_false"] = f"{max(acts) - gone:.3f}s"
        FIGURES["last_marker"] = f"{max(closed) - gone:.3f}s"
        self.assertEqual(len(acts), self.COUNT)
        self.wait_for(lambda: self.record(0).get("state") == "unfenced", 10, "unfenced")
        # One that hangs keeps nobody else from leading again.
        self.lead(range(1, self.COUNT), 40)
        self.assertEqual(self.record(0)["state"], "unfenced")
        self.nodes.hung.clear()
        self.lead(range(self.COUNT), 60)
        self.assertEqual(len(self.tail.find("elector_gone")), 1)
        self.end()
        self.assertFalse(any(self.nodes.active))
