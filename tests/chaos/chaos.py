#!/usr/bin/env python3
"""Random and fixed faults against real electors; see docs/chaos.md.

    chaos.py                       the fixed set, a minute or three; each schedule is a case
    chaos.py --minutes 60          random schedules for so long; prints the first seed
    chaos.py --seed 7              the schedule of one seed
    chaos.py --table --runs 10     each fault so many times, beside what is required

Everything runs on the loopback, on ports of its own, is bounded, and is ended by its own id. The
exit code is 0 when nothing was wrong. Programs come from $ELECTOR_BUILD (build/dev).
"""
import argparse
import json
import os
import random
import sys
import tempfile
import time

import paths
import fixed
import programs
import run
import summary
import table
import worker
from schedule import draw

class Job(run.Running):
    """One group of electors after another in a process of its own; `order` says which."""

    def __init__(self, order, seconds, folder, keep):
        self.order = order
        self.read_to = 0
        self.lines = []
        super().__init__(order["name"], seconds, folder, keep, __file__,
                         ["--order", json.dumps(order)])
        self.limit = 240 + (1 if order["kind"] == "seeds" else 3) * seconds

    def news(self):
        """What it has reported since the last look."""
        if not os.path.exists(self.report):
            return []
        with open(self.report, encoding="utf-8") as file:
            text = file.read()
        whole = text[:text.rfind("\n") + 1]
        found = [json.loads(line) for line in whole[self.read_to:].splitlines()]
        self.read_to = len(whole)
        self.lines += found
        return found

    def story(self):
        """What was said from the last schedule, or run, on."""
        with open(self.output, encoding="utf-8", errors="replace") as file:
            text = file.read()
        return text[max(0, text.rfind(" schedule seed"), len(text) - 60000):]


def run_one(options):
    """In a process of its own: does what the order says."""
    order, report = json.loads(options.order), worker.Report(options.report)
    worker.begin()
    if order["kind"] == "cases":
        worker.play_cases([fixed.find(name) for name in order["cases"]], report)
    elif order["kind"] == "check":
        worker.check(order["check"], report)
    elif order["kind"] == "row":
        table.play_row(order["row"], order["runs"], order["seed"], report)
    elif order["kind"] == "seed":
        worker.play_group([draw(order["seed"], order["lasting"])], report)
    else:
        worker.play_for(order["seed"], order["step"], order["until"], order["lasting"], report)
    return 0


def run_jobs(orders, options, tell):
    """Runs them, so many at a time, the longest first; tells every line that they report."""
    waiting = sorted(orders, key=lambda order: order["seconds"])
    running, done = [], []
    with tempfile.TemporaryDirectory(prefix="elector-chaos-") as folder:
        while waiting or running:
            while waiting and len(running) < options.jobs:
                order = waiting.pop()
                running.append(Job(order, order["seconds"], folder, options.keep))
            for job in list(running):
                over = job.over()
                for line in job.news():
                    tell(job, line)
                if not over:
                    continue
                running.remove(job)
                done.append(job)
                if job.child.returncode != 0:
                    tell(job, {"broken": f"ended with {job.child.returncode}"})
            time.sleep(0.2)
    return done


# ------------------------------------------------------------------------------- the fixed set


class Fixed:
    def __init__(self):
        self.passed = []
        self.failed = {}

    def tell(self, job, line):
        name = line.get("case", job.name)
        if "broken" in line:
            self.failed[name] = line["broken"] + "\n" + job.story()
            print(f"FAIL {name}", flush=True)
            return
        self.passed.append(name)
        words = f"one leads {line['converged']} s after the last fault, gap {line['gap']} s" \
            if "converged" in line else ""
        print(f"ok   {name} {words} {line.get('void', '')}".rstrip(), flush=True)

    def close(self, expected):
        """What failed once more, in full and at the beginning; what was never told has failed."""
        for name in expected:
            if name not in self.passed and name not in self.failed:
                self.failed[name] = "it was not run to its end"
        for name, text in self.failed.items():
            print(f"FAIL {name}\n    " + text.rstrip().replace("\n", "\n    "))
        passed = [name for name in expected if name in self.passed and name not in self.failed]
        print(f"{len(passed)} passed, {len(self.failed)} failed")
        return 1 if self.failed or not passed else 0


def run_fixed(options):
    orders = [{"kind": "cases", "name": name, "cases": [case.name for case in cases],
               "seconds": 40 + 45 * len(cases)} for name, cases in fixed.GROUPS.items()]
    orders += [{"kind": "check", "name": name, "check": name, "seconds": 40}
               for name in worker.CHECKS]
    result = Fixed()
    started = time.monotonic()
    run_jobs(orders, options, result.tell)
    print(f"took {time.monotonic() - started:.0f} s, {options.jobs} groups at a time")
    names = [case.name for cases in fixed.GROUPS.values() for case in cases]
    return result.close([*names, *worker.CHECKS])


# ---------------------------------------------------------------------------- random schedules


