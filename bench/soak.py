#!/usr/bin/env python3
"""Hours of faults for two services of many groups: what their processes hold has to stay flat.

    soak.py --minutes 120 [--groups 20] [--seed N] [--etcd 3]

Faults are drawn from the seed, one after another, and each ends by itself: etcd is killed, stands
still, or loses its keys; nodes hang; files are reloaded; clients of the API come and go; a group is
handed over by order; the second service's elector is killed, or stands still. Every few minutes
there is a calm in which each group has to have one active node. At the end: no group may have had
two active nodes, and no process may hold more and more (tests/chaos/resources.py).
Programs come from $ELECTOR_BUILD (build/release).
"""
import argparse
import collections
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time

from many import API, PROGRAM, ROOT, Etcd, Nodes, Service, raise_open_files, say, wait_for

sys.path.insert(0, f"{ROOT}/tests/chaos")
import resources  # noqa: E402

CALM_EVERY = 150.0
SETTLED = 180.0  # seconds: members that hung keep out of the queue for a while
Sample = collections.namedtuple("Sample", "at who pid descriptors own_kib")


def look(who, pid):
    """What a process holds; its own memory is its heap and stacks."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        own = next(int(line.split()[1]) for line in file if line.startswith("Anonymous:"))
    return Sample(time.time(), who, pid, len(os.listdir(f"/proc/{pid}/fd")), own)


class Soak:
    def __init__(self, folder, options):
        self.options, self.folder = options, folder
        self.chance = random.Random(options.seed)
        self.nodes = Nodes(2 * options.groups)
        self.etcd = Etcd(folder, options.etcd)
        self.services = [Service(name, i * options.groups, options.groups, folder, options)
                         for i, name in enumerate("ab")]
        self.samples, self.done, self.wrong = [], collections.Counter(), []
        self.guardians = {}

    @staticmethod
    def quietly(*command):
        """It may fail: etcd may be away, or nobody fit to take over."""
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120,
                       check=False)

    # --- faults; each takes the time that it lasts

    def etcd_killed(self):
        i = self.chance.randrange(self.options.etcd)
        self.etcd.kill(i)
        time.sleep(self.chance.uniform(0.0, 6.0))
        self.etcd.start(i)

    def etcd_frozen(self):
        child = self.chance.choice(self.etcd.children)
        child.send_signal(signal.SIGSTOP)
        time.sleep(self.chance.uniform(0.5, 6.0))
        child.send_signal(signal.SIGCONT)

    def keys_deleted(self):
        for group in self.chance.sample(range(self.options.groups), 3):
            prefix = self.chance.choice((f"/bench/g{group}/", f"/bench/g{group}.d/members/"))
            self.quietly("etcdctl", "--endpoints", self.etcd.clients[0], "del", "--prefix", prefix)

    def nodes_hang(self):
        some = self.chance.sample(range(2 * self.options.groups), 3)
        for node in some:
            self.nodes.say(f"hang {node}")
        time.sleep(self.chance.uniform(0.5, 12.0))
        for node in some:
            self.nodes.say(f"answer {node}")

    def reloaded(self):
        service = self.chance.choice(self.services)
        with open(service.path, encoding="utf-8") as file:
            text = file.read()
        lag = self.chance.randint(6, 60)
        with open(service.path, "w", encoding="utf-8") as file:
            file.write(f"[health]\nmax_lag = {lag}\n" + text[text.index("[member]"):])
        service.child.send_signal(signal.SIGHUP)

    def clients_come_and_go(self):
        """Event streams, slow requests, scrapes."""
        port = API[self.chance.choice("ab")]
        group = self.chance.randrange(self.options.groups)
        asks = (f"GET /events?group=g{group} HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /sta",
                "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with contextlib.ExitStack() as open_ones:
            for _ in range(20):
                with contextlib.suppress(OSError):
                    one = open_ones.enter_context(socket.create_connection(("127.0.0.1", port), 2))
                    one.sendall(self.chance.choice(asks).encode())
            time.sleep(self.chance.uniform(0.1, 3.0))

    def handed_over(self):
        group = f"g{self.chance.randrange(self.options.groups)}"
        self.quietly(PROGRAM, "switchover", "--config", self.services[0].path, "--group", group,
                     "--yes")

    def second_elector_killed(self):
        os.kill(self.services[1].elector(), signal.SIGKILL)
        time.sleep(5)

    def second_elector_frozen(self):
        pid = self.services[1].elector()
        os.kill(pid, signal.SIGSTOP)
        time.sleep(self.chance.uniform(0.2, 2.0))
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            if os.path.samefile(f"/proc/{pid}/exe", PROGRAM):
                os.kill(pid, signal.SIGCONT)

    FAULTS = (etcd_killed, etcd_frozen, keys_deleted, nodes_hang, nodes_hang, reloaded, reloaded,
              clients_come_and_go, clients_come_and_go, handed_over, handed_over,
              second_elector_killed, second_elector_frozen)

    # --- the run

    def active(self):
        groups = self.options.groups
        return sum(self.nodes.active([i, groups + i]) == 1 for i in range(groups))

    def calm(self):
        took = wait_for(lambda: self.active() == self.options.groups, SETTLED,
                        f"active node of each group ({self.active()} of {self.options.groups})")
        time.sleep(5)
        for service in self.services:
            for kind, pid in (("guardian", service.child.pid), ("elector", service.elector())):
                self.samples.append(look(f"{service.name} {kind}", pid))
            if service.child.poll() is not None:
                raise SystemExit(f"the guardian of {service.name} ended")
        held = ", ".join(f"{s.who} {s.own_kib} KiB {s.descriptors} fds" for s in self.samples[-4:])
        say(f"{time.strftime('%H:%M:%S')} {sum(self.done.values())} faults; "
            f"calm after {took:.1f} s; {held}")

    def run(self):
        for service in self.services:
            service.start()
        wait_for(lambda: self.active() == self.options.groups, SETTLED, "first active nodes")
        until = time.monotonic() + 60 * self.options.minutes
        self.calm()
        while time.monotonic() < until:
            next_calm = min(until, time.monotonic() + min(CALM_EVERY, 6 * self.options.minutes))
            while time.monotonic() < next_calm:
                fault = self.chance.choice(self.FAULTS)
                fault(self)
                self.done[fault.__name__] += 1
                time.sleep(self.chance.uniform(1.0, 8.0))
            self.calm()

    def judge(self):
        found = resources.judge(self.samples)
        groups = self.options.groups
        overlaps = [i for i in range(groups) if self.nodes.overlap(i, groups + i) > 0]
        wrong = found["wrong"] + [f"g{i} had two active nodes at a time" for i in overlaps]
        if found["judged"] < 3:
            wrong.append("too few looks to judge by")
        print(f"faults: {dict(sorted(self.done.items()))}")
        print(f"growth: {found}")
        for words in wrong:
            print(f"FAIL {words}")
        print(f"{int(not wrong)} passed, {len(wrong)} failed")
        return 1 if wrong else 0

    def close(self):
        for service in self.services:
            service.end()
        self.etcd.close()
        self.nodes.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--groups", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--etcd", type=int, choices=(1, 3), default=1, help="its members (1)")
    parser.add_argument("--keep", metavar="FOLDER", help="keep the logs there")
    options = parser.parse_args()
    options.guardian = True
    raise_open_files()
    print(f"seed {options.seed}, {options.groups} groups, {options.minutes:g} minutes", flush=True)
    with tempfile.TemporaryDirectory(prefix="elector-soak-") as folder:
        where = options.keep or folder
        os.makedirs(where, exist_ok=True)
        soak = Soak(where, options)
        try:
            soak.run()
            return soak.judge()
        finally:
            soak.close()


if __name__ == "__main__":
    sys.exit(main())
