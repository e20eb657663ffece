#!/usr/bin/env python3
"""Many groups in one process: what each costs, and how they take a fault all at once.

For each number of groups: until all lead, at rest (CPU, memory, switches, requests to etcd); with
--one-hangs, one group's node hangs under a service whose other groups must not notice; with --fail,
etcd is killed and started again (with --etcd 3 also its leader alone, for good), and at the end the
elector that leads is killed. Figures are printed as JSON. Programs come from $ELECTOR_BUILD.
"""
import argparse
import collections
import json
import os
import re
import signal
import statistics
import tempfile
import time

from many import Etcd, Nodes, Service, Usage, memory_kb, raise_open_files, say, wait_for


def spread(values):
    values = sorted(values)
    return {"median": statistics.median(values), "p99": values[int(0.99 * (len(values) - 1))],
            "largest": values[-1]}


def buckets(text, name):
    """How many were counted up to each bucket's end, over all groups."""
    found = collections.Counter()
    for end, count in re.findall(rf'^{name}_bucket{{[^}}]*le="([^"]+)"[^}}]*}} (\S+)', text, re.M):
        found[float(end)] += float(count)
    return found


def quantile_between(before, after, name, quantile):
    """Upper end of the bucket in which the quantile lies of what was counted meanwhile."""
    older, newer = buckets(before, name), buckets(after, name)
    counted = {end: count - older.get(end, 0) for end, count in newer.items()}
    total = counted.get(float("inf"), 0)
    return next((end for end, count in sorted(counted.items())
                 if total and count >= quantile * total), None)


class Measurement:
    def __init__(self, groups, folder, options):
        self.groups, self.options = groups, options
        self.figures = {"groups": groups}
        self.nodes = Nodes(2 * groups)
        self.etcd = Etcd(folder, options.etcd)
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
        if self.options.fail and self.options.etcd > 1:
            self.etcd_leader_change()
        if self.options.fail:
            self.etcd_restart()
            self.fail_over()
        overlaps = [self.nodes.overlap(i, self.groups + i) for i in range(self.groups)]
        self.figures["overlaps"] = sum(seconds > 0 for seconds in overlaps)

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
        store = Usage(self.etcd.pids())
        before = self.a.metrics()
        time.sleep(self.options.seconds)
        self.figures.update({
            "leading_cpu_percent": leader.percent(), "waiting_cpu_percent": waiting.percent(),
            "etcd_cpu_percent": store.percent(),
            "leading_switches_per_s": leader.switches_per_second(),
            "leading_rss_kb": memory_kb(self.a.elector(), "Rss"),
            "waiting_rss_kb": memory_kb(self.b.elector(), "Rss"),
            "etcd_rss_kb": sum(memory_kb(pid, "Rss") for pid in self.etcd.pids())})
        if self.options.guardian:
            self.figures["guardian_rss_kb"] = memory_kb(self.a.child.pid, "Rss")
        began = time.monotonic()
        text = self.a.metrics()
        self.figures["scrape_s"] = time.monotonic() - began
        for figure, name in (("confirm_p99_s", "confirm_seconds"),
                             ("lag_p99_s", "event_loop_lag_seconds")):
            self.figures[figure] = quantile_between(before, text, "iotex_elector_" + name, 0.99)

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

    def moved_by(self, what, since):
        """Which groups' nodes were brought to standby, once everything has settled."""
        wait_for(self.all_active, 90, f"active node of each group after {what}")
        return len([n for n in range(2 * self.groups) if self.nodes.became(n, False, since)])

    def etcd_restart(self):
        say("etcd is killed and started again")
        since = time.time()
        for i in range(self.options.etcd):
            self.etcd.kill(i)
        for i in range(self.options.etcd):
            self.etcd.start(i)
        time.sleep(15)
        self.figures["moved_by_a_restart_of_etcd"] = self.moved_by("etcd's restart", since)

    def etcd_leader_change(self):
        """The member that leads is killed; another is elected, and a while later it comes back."""
        say("etcd's leader is killed")
        since, old = time.time(), self.etcd.leader()
        self.etcd.kill(old)
        time.sleep(20)
        self.figures["moved_by_a_new_leader_of_etcd"] = self.moved_by("etcd's election", since)
        self.etcd.start(old)
        time.sleep(10)

    def fail_over(self):
        """The elector that leads most groups is killed."""
        old, new = (self.a, self.b) if self.active_of(self.a) >= self.active_of(self.b) else \
            (self.b, self.a)
        say(f"the elector of {old.name}, which leads {self.active_of(old)} groups, is killed")
        leading = [i for i in range(self.groups) if self.nodes.active([old.first + i])]
        since = time.time()
        os.kill(old.elector(), signal.SIGKILL)
        wait_for(lambda: self.active_of(new) == self.groups or
                 (self.all_active() and time.time() - since > 20), 120, "failover of each group")
        told = [self.nodes.became(old.first + i, False, since) for i in leading]
        taken = [self.nodes.became(new.first + i, True, since) or
                 self.nodes.became(old.first + i, True, since) for i in leading]
        if self.options.guardian:
            self.figures["killed_to_deactivated_s"] = spread(t - since for t in told if t)
        self.figures["killed_to_next_active_s"] = spread(t - since for t in taken if t)

    def close(self):
        for service in (self.a, self.b):
            service.end()
        self.etcd.close()
        self.nodes.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", type=int, nargs="+")
    parser.add_argument("--seconds", type=float, default=30, help="length of the look at rest (30)")
    parser.add_argument("--settle", type=float, default=10, help="before it (10)")
    parser.add_argument("--fail", action="store_true", help="kill etcd, then the leading elector")
    parser.add_argument("--etcd", type=int, choices=(1, 3), default=1, help="its members (1)")
    parser.add_argument("--one-hangs", action="store_true")
    parser.add_argument("--no-guardian", dest="guardian", action="store_false")
    parser.add_argument("--keep", metavar="FOLDER", help="keep the logs there")
    options = parser.parse_args()
    raise_open_files()
    for groups in options.groups:
        with tempfile.TemporaryDirectory(prefix="elector-groups-") as folder:
            where = options.keep or folder
            os.makedirs(where, exist_ok=True)
            measurement = Measurement(groups, where, options)
            try:
                measurement.run()
            finally:
                print(json.dumps(measurement.figures, indent=1), flush=True)
                measurement.close()


if __name__ == "__main__":
    main()
