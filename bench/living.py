"""Figures of real electors with a real etcd and simulated nodes: the steady state beside a bare
gRPC client on the same etcd, faults, starts."""
import re
import signal
import statistics
import subprocess
import time
import urllib.request

import figures
import guardian
import idle
import programs
from world import HOLD, OVERTIME, QUIESCE, SETTLE, STRETCH, World

LEASE = 2  # seconds; the least that etcd grants


class Watched:
    """One process over a span: what it used, and its memory at the end."""

    def __init__(self, pid):
        self.pid, self.before = pid, idle.Usage(pid)

    def finish(self):
        after = idle.Usage(self.pid)
        span = after.at - self.before.at
        self.rss, self.pss, self.private, self.threads = idle.memory(self.pid)
        self.cpu = 100 * (after.cpu - self.before.cpu) / span
        self.switches = (after.voluntary + after.involuntary - self.before.voluntary
                         - self.before.involuntary) / span
        self.wakes = (after.voluntary - self.before.voluntary) / span
        return self


def etcd_counter(port, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    found = re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", text, re.M)
    return sum(float(value) for value in found)


def etcd_load(port):
    names = ("etcd_network_client_grpc_received_bytes_total",
             "etcd_network_client_grpc_sent_bytes_total", "grpc_server_started_total")
    return {"messages": sum(idle.etcd_messages(port).values()),
            **{name: etcd_counter(port, name) for name in names}}


def bare_client(endpoint, seconds):
    """The floor: a client that keeps a lease and a watch, and does nothing else."""
    command = [programs.program("bench/bench_bare_client"), endpoint]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            if child.stdout.readline() != "ready\n":
                raise AssertionError("the bare client has no etcd")
            time.sleep(2)
            watched = Watched(child.pid)
            time.sleep(seconds)
            return watched.finish()
        finally:
            child.kill()


def lag_figures(leader):
    """By the elector's own count, which knows upper ends of buckets only."""
    since = time.time()
    leader.signal_elector(signal.SIGUSR1)
    programs.wait_until(lambda: leader.find("dump", since), 5)
    told = leader.find("dump", since)[-1]
    counts = [(float("inf") if end == "more" else float(end[:-2]), int(many))
              for end, many in (pair.split(":") for pair in told["lag"].split())]
    most = float(told["lag_max_ms"])
    return [figures.figure("steady", f"leader: event loop late, p{percent}", "ms",
                           [min(figures.quantile_of_counts(counts, percent / 100), most or 1.0)])
            for percent in (50, 99)] + [
        figures.figure("steady", "leader: event loop late, largest", "ms", [most])]


def both(one, other, what):
    return getattr(one, what) + getattr(other, what)


def steady(chosen):
    with World({}, members=2, profile="standard") as world:
        world.start_members()
        world.bootstrap()
        leader = world.wait_for_leader(SETTLE + 6)
        world.wait_for_signature(leader)
        time.sleep(25)  # what only the start needs is given back after 20 s
        port = world.etcd.members[0].ports[0]
        waiting = world.followers(leader)[0]
        pids = (leader.elector(), leader.process.pid, waiting.elector())
        load, began = etcd_load(port), time.monotonic()
        watched = [Watched(pid) for pid in pids]
        time.sleep(chosen.seconds)
        elector, guard, follower = [one.finish() for one in watched]
        minutes = (time.monotonic() - began) / 60
        more = etcd_load(port)
        lag = lag_figures(leader)
        if world.leader() is not leader:
            raise AssertionError("the lead changed meanwhile: that was not idle")
        bare = bare_client(f"127.0.0.1:{port}", min(chosen.seconds, 10))
        waiting.process.terminate()  # one service on a host shares its pages with no other
        waiting.process.wait(20)
        alone = sum(idle.memory(pid)[1] for pid in pids[:2])
    found = []

    def add(name, unit, value, floor=None):
        found.append(figures.figure("steady", name, unit, [value],
                                    ("bare client", floor) if floor else None))

    for role, one in (("leader", elector), ("waiting", follower)):
        add(f"{role}: RSS", "MB", one.rss, bare.rss)
        add(f"{role}: PSS", "MB", one.pss, bare.pss)
        add(f"{role}: CPU", "%", one.cpu, bare.cpu)
        add(f"{role}: context switches", "/s", one.switches, bare.switches)
        add(f"{role}: wake-ups", "/s", one.wakes, bare.wakes)
        add(f"{role}: threads", "threads", one.threads, bare.threads)
    add("guardian: RSS", "MB", guard.rss)
    add("guardian: PSS", "MB", guard.pss)
    add("guardian: threads", "threads", guard.threads)
    add("leader and guardian: PSS", "MB", both(elector, guard, "pss"), bare.pss)
    add("leader and guardian, alone on the host: PSS", "MB", alone, bare.pss)
    add("leader and guardian: CPU", "%", both(elector, guard, "cpu"), bare.cpu)
    add("leader and guardian: context switches", "/s", both(elector, guard, "switches"),
        bare.switches)
    each = 2 * minutes
    names = {"messages": ("messages to etcd", "/min", 1),
             "grpc_server_started_total": ("RPCs to etcd", "/min", 1),
             "etcd_network_client_grpc_received_bytes_total": ("bytes to etcd", "kB/min", 1000),
             "etcd_network_client_grpc_sent_bytes_total": ("bytes from etcd", "kB/min", 1000)}
    for name, (what, unit, scale) in names.items():
        add(f"a member: {what}", unit, (more[name] - load[name]) / scale / each)
    return found + lag


def loopback(leader, rounds=200):
    """Milliseconds of GET /ha at the leader's node, each with a connection of its own."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        with urllib.request.urlopen(leader.settings["node"]["admin"] + "/ha", timeout=5) as answer:
            answer.read()
        took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took)


def expiry(client, rounds=3):
    """Seconds until etcd has deleted what hung on a lease that nobody keeps."""
    took = []
    for i in range(rounds):
        lease = client.grant(LEASE)
        began = time.monotonic()
        client.put(f"bench/expiry/{i}", "x", lease)
        programs.wait_until(lambda i=i: client.get(f"bench/expiry/{i}") is None, 10, every=0.01)
        took.append(time.monotonic() - began - LEASE)
    return took


def faults(chosen):
    """Elector killed, until its node is told; a host lost, until the next is active; reload."""
    killed, reloads, hosts = [], [], []
    with World({}, members=2, profile="fast") as world:
        leader = world.start()
        floor = loopback(leader)
        scan = expiry(world.etcd.client)
        for _ in range(chosen.repeat):
            since = time.time()
            leader.process.signal(signal.SIGHUP)
            world.wait_for(lambda s=since: leader.find("reloaded", s), 10, "a reload")
            # The log tells whole milliseconds: a shorter one looks as if it ended before it began.
            reloads.append(max(0.0, 1000 * (leader.find("reloaded", since)[0]["at"] - since)))
        for _ in range(chosen.repeat):
            seconds, leader = guardian.reaction(world, leader)
            killed.append(1000 * seconds)
        since = world.lose_host(leader)
        new = world.wait_for_leader(30, other_than=leader)
        hosts.append(new.find("active", since)[-1]["at"] - since)
    waits = HOLD["fast"] + statistics.median(scan) + (
        HOLD["fast"] + QUIESCE + OVERTIME) * STRETCH  # the lease is as long as a holding
    return [
        figures.figure("faults", "elector killed to node told", "ms", killed, ("GET /ha", floor)),
        figures.figure("faults", "reload", "ms", reloads),
        figures.figure("faults", "lease's end to deletion (scan of etcd)", "s", scan),
        figures.figure("faults", "host lost to next node active", "s", hosts,
                       ("lease, scan and protocol's waits", waits))]


def starts(chosen):
    took = [1000 * seconds for seconds in idle.first_starts(min(chosen.repeat, 5))]
    return [figures.figure("starts", "launch to active node, beyond waits", "ms", took)]
