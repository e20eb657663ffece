#!/usr/bin/env python3
"""What a guardian costs while it waits, and how soon its node is told when the elector dies.

A group of two with a real etcd and simulated nodes. The leader's elector is killed, over and over;
reaction is the time from right before kill(2) to the fall of the node's active flag, by the node's
own log: the death is noticed, nothing more can leave the elector, the request goes out and is read.
Programs come from $ELECTOR_BUILD (build/release).
"""
import argparse
import os
import signal
import statistics
import time

import idle
from world import World, say


def print_waiting(role, pid, seconds):
    before = idle.Usage(pid)
    time.sleep(seconds)
    idle.print_usage(role, before, idle.Usage(pid), idle.memory(pid))


def locked_mb(pid):
    for line in idle.read(f"/proc/{pid}/status").splitlines():
        if line.startswith("VmLck:"):
            return int(line.split()[1]) / 1024
    return 0.0


def reaction(world, leader):
    """Seconds; and who leads next."""
    elector = leader.elector()
    since = time.time()
    os.kill(elector, signal.SIGKILL)
    world.wait_for(lambda: leader.find("guardian_done", since), 20, "what the guardian does")
    took = world.nodes.flag_changes(leader.name, "active_off", since)[0] - since
    new = world.wait_for_leader(20, other_than=leader)
    world.wait_for(lambda: leader.role() == "candidate" and leader.elector(), 20, "it again")
    world.wait_for_signature(new)
    return took, new


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--kills", type=int, default=10, help="electors killed (10)")
    options.add_argument("--seconds", type=float, default=10, help="of waiting, watched (10)")
    chosen = options.parse_args()
    say(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    took, pss = [], []
    with World({}, members=2, profile="fast") as world:
        leader = world.start()
        print_waiting("guardian", leader.process.pid, chosen.seconds)
        say(f"of that locked: {locked_mb(leader.process.pid):.1f} MB")
        for _ in range(chosen.kills):
            pss += [idle.memory(m.process.pid)[1] for m in world.members]
            seconds, leader = reaction(world, leader)
            took.append(1000 * seconds)
    took.sort()
    say(f"\nreaction, ms: min {took[0]:.2f}, median {statistics.median(took):.2f}, max "
        f"{took[-1]:.2f} ({len(took)} kills)")
    say(f"PSS, two services on one host, MB: median {statistics.median(pss):.1f}, max "
        f"{max(pss):.1f}")


if __name__ == "__main__":
    main()
