"""Two services on one etcd, each a member of every group, and simple nodes that obey at once.

Everything is on the loopback, and ended by its own process id. Programs come from $ELECTOR_BUILD.
"""
import collections
import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, os.environ.get("ELECTOR_BUILD", "build/release"))
PROGRAM = f"{BUILD}/src/app/iotex-elector"
NODES = f"{BUILD}/bench/bench_many_nodes"
FIRST_PORT = 10_100  # below the range from which the kernel takes ports for connections
ETCD = 10_001  # client and peer port of the first member; those of the others follow
API = {"a": 10_010, "b": 10_011}
TICK = os.sysconf("SC_CLK_TCK")


def raise_open_files():
    """Thousands of connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, hard), hard))


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
    """One member, or three of one cluster."""

    def __init__(self, folder, members=1):
        self.folder = folder
        self.clients = [f"http://127.0.0.1:{ETCD + 2 * i}" for i in range(members)]
        self.peers = [f"http://127.0.0.1:{ETCD + 2 * i + 1}" for i in range(members)]
        self.children = [self.launch(i) for i in range(members)]

    def launch(self, i):
        cluster = ",".join(f"m{n}={peer}" for n, peer in enumerate(self.peers))
        return subprocess.Popen(
            ["etcd", "--name", f"m{i}", "--data-dir", f"{self.folder}/etcd-{i}",
             "--listen-client-urls", self.clients[i], "--advertise-client-urls", self.clients[i],
             "--listen-peer-urls", self.peers[i], "--initial-advertise-peer-urls", self.peers[i],
             "--initial-cluster", cluster, "--auto-compaction-mode", "revision",
             "--auto-compaction-retention", "10000", "--log-level", "error"],
            stderr=subprocess.DEVNULL)

    def pids(self):
        return {child.pid for child in self.children}

    def start(self, i=0):
        self.children[i] = self.launch(i)

    def kill(self, i=0):
        self.children[i].kill()
        self.children[i].wait()

    def leader(self):
        """Which member leads; None: nobody says so."""
        for i, url in enumerate(self.clients):
            done = subprocess.run(
                ["etcdctl", "--endpoints", url, "endpoint", "status", "-w", "json"],
                capture_output=True, text=True, timeout=20, check=False)
            if done.returncode == 0:
                status = json.loads(done.stdout)[0]["Status"]
                if status["header"]["member_id"] == status.get("leader"):
                    return i
        return None

    def close(self):
        for child in self.children:
            child.kill()
            child.wait()


class Service:
    """One member of every group."""

    def __init__(self, name, first, groups, folder, options):
        self.name, self.first, self.groups = name, first, groups
        ports = [ETCD + 2 * i for i in range(options.etcd)]
        self.endpoints = json.dumps([f"http://127.0.0.1:{port}" for port in ports])
        self.path = f"{folder}/{name}.toml"
        self.log = f"{folder}/{name}.log"
        self.guardian = options.guardian
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(self.text(folder))
        self.child = None

    def text(self, folder):
        lines = [f'[member]\nname = "{self.name}"',
                 f"[etcd]\nendpoints = {self.endpoints}",
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
