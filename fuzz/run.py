#!/usr/bin/env python3
"""Runs the fuzzers, each for some time over a copy of its corpus, and tells what came of it.

Called by `tools/dev fuzz`, which builds them first. One line a target, then `N passed, N failed`;
what was found is kept below the build folder, and the exit code is 1. The tree is never written to.
"""
import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
BUILD = os.path.join(ROOT, "build", "fuzz", "fuzz")
SYMBOLIZER = "/usr/lib/llvm-14/bin/llvm-symbolizer"
SECONDS_FOR_ONE_INPUT = 10
MEMORY_MB = 1024
LATE = 120  # seconds that a fuzzer may take to start and to end


def targets():
    """The names of all of them, from what tests/fuzz and CMake build."""
    sources = [os.path.basename(path)[:-4] for path in glob.glob(os.path.join(HERE, "*.cpp"))]
    return sorted(set(sources) - {"main", "check"})


def command(target, corpus, findings, seconds):
    line = [os.path.join(BUILD, f"fuzz_{target}"), f"-max_total_time={seconds}",
            f"-timeout={SECONDS_FOR_ONE_INPUT}", f"-rss_limit_mb={MEMORY_MB}",
            f"-artifact_prefix={findings}/", "-print_final_stats=1", corpus]
    words = os.path.join(HERE, "dictionaries", f"{target}.dict")
    return line + [f"-dict={words}"] * os.path.exists(words)


def figures(output):
    """What libFuzzer says of a run in its last words; None where it says nothing."""
    stats = {name: int(value) for name, value in re.findall(r"^stat::(\w+):\s+(\d+)", output, re.M)}
    last = re.findall(r"cov: (\d+) .*?corp: (\d+)", output)
    edges, inputs = map(int, last[-1]) if last else (None, None)
    return {"runs": stats.get("number_of_executed_units"), "edges": edges, "inputs": inputs,
            "rate": stats.get("average_exec_per_sec")}


def fuzz(target, seconds):
    """(name, whether all is well, figures, found files, output)"""
    findings = os.path.join(BUILD, "findings", target)
    os.makedirs(findings, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="elector-fuzz-") as scratch:
        corpus = os.path.join(scratch, "corpus")
        shutil.copytree(os.path.join(HERE, "corpus", target), corpus)
        env = dict(os.environ)
        if os.path.exists(SYMBOLIZER):
            env.setdefault("ASAN_SYMBOLIZER_PATH", SYMBOLIZER)
        start = time.monotonic()
        try:
            done = subprocess.run(command(target, corpus, findings, seconds), env=env, cwd=scratch,
                                  timeout=seconds + LATE, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            code, output = done.returncode, done.stdout.decode(errors="replace")
        except subprocess.TimeoutExpired as late:
            code, output = 124, (late.stdout or b"").decode(errors="replace")
        except OSError as missing:
            code, output = 127, f"cannot run the fuzzer: {missing}; build it with tools/dev fuzz\n"
    told = figures(output)
    told["seconds"] = time.monotonic() - start
    found = re.findall(r"Test unit written to (\S+)", output)
    return target, code == 0 and not found and bool(told["runs"]), told, found, output


def report(target, well, told, found, output):
    shown = {name: "-" if value is None else f"{value:.0f}" for name, value in told.items()}
    print(f"{'ok  ' if well else 'FAIL'} {target:16} {shown['seconds']:>5} s {shown['runs']:>11} "
          f"runs {shown['rate']:>7}/s {shown['edges']:>6} edges {shown['inputs']:>6} inputs "
          f"{len(found)} findings", flush=True)
    if well:
        return
    for path in found:
        print(f"    {path}")
        print(f"    again: {os.path.join(BUILD, 'fuzz_' + target)} {path}")
    for line in output.splitlines()[-60:]:
        print(f"    {line}")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(prog="tools/dev fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--jobs", type=int, default=1, help="targets at a time (1)")
    parser.add_argument("target", nargs="*", help=", ".join(targets()) + "; all, if none is named")
    options = parser.parse_args()
    unknown = sorted(set(options.target) - set(targets()))
    if unknown or options.seconds < 1 or options.jobs < 1:
        parser.error(f"unknown: {', '.join(unknown)}" if unknown else "at least one second and job")
    failed = 0
    chosen = options.target or targets()
    with ThreadPoolExecutor(options.jobs) as pool:
        for result in pool.map(lambda name: fuzz(name, options.seconds), chosen):
            report(*result)
            failed += not result[1]
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