class Random:
    def __init__(self):
        self.verdicts = []
        self.found = []
        self.wrong = []
        self.unjudged = 0

    def tell(self, job, line):
        if "resources" in line:
            self.found.append(line["resources"])
        elif "unjudged" in line:
            self.unjudged += 1
            print(f"VOID {line['schedule']}\n  the machine stood still: {line['unjudged']}",
                  flush=True)
        elif "broken" in line:
            self.wrong.append(f"{line.get('schedule', job.name)}\n  {line['broken']}")
            print(f"FAIL {job.name}: {self.wrong[-1]}\n{job.story()}", flush=True)
        else:
            self.verdicts.append(line)
            void = f"; void: {line['void']}" if line["void"] else ""
            print(f"{'FAIL' if line['wrong'] else 'ok  '} {line['schedule']}\n  one leads "
                  f"{line['converged']} s after the last fault, gap {line['gap']} s{void}",
                  flush=True)

    def close(self):
        words, grown = summary.of_resources(self.found)
        self.wrong += grown
        print("\n" + summary.by_fault(self.verdicts) + "\n\n" + words)
        voids = self.unjudged + sum(bool(v["void"]) for v in self.verdicts)
        if voids:
            print(f"{voids} schedules were judged by their signatures only, not by who led: the "
                  "programs did not get to run")
        for problem in self.wrong:
            print("WRONG: " + problem)
        doubles = sum(v["doubles"] for v in self.verdicts)
        false = sum(v["false_failovers"] for v in self.verdicts)
        print(f"{len(self.verdicts)} schedules, {doubles} double signatures, "
              f"{false} false failovers")
        print(f"{sum(not v['wrong'] for v in self.verdicts)} passed, {len(self.wrong)} failed")
        return 1 if self.wrong or not self.verdicts else 0


def run_random(options):
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10 ** 6)
    result = Random()
    if not options.minutes:
        print(draw(seed, options.lasting), flush=True)
        order = {"kind": "seed", "name": f"seed_{seed}", "seed": seed, "seconds": 200,
                 "lasting": options.lasting}
        run_jobs([order], options, result.tell)
        return result.close()
    seconds = options.minutes * 60
    # Each group has an etcd of one size, which the seed's parity says.
    groups = max(4, options.jobs // 2 * 2)
    print(f"first seed {seed}, {groups} groups, {options.minutes} minutes", flush=True)
    # The first two live as long as the run, so that it shows what they hold on to.
    orders = [{"kind": "seeds", "name": f"group_{i}", "seed": seed + i, "step": groups,
               "until": time.time() + seconds, "seconds": seconds, "lasting": i < 2}
              for i in range(groups)]
    options.jobs = groups
    run_jobs(orders, options, result.tell)
    return result.close()


# ------------------------------------------------------------------------------------ the table


class Table:
    def __init__(self):
        self.results = {}

    def tell(self, job, line):
        self.results.setdefault(job.order["row"], []).append(line)
        if "broken" in line:
            print(f"FAIL {job.name}: {line['broken']}\n{job.story()}", flush=True)
        else:
            print(f"{'FAIL' if line['wrong'] else 'ok  '} {job.order['row']} took {line['took']} s "
                  f"of {line['required']} s", flush=True)


def run_table(options):
    chosen = [r for r in table.ROWS.values() if (options.only or "") in r.name]
    orders = []
    for one in chosen:
        left, number = options.runs, 0
        while left:
            runs = min(left, one.in_a_group)
            number, left = number + 1, left - runs
            orders.append({"kind": "row", "name": f"{one.name}_{number}", "row": one.name,
                           "runs": runs, "seed": (options.seed or 1) + number,
                           "seconds": 20 + runs * one.seconds})
    result, started = Table(), time.monotonic()
    run_jobs(orders, options, result.tell)
    rows = [summary.row_of(one.words, result.results.get(one.name, []), options.runs)
            for one in chosen]
    print("\n" + summary.table(summary.HEAD, [cells for cells, _ in rows]))
    print(f"\ntook {(time.monotonic() - started) / 60:.0f} minutes, {options.jobs} groups at a "
          f"time; load at the end {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    missing = [one.name for one, (_, shown) in zip(chosen, rows) if not shown]
    if missing:
        print("not shown: " + ", ".join(missing))
    return 1 if missing or not chosen else 0


# ------------------------------------------------------------------------------------------ main


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=0, metavar="N")
    parser.add_argument("--seed", type=int, metavar="N", help="the first, or only, schedule")
    parser.add_argument("--lasting", action="store_true",
                        help="with --seed: as a group draws it that lives as long as the run")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--runs", type=int, default=10, metavar="N", help="of each row (10)")
    parser.add_argument("--only", metavar="WORD", help="rows whose name holds this")
    parser.add_argument("--jobs", type=int, metavar="N", help="groups at a time")
    parser.add_argument("--keep", action="store_true", help="keep the folders with the logs")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--report", help=argparse.SUPPRESS)
    parser.add_argument("--order", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = parse()
    if options.one:
        return run_one(options)
    for needed in (programs.elector, programs.simnode, programs.checker, programs.netproxy):
        needed()
    if options.table:
        options.jobs = options.jobs or 10
        return run_table(options)
    if options.minutes or options.seed is not None:
        options.jobs = options.jobs or 4
        return run_random(options)
    options.jobs = options.jobs or 8
    return run_fixed(options)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except FileNotFoundError as missing:
        sys.exit(f"tests/chaos: {missing}")
