#!/usr/bin/env python3
"""Runs the integration cases, several at a time, each in a process of its own.

They mostly wait, so that more of them than there are processors run side by side. Prints one line
for each with its seconds and what it measured, and at the end `N passed, N failed`; the exit code
is 0 when none failed. Programs come from $ELECTOR_BUILD (build/dev). On a slow machine set
ELECTOR_PATIENCE (3): how much longer than on an idle one anything may take. ELECTOR_SEED repeats a
chain.
"""
import argparse
import fnmatch
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import case  # noqa: E402  (needs the path above)
import matrix_table  # noqa: E402
import programs  # noqa: E402
from world import PATIENCE  # noqa: E402


def flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def all_cases():
    """(id, expected seconds, tier) of every case; one that cannot be loaded is an error."""
    loader = unittest.TestLoader()
    found = list(flatten(loader.discover(HERE, pattern="test_*.py", top_level_dir=HERE)))
    if loader.errors:
        raise SystemExit("\n".join(loader.errors))
    methods = [(test, getattr(test, test._testMethodName)) for test in found]
    return [(test.id(), getattr(method, "seconds", 30), getattr(method, "tier", "short"))
            for test, method in methods]


def matches(name, pattern):
    return pattern in name or fnmatch.fnmatch(name, pattern)


def run_one(name, report):
    """Runs one case in this process and writes what it measured."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by the runner"))
    suite = unittest.TestLoader().loadTestsFromName(name)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=0).run(suite)
    with open(report, "w", encoding="utf-8") as file:
        json.dump(case.FIGURES, file)
    return 0 if result.wasSuccessful() and result.testsRun == 1 and not result.skipped else 1


class Running:
    """A case in its own process, its output in a file."""

    def __init__(self, name, seconds, folder, keep, script=__file__, more=()):
        self.name = name
        self.limit = 60 + 2 * PATIENCE * seconds
        self.started = time.monotonic()
        self.output = os.path.join(folder, name + ".out")
        self.report = os.path.join(folder, name + ".json")
        self.figures = {}
        command = [sys.executable, os.path.abspath(script), "--one", name,
                   "--report", self.report, *more, *(["--keep"] if keep else [])]
        with open(self.output, "wb") as out:
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=out, preexec_fn=programs.die_with_parent)

    def seconds(self):
        return time.monotonic() - self.started

    def over(self):
        """True once it has ended; ends it itself when it takes far too long."""
        if self.child.poll() is not None:
            return True
        if self.seconds() > self.limit + 30:
            self.child.kill()
        elif self.seconds() > self.limit:
            self.child.terminate()
        return False

    def tell(self, verbose):
        passed = self.child.returncode == 0
        if os.path.exists(self.report):
            with open(self.report, encoding="utf-8") as file:
                self.figures = json.load(file)
        words = " ".join(f"{key}={value}" for key, value in self.figures.items())
        mark = "ok  " if passed else "FAIL"
        print(f"{mark} {self.name} {self.seconds():.1f}s {words}".rstrip(), flush=True)
        if verbose or not passed:
            with open(self.output, encoding="utf-8", errors="replace") as file:
                print("    " + file.read().rstrip().replace("\n", "\n    "), flush=True)
        return passed


def run_all(cases, options):
    """Longest first, so that the last one does not run alone."""
    waiting = sorted(cases, key=lambda item: item[1])
    running, passed, failed, void, figures = [], 0, [], [], []
    with tempfile.TemporaryDirectory(prefix="elector-runner-") as folder:
        while waiting or running:
            while waiting and len(running) < options.jobs:
                name, seconds, _ = waiting.pop()
                running.append(Running(name, seconds, folder, options.keep))
            for one in [one for one in running if one.over()]:
                running.remove(one)
                if one.tell(options.verbose):
                    passed += 1
                else:
                    failed.append(one.name)
                if "void" in one.figures:
                    void.append(one.name)
                figures.append(one.figures)
            time.sleep(0.1)
    return passed, failed, void, figures


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="PATTERN", help="cases whose name holds or matches this")
    parser.add_argument("--list", action="store_true", help="print the names and run nothing")
    parser.add_argument("--tier", choices=("short", "long", "all"), default="short")
    parser.add_argument("--jobs", type=int, default=6, metavar="N", help="cases at a time (6)")
    parser.add_argument("--keep", action="store_true", help="keep the folders with the logs")
    parser.add_argument("--verbose", action="store_true", help="print what passed cases said too")
    parser.add_argument("--table", metavar="FILE",
                        help="write what the cases of the fault matrix measured, if none failed")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--report", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        return run_one(options.one, options.report)
    cases = [one for one in all_cases()
             if (options.tier in ("all", one[2])) and matches(one[0], options.only or "")]
    if options.list:
        print("\n".join(f"{tier:5} {seconds:4}s {name}" for name, seconds, tier in cases))
        return 0
    for needed in (programs.elector, programs.simnode, programs.checker, programs.netproxy):
        needed()
    for needed in ("etcd", "etcdctl", "strace"):
        programs.tool(needed)
    started = time.monotonic()
    passed, failed, void, figures = run_all(cases, options)
    if options.table and not failed:
        matrix_table.write(options.table, figures)
    if void:
        print("the machine was too slow to judge: " + ", ".join(void))
    if failed:
        print("failed: " + ", ".join(failed))
    print(f"took {time.monotonic() - started:.0f} s, {options.jobs} at a time")
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except FileNotFoundError as missing:
        sys.exit(f"tests/integration: {missing}")
