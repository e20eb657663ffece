"""Runs the test tiers and prints one closing line, `N passed, N failed`.

Called by `tools/dev test`. Every doctest case, house rule and script counts as one; a program that
dies without its summary, or runs no case, counts as one failure.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OTHER_ETCDS = ("3.5.35", "3.6.16")  # beside Debian's 3.4
SUMMARY = re.compile(r"test cases:\s+(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed")


class Tally:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.failures = []

    def add(self, name, passed, failed, seconds, output=""):
        self.passed += passed
        self.failed += failed
        mark = "ok  " if failed == 0 else "FAIL"
        print(f"{mark} {name}: {passed} passed, {failed} failed ({seconds:.1f} s)", flush=True)
        if failed:
            self.failures.append(name)
            print(output, flush=True)


def run(command, timeout, env=None):
    """Returns (exit code, output, seconds); a time-out is exit code 124."""
    start = time.monotonic()
    try:
        done = subprocess.run(command, cwd=ROOT, timeout=timeout, env=env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace")
        return done.returncode, done.stdout, time.monotonic() - start
    except subprocess.TimeoutExpired as late:
        text = late.stdout or b""
        late_text = text.decode(errors="replace") + f"\ntimed out after {timeout} s"
        return 124, late_text, time.monotonic() - start


def build(preset, tally, target="all"):
    code, output, seconds = 0, "", 0.0
    if not os.path.exists(f"{ROOT}/build/{preset}/build.ninja"):
        code, output, seconds = run(["cmake", "--preset", preset], 600)
    if code == 0:
        code, output, more = run(["cmake", "--build", f"build/{preset}", "--target", target], 7200)
        seconds += more
    tally.add(f"build {preset}", int(code == 0), int(code != 0), seconds, output[-8000:])
    return code == 0


def programs(preset, label):
    """The test programs that CMake registered with `label`, as (name, command) pairs."""
    code, output, _ = run(["ctest", "--test-dir", f"build/{preset}", "-L", f"^{label}$",
                           "--show-only=json-v1"], 60)
    if code != 0:
        return []
    return [(t["name"], t["command"]) for t in json.loads(output)["tests"] if "command" in t]


def run_programs(preset, label, tally, timeout):
    found = programs(preset, label)
    if not found:
        tally.add(f"{preset}: no test program with label {label}", 0, 1, 0.0)
    env = dict(os.environ, TSAN_OPTIONS=f"suppressions={ROOT}/tests/support/tsan.supp")
    for name, command in found:
        code, output, seconds = run(command, timeout, env)
        counts = SUMMARY.findall(output)
        passed = sum(int(c[1]) for c in counts)
        failed = sum(int(c[2]) for c in counts)
        if code != 0 and failed == 0:
            failed = 1
        if passed + failed == 0:
            failed = 1
            output += "\nran no test"
        tally.add(f"{preset}/{name}", passed, failed, seconds, output[-12000:])


def python_tests(folder, tally, timeout=300, python=sys.executable):
    command = [python, "-m", "unittest", "discover", "-s", folder]
    code, output, seconds = run(command, timeout)
    ran = re.search(r"Ran (\d+) tests?", output)
    total = int(ran.group(1)) if ran else 0
    bad = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", output))
    if total == 0 or (code != 0 and bad == 0):
        bad = 1
    tally.add(folder, max(total - bad, 0), bad, seconds, output[-8000:])


def integration(preset, tier, tally, timeout, only="", path="", name=""):
    """Real processes against a real etcd, of the folder `path` if given."""
    command = [sys.executable, "tests/integration/run.py", "--tier", tier, "--only", only]
    real_processes(command, preset, tally, timeout, path, name or f"tests/integration {tier}")


def real_processes(command, preset, tally, timeout, path, name):
    """A runner that prints its own closing line, and each failure with what it said."""
    env = dict(os.environ, ELECTOR_BUILD=f"{ROOT}/build/{preset}")
    env["PATH"] = path + os.pathsep * bool(path) + env["PATH"]
    code, output, seconds = run(command, timeout, env)
    closing = re.findall(r"^(\d+) passed, (\d+) failed", output, re.M)
    passed, failed = map(int, closing[-1]) if closing else (0, 1)
    if code != 0 and failed == 0:
        failed = 1
    # What failed, without the dozens that passed before and after it.
    told = re.findall(r"^FAIL .*\n(?:    .*\n)*", output, re.M)
    shown = "".join(part[:8000] for part in told) + "\n".join(output.splitlines()[-5:])
    tally.add(name, passed, failed, seconds, shown)


def other_etcds(preset, tally):
    """What etcd itself decides, against the releases that Debian does not have."""
    for version in OTHER_ETCDS:
        command = ["tools/build_etcd", "build/etcd", version]
        code, output, _ = run(command, 1800)
        if code != 0:
            print(output.strip(), flush=True)
            continue
        for only in ("test_secured", "test_etcd_outages", "test_handover"):
            integration(preset, "all", tally, 3600, only, f"{ROOT}/build/etcd/{version}",
                        f"tests/integration {only} with etcd {version}")


def previous_program(tally):
    """Builds the program that the tests of an upgrade begin with, and names it to them."""
    code, output, seconds = run(["tools/build_previous", "build/previous"], 3600)
    tally.add("build of an earlier commit", int(code == 0), int(code != 0), seconds, output)
    os.environ["ELECTOR_PREVIOUS"] = output.splitlines()[-1] if code == 0 else ""


def same_on_both_compilers(tally):
    """The simulator's hash over many runs: a story does not depend on who compiled it."""
    hashes = []
    seconds = 0.0
    for preset in ("dev", "clang"):
        for theme in ("swarm", "cut_off", "hand_over", "stuck", "odd", "set_back"):
            program = f"build/{preset}/tests/sim/elector-sim"
            _, output, more = run([program, "--theme", theme, "--seeds", "1..200"], 900)
            seconds += more
            hashes.append(re.findall(r"hash ([0-9a-f]{16})", output))
    half = len(hashes) // 2
    same = all(len(h) == 1 for h in hashes) and hashes[:half] == hashes[half:]
    tally.add("simulator hash, g++ and clang++", int(same), int(not same), seconds, str(hashes))


