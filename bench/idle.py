#!/usr/bin/env python3
"""What an elector costs while nothing happens, and what it adds to a first start.

Two runs, each with a real etcd and simulated nodes. First start: groups of one member each, started
one after the other, which nobody has vouched for; each waits for the longest possible holding, and
what is left of "launch to active node" beyond that wait is ours. Idle: a leader and a waiting
member, both looked at through /proc for a while. Programs come from $ELECTOR_BUILD (build/release).
"""
import argparse
import os
import re
import statistics
import sys
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))
os.environ.setdefault("ELECTOR_BUILD", "build/release")

from world import SETTLE, UNKNOWN_WAIT, World, say  # noqa: E402  (needs the path above)

STAGGER = 0.7  # seconds between two launches
# Resident memory of comparable programs, waiting: measured once, elsewhere, and not with /proc of
# this run.
COMPARISONS = (("waiting member of the older elector, in Go", 10.3),
               ("dynamic protobuf-lite gRPC client", 14.7),
               ("Asio alone", 3.3))


# --- first start

def launch(member):
    """When it began; the simulated node's own log says later when it became active."""
    began = time.time()
    member.start()
    return began


def first_active(world, member):
    changes = world.nodes.flag_changes(member.name, "active_on", 0.0)
    return changes[0] if changes else None


# A start waits first for what an earlier run may have sent and not seen answered (B + 1 s): only
# then is standby confirmed, and the member queues. The unknown wait counts from there.
FIRST_START = 3.5 + UNKNOWN_WAIT


def first_starts(count):
    """Seconds from launch to active node beyond the protocol's wait, of each member."""
    names = [f"alone-{i}" for i in range(count)]
    say(f"{count} groups of one member on one simulated chain: overlaps of nodes are no fault")
    with World({}, names=names) as world:
        alone = "each member is a group of its own: their nodes are active at the same time"
        world.overlap_excused = world.double_excused = alone
        began = []
        for member in world.members:
            member.settings["election"]["key"] = "/bench-" + member.name
            began.append(launch(member))
            time.sleep(STAGGER)
        world.wait_for(lambda: all(first_active(world, m) for m in world.members),
                       FIRST_START + 5, "active node of each member")
        return [first_active(world, member) - start - FIRST_START
                for member, start in zip(world.members, began)]


# --- idle

def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def per_thread(pid, name):
    for task in os.listdir(f"/proc/{pid}/task"):
        yield read(f"/proc/{pid}/task/{task}/{name}")


def switches(pid, kind):
    return sum(int(re.search(rf"^{kind}_ctxt_switches:\s+(\d+)", text, re.M)[1])
               for text in per_thread(pid, "status"))


class Usage:
    """Counters of one process at one instant."""

    def __init__(self, pid):
        self.at = time.monotonic()
        self.cpu = sum(int(text.split()[0]) for text in per_thread(pid, "schedstat")) / 1e9
        self.voluntary = switches(pid, "voluntary")
        self.involuntary = switches(pid, "nonvoluntary")


def memory(pid):
    """RSS, PSS and private bytes in MB (of 1024 kB), and threads."""
    text = read(f"/proc/{pid}/smaps_rollup")
    rss, pss, clean, dirty = (int(re.search(rf"^{name}:\s+(\d+) kB", text, re.M)[1]) / 1024
                              for name in ("Rss", "Pss", "Private_Clean", "Private_Dirty"))
    return rss, pss, clean + dirty, len(os.listdir(f"/proc/{pid}/task"))


def etcd_messages(port):
    """Messages that etcd has received, by method; its own peers and we ourselves send none."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    pattern = r'^grpc_server_msg_received_total\{grpc_method="(\w+)".*\} (\S+)$'
    counts = {}
    for method, value in re.findall(pattern, text, re.M):
        counts[method] = counts.get(method, 0) + float(value)
    return counts


def idle(profile, seconds):
    with World({}, members=2, profile=profile) as world:
        world.start_members()
        world.bootstrap()
        leader = world.wait_for_leader(SETTLE + 6)
        world.wait_for_signature(leader)
        time.sleep(5)  # caches are filled, first publications are over
        waiting = world.followers(leader)[0]
        pids = {"leader": leader.elector(), "waiting": waiting.elector(),
                "guardian": leader.process.pid}
        port = world.etcd.members[0].ports[0]
        messages = etcd_messages(port)
        before = {role: Usage(pid) for role, pid in pids.items()}
        time.sleep(seconds)
        after = {role: Usage(pid) for role, pid in pids.items()}
        more = etcd_messages(port)
        if world.leader() is not leader:
            raise AssertionError("the lead changed meanwhile: that was not idle")
        for role, pid in pids.items():
            print_usage(role, before[role], after[role], memory(pid))
        print_messages(messages, more, seconds)


# --- telling

def print_usage(role, before, after, mem):
    span = after.at - before.at
    say(f"{role:8} CPU {100 * (after.cpu - before.cpu) / span:.2f} %, context switches "
        f"{(after.voluntary - before.voluntary) / span:.1f}/s voluntary + "
        f"{(after.involuntary - before.involuntary) / span:.1f}/s involuntary, "
        f"RSS {mem[0]:.1f} MB, PSS {mem[1]:.1f} MB, private {mem[2]:.1f} MB, {mem[3]} threads")


def print_messages(before, after, seconds):
    rates = {name: (after[name] - before.get(name, 0)) / seconds for name in after}
    told = ", ".join(f"{name} {rate:.1f}/s" for name, rate in sorted(rates.items()) if rate > 0)
    say(f"etcd gets {sum(rates.values()):.1f} messages/s from both: {told}")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--starts", type=int, default=5, help="first starts measured (5)")
    options.add_argument("--seconds", type=float, default=30, help="span of the idle run (30)")
    options.add_argument("--profile", default="standard", help="of the idle run (standard)")
    chosen = options.parse_args()
    say(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    extra = sorted(1000 * start for start in first_starts(chosen.starts))
    say(f"\nlaunch to active node beyond the protocol's waits of {FIRST_START:.3f} s, ms: min "
        f"{extra[0]:.0f}, median {statistics.median(extra):.0f}, max {extra[-1]:.0f} "
        f"({len(extra)} starts; promised 100)\n")
    idle(chosen.profile, chosen.seconds)
    say("for comparison, RSS: " + ", ".join(f"{what} {mb} MB" for what, mb in COMPARISONS))


if __name__ == "__main__":
    main()
