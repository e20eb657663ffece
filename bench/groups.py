#!/usr/bin/env python3
"""Many groups in one process: what each costs, and how they take a fault all at once.

Two services on one etcd, each a member of every group, and simple nodes that obey at once. For each
number of groups: until all lead, at rest (CPU, memory, switches, requests to etcd), then the whole
service that leads is killed; etcd is killed and started again; and, with --one-hangs, one group's
node hangs under a service whose other groups must not notice. Programs come from $ELECTOR_BUILD.
"""
import argparse
import collections
import json
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, os.environ.get("ELECTOR_BUILD", "build/release"))
PROGRAM = f"{BUILD}/src/app/iotex-elector"
NODES = f"{BUILD}/bench/bench_many_nodes"
FIRST_PORT = 10_100  # below the range from which the kernel takes ports for connections
ETCD = 10_001  # and the next one for its peers
API = {"a": 10_010, "b": 10_011}
TICK = os.sysconf("SC_CLK_TCK")


def say(text):
    print(text, file=sys.stderr, flush=True)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def children(pid):
    return [int(child) for child in read(f"/proc/{pid}/task/{pid}/children").split()]


class Nodes:
    """The nodes of both services, in one process; and when each was active."""

    def __init__(self, count):
        self.lock = threading.Lock()
        self.changes = collections.defaultdict(list)  # node: [(when, on)]
        self.child = subprocess.Popen([NODES, str(FIRST_PORT), str(count)],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.child.stdout.readline() != "ready\n":
            raise SystemExit("the nodes did not start")
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.child.stdout:
            when, node, flag = line.split()
            with self.lock:
                self.changes[int(node)].append((float(when), flag == "on"))

    def say(self, words):
        self.child.stdin.write(words + "\n")
        self.child.stdin.flush()

    def active(self, nodes):
        with self.lock:
            return sum(bool(self.changes[n]) and self.changes[n][-1][1] for n in nodes)

    def became(self, node, on, since):
        """When the node's flag next became `on`; none: it did not."""
        with self.lock:
            return next((t for t, flag in self.changes[node] if flag == on and t >= since), None)

    def overlap(self, one, other):
        """Seconds in which both were active."""
        with self.lock:
            events = sorted([(t, 0, on) for t, on in self.changes[one]] +
                            [(t, 1, on) for t, on in self.changes[other]])
        on, total, last = [False, False], 0.0, 0.0
        for when, which, flag in events:
            if all(on):
                total += when - last
            on[which], last = flag, when
        return total

    def close(self):
        self.child.stdin.close()
        self.child.wait(10)


class Etcd:
    def __init__(self, folder):
        self.folder = folder
        self.start()

    def start(self):
        url = f"http://127.0.0.1:{ETCD}"
        peer = f"http://127.0.0.1:{ETCD + 1}"
        self.child = subprocess.Popen(
            ["etcd", "--data-dir", f"{self.folder}/etcd", "--listen-client-urls", url,
             "--advertise-client-urls", url, "--listen-peer-urls", peer,
             "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}",
             "--log-level", "error"], stderr=subprocess.DEVNULL)

    def kill(self):
        self.child.kill()
        self.child.wait()


class Service:
    """One member of every group."""

    def __init__(self, name, first, groups, folder, options):
        self.name, self.first, self.groups = name, first, groups
        self.path = f"{folder}/{name}.toml"
        self.log = f"{folder}/{name}.log"
        self.guardian = options.guardian
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(self.text(folder))
        self.child = None

    def text(self, folder):
        lines = [f'[member]\nname = "{self.name}"',
                 f'[etcd]\nendpoints = ["http://127.0.0.1:{ETCD}"]',
                 f'[state]\ndir = "{folder}/{self.name}-state"',
                 f'[api]\nlisten = "127.0.0.1:{API[self.name]}"',
                 '[log]\nlevel = "info"']
        if not self.guardian:
            lines.append('[guardian]\nenabled = false\n[fence]\npolicy = "require"\n'
                         'command = ["/bin/true"]')
        for i in range(self.groups):
            admin = FIRST_PORT + 3 * (self.first + i)
            lines.append(f'[[group]]\nname = "g{i}"\n[group.election]\nkey = "/bench/g{i}"\n'
                         f'[group.node]\nadmin = "http://127.0.0.1:{admin}"\n'
                         f'probe = "http://127.0.0.1:{admin + 1}"\n'
                         f'web3 = "http://127.0.0.1:{admin + 2}"\nstart_delay = "1s"')
        return "\n".join(lines) + "\n"

    def start(self):
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen([PROGRAM, "run", "--config", self.path],
                                          stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          start_new_session=True)

    def elector(self):
        """The process that elects: the guardian's child, or the only one."""
        return children(self.child.pid)[0] if self.guardian else self.child.pid

    def pids(self):
        return {self.child.pid, self.elector()}

    def metrics(self):
        url = f"http://127.0.0.1:{API[self.name]}/metrics"
        with urllib.request.urlopen(url, timeout=30) as got:
            return got.read().decode()

    def end(self):
        if self.child and self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(self.child.pid, signal.SIGKILL)
                self.child.wait()


class Usage:
    """What processes used since it was made."""

    def __init__(self, pids):
        self.pids = pids
        self.since = time.monotonic()
        self.cpu = {pid: self.ticks(pid) for pid in pids}
        self.switched = {pid: self.switches(pid) for pid in pids}

    @staticmethod
    def ticks(pid):
        fields = read(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    @staticmethod
    def switches(pid):
        return sum(int(n) for task in os.listdir(f"/proc/{pid}/task")
                   for n in re.findall(r"ctxt_switches:\s+(\d+)",
                                       read(f"/proc/{pid}/task/{task}/status")))

    def percent(self):
        used = sum(self.ticks(pid) - before for pid, before in self.cpu.items())
        return 100 * used / TICK / (time.monotonic() - self.since)

    def switches_per_second(self):
        made = sum(self.switches(pid) - before for pid, before in self.switched.items())
        return made / (time.monotonic() - self.since)


def memory_kb(pid, field):
    return int(re.search(rf"^{field}:\s+(\d+)", read(f"/proc/{pid}/smaps_rollup"), re.M)[1])


def wait_for(condition, seconds, what):
    """Seconds until it held."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise SystemExit(f"after {seconds:.0f} s still no {what}")
        time.sleep(0.05)
    return time.monotonic() - began


def spread(values):
    values = sorted(values)
    return {"median": statistics.median(values), "p99": values[int(0.99 * (len(values) - 1))],
            "largest": values[-1]}


def histogram_quantile(text, name, quantile):
    """Upper end of the bucket in which the quantile lies, over all groups."""
    buckets = collections.Counter()
    for end, count in re.findall(rf'^{name}_bucket{{[^}}]*le="([^"]+)"[^}}]*}} (\S+)', text, re.M):
        buckets[float(end)] += float(count)
    total = buckets.get(float("inf"), 0)
    return next((end for end, count in sorted(buckets.items())
                 if total and count >= quantile * total), None)


class Measurement:
    def __init__(self, groups, folder, options):
        self.groups, self.options = groups, options
        self.figures = {"groups": groups}
        self.nodes = Nodes(2 * groups)
        self.etcd = Etcd(folder)
        self.a = Service("a", 0, groups, folder, options)
        self.b = Service("b", groups, groups, folder, options)

    def active_of(self, service):
        return self.nodes.active(range(service.first, service.first + self.groups))

    def all_active(self):
        return self.active_of(self.a) + self.active_of(self.b) == self.groups

    def run(self):
        self.start()
        self.rest()
        if self.options.one_hangs:
            self.one_hangs()
        if self.options.fail:
            self.etcd_restart()
            self.fail_over()
        overlaps = [self.nodes.overlap(i, self.groups + i) for i in range(self.groups)]
        self.figures["overlaps"] = sum(seconds > 0 for seconds in overlaps)
        return self.figures

    def start(self):
        say(f"{self.groups} groups: start")
        self.a.start()
        patience = 120 + self.groups / 5
        self.figures["start_s"] = wait_for(self.all_active, patience, "active node of each group")
        self.b.start()
        time.sleep(10 + self.groups / 50)

    def rest(self):
        say("at rest")
        time.sleep(self.options.settle)
        leader = Usage(self.a.pids())
        waiting = Usage(self.b.pids())
        store = Usage({self.etcd.child.pid})
        time.sleep(self.options.seconds)
        self.figures.update({
            "leading_cpu_percent": leader.percent(), "waiting_cpu_percent": waiting.percent(),
            "etcd_cpu_percent": store.percent(),
            "leading_switches_per_s": leader.switches_per_second(),
            "leading_rss_kb": memory_kb(self.a.elector(), "Rss"),
            "waiting_rss_kb": memory_kb(self.b.elector(), "Rss"),
            "etcd_rss_kb": memory_kb(self.etcd.child.pid, "Rss")})
        if self.options.guardian:
            self.figures["guardian_rss_kb"] = memory_kb(self.a.child.pid, "Rss")
        began = time.monotonic()
        text = self.a.metrics()
        self.figures["scrape_s"] = time.monotonic() - began
        prefix = "iotex_elector_"
        self.figures["confirm_p99_s"] = histogram_quantile(text, prefix + "confirm_seconds", 0.99)
        self.figures["lag_p99_s"] = histogram_quantile(
            text, prefix + "event_loop_lag_seconds", 0.99)

    def one_hangs(self):
        """One leader's node does not answer; no other group lets go."""
        say("one node hangs")
        since = time.time()
        self.nodes.say("hang 0")
        time.sleep(30)
        moved = [i for i in range(1, self.groups) if self.nodes.became(i, False, since)]
        self.figures["moved_beside_a_hung_node"] = len(moved)
        self.nodes.say("answer 0")
        time.sleep(10)

    def etcd_restart(self):
        say("etcd is killed and started again")
        since = time.time()
        self.etcd.kill()
        self.etcd.start()
        time.sleep(15)
        moved = [n for n in range(2 * self.groups) if self.nodes.became(n, False, since)]
        self.figures["moved_by_a_restart_of_etcd"] = len(moved)
        wait_for(self.all_active, 90, "active node of each group after etcd's restart")

    def fail_over(self):
        say("the elector that leads is killed")
        leading = [i for i in range(self.groups) if self.nodes.active([i])]
        since = time.time()
        os.kill(self.a.elector(), signal.SIGKILL)
        wait_for(lambda: self.active_of(self.b) == self.groups or
                 (self.all_active() and time.time() - since > 20), 120, "failover of each group")
        told = [self.nodes.became(i, False, since) for i in leading]
        taken = [self.nodes.became(self.groups + i, True, since) or
                 self.nodes.became(i, True, since) for i in leading]
        if self.options.guardian:
            self.figures["killed_to_deactivated_s"] = spread(t - since for t in told if t)
        self.figures["killed_to_next_active_s"] = spread(t - since for t in taken if t)

    def close(self):
        for service in (self.a, self.b):
            service.end()
        self.etcd.kill()
        self.nodes.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", type=int, nargs="+")
    parser.add_argument("--seconds", type=float, default=30, help="length of the look at rest (30)")
    parser.add_argument("--settle", type=float, default=10, help="before it (10)")
    parser.add_argument("--fail", action="store_true", help="kill etcd, then the leading elector")
    parser.add_argument("--one-hangs", action="store_true")
    parser.add_argument("--no-guardian", dest="guardian", action="store_false")
    parser.add_argument("--keep", metavar="FOLDER", help="keep the logs there")
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, hard), hard))
    for groups in options.groups:
        with tempfile.TemporaryDirectory(prefix="elector-groups-") as folder:
            where = options.keep or folder
            os.makedirs(where, exist_ok=True)
            measurement = Measurement(groups, where, options)
            try:
                print(json.dumps(measurement.run(), indent=1), flush=True)
            finally:
                measurement.close()


if __name__ == "__main__":
    main()