def house_rules(tally):
    code, output, seconds = run([sys.executable, "tools/tidy.py"], 300)
    tally.add("tools/tidy.py", int(code == 0), int(code != 0), seconds, output)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true",
                        help="add the sanitizers, the second compiler and the long suites")
    options = parser.parse_args()
    tally = Tally()
    chaos = [sys.executable, "tests/chaos/chaos.py"]
    house_rules(tally)
    python_tests("tests/house", tally)
    python_tests("tests/docs", tally)
    python_tests("tests/bench", tally)
    if build("dev", tally):
        run_programs("dev", "short", tally, 900)
        python_tests("tests/packaging", tally)
        integration("dev", "short", tally, 1500)
        real_processes(chaos, "dev", tally, 900, "", "tests/chaos")
    if options.long:
        # Debian's selenium is a module of Debian's Python.
        python_tests("tests/browser", tally, 1800, "/usr/bin/python3")
        for preset in ("asan", "tsan", "clang"):
            if build(preset, tally):
                run_programs(preset, "short", tally, 3600)
        same_on_both_compilers(tally)
        if build("fuzz", tally, "fuzzers"):
            real_processes([sys.executable, "fuzz/run.py", "--seconds", "30"], "fuzz", tally, 3600,
                           "", "fuzz")
        if build("release", tally):
            previous_program(tally)
            python_tests("tests/package", tally, 3600)
            run_programs("release", "long", tally, 6 * 3600)
            integration("release", "long", tally, 3 * 3600)
            real_processes([*chaos, "--minutes", "60"], "release", tally, 5400, "",
                           "tests/chaos, an hour by chance")
            if build("release", tally, "bench_many_nodes"):
                real_processes([sys.executable, "bench/soak.py", "--minutes", "10"], "release",
                               tally, 1800, "", "bench/soak.py, many groups")
            other_etcds("release", tally)
    if tally.failures:
        print("failed in: " + ", ".join(tally.failures))
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
