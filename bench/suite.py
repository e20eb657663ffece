#!/usr/bin/env python3
"""All figures of this program, each beside its floor of the same run; docs/performance.md tells how
to read them. Programs come from $ELECTOR_BUILD (build/release).

tools/dev bench [--json FILE] [--only NAME...] [--compare BEFORE AFTER] [--against OTHER_BUILD]
"""
import argparse
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
os.environ.setdefault("ELECTOR_BUILD", "build/release")

import figures  # noqa: E402


def build_folder():
    return os.path.join(ROOT, os.environ["ELECTOR_BUILD"])


def output_of(name, *arguments):
    """What a benchmark of this build prints. One that only misses a promise has printed it all."""
    done = subprocess.run([os.path.join(build_folder(), "bench", name), *arguments],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"bench: {name} failed with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def core(_):
    return figures.read_core(output_of("bench_core"), 60)


def etcd(_):
    return figures.read_quantiles("etcd", output_of("bench_etcd_floor"), 3000)


def http(_):
    return figures.read_http(output_of("bench_http_floor"), 9000)


def machinery(found):
    """From the order of a planned hand-over until the next activation leaves, without waits: beside
    two transactions, a read, a notice and three round trips of HTTP."""
    by_name = {one["name"]: one for one in found}
    floor = {name: by_name[f"floors: {row}"]["median"] for name, row in (
        ("read", "etcd: transaction that reads"), ("write", "etcd: transaction that writes"),
        ("notice", "etcd: put to another client's notice"),
        ("http", "node: GET /ha over a blocking socket"))}
    parts = [by_name[f"planned hand-over: {row}"] for row in (
        "order put -> leader lets go", "marker sent -> successor learned",
        "gate open -> activation sent")]
    sums = [sum(part[which] for part in parts) for which in ("least", "median", "most")]
    least = 2 * floor["write"] + floor["read"] + floor["notice"] + 3 * floor["http"]
    return figures.figure("handover", "planned hand-over: all machinery", "ms",
                          (*sums, parts[0]["samples"]),
                          ("2 txns, read, notice, 3 GET /ha", least))


def handover(chosen):
    text = output_of("bench_handover", str(chosen.repeat))
    found = figures.read_spans("handover", text, chosen.repeat)
    return found + [machinery(found)]


def living(chosen):
    import living as measured  # needs the programs of the integration suite
    return measured.steady(chosen)


def faults(chosen):
    import living as measured
    return measured.faults(chosen)


def starts(chosen):
    import living as measured
    return measured.starts(chosen)


def build(_):
    """Sizes of the programs, and the seconds that their compilation took, by ninja's own log: the
    sum over all steps, as one processor would need them. What a cache answered took no time."""
    found = []
    for name, path in (("iotex-elector", "src/app/iotex-elector"),
                       ("bare client", "bench/bench_bare_client")):
        whole = os.path.join(build_folder(), path)
        if os.path.exists(whole):
            text = subprocess.run(["size", whole], capture_output=True, text=True, check=True)
            size = sum(int(n) for n in text.stdout.splitlines()[1].split()[:2]) / 2**20
            found.append(figures.figure("build", f"{name}: code and data", "MB", [size]))
    if len(found) == 2:
        found[0].update(floor=found[1]["median"], floor_name="bare client")
    with open(os.path.join(build_folder(), ".ninja_log"), encoding="utf-8") as log:
        rows = [line.split("\t") for line in log if not line.startswith("#")]
    latest = {row[3]: int(row[1]) - int(row[0]) for row in rows if len(row) >= 4}
    ours = [ms for path, ms in latest.items() if path.startswith("src/")]
    if ours:
        found.append(figures.figure("build", "steps of src/, one after another", "s",
                                    [sum(ours) / 1000]))
    return found


SUITES = {"core": core, "etcd": etcd, "http": http, "handover": handover, "steady": living,
          "faults": faults, "starts": starts, "build": build}


def machine(before):
    return {"processors": os.cpu_count(), "load_before": before, "load_after": os.getloadavg()[0],
            "build": os.environ["ELECTOR_BUILD"], "kernel": os.uname().release}


def measure(chosen):
    before, found = os.getloadavg()[0], []
    for name in chosen.only or SUITES:
        print(f"bench: {name} ({os.environ['ELECTOR_BUILD']})", file=sys.stderr, flush=True)
        found += SUITES[name](chosen)
    return {"version": figures.VERSION, "machine": machine(before), "figures": found}


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except (OSError, ValueError) as error:
        sys.exit(refuse(f"cannot read {path}: {error}"))
    wrong = figures.problems(document)
    if wrong:
        sys.exit(refuse(f"cannot read {path}: {'; '.join(wrong)}"))
    return document


def refuse(text):
    print(f"bench: {text}", file=sys.stderr)
    return 2


def tell_comparison(before, after):
    lines, worse = figures.compare(before, after)
    print("\n".join(lines))
    print(f"{worse} worse by more than {figures.NOISE:.2f} times")
    return 1 if worse else 0


def against(chosen):
    """Another build's figures right after ours: the machine is nearly the same."""
    command = [sys.executable, os.path.abspath(__file__), "--json", "/dev/stdout",
               "--repeat", str(chosen.repeat), "--seconds", str(chosen.seconds)]
    command += ["--only", *chosen.only] if chosen.only else []
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True,
                          env={**os.environ, "ELECTOR_BUILD": chosen.against})
    return json.loads(re.search(r"^\{.*^\}", done.stdout, re.M | re.S)[0])


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--json", metavar="FILE", help="write the figures there")
    options.add_argument("--only", nargs="+", choices=list(SUITES), metavar="NAME",
                         help="of " + ", ".join(SUITES))
    options.add_argument("--compare", nargs=2, metavar=("BEFORE", "AFTER"),
                         help="two files of figures; 1: something is worse")
    options.add_argument("--against", metavar="BUILD", help="another build, measured beside it")
    options.add_argument("--repeat", type=int, default=5, help="faults of a sort (5)")
    options.add_argument("--seconds", type=float, default=20, help="of the steady state (20)")
    chosen = options.parse_args()
    if chosen.compare:
        return tell_comparison(*(read(path) for path in chosen.compare))
    document = measure(chosen)
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
            file.write("\n")
        if chosen.json == "/dev/stdout":
            return 0
    print(figures.table(document["figures"]))
    print(json.dumps(document["machine"]))
    return tell_comparison(against(chosen), document) if chosen.against else 0


if __name__ == "__main__":
    sys.exit(main())
