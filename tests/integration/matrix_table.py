"""docs/matrix.md, made of what the cases of test_matrix.py measured."""

HEAD = """# Fault matrix

`tests/integration/run.py --only test_matrix --tier all --table docs/matrix.md` writes this file, if
every one of its cases passed: real electors, simulated nodes and a real etcd of one and of three
members, profile `standard`; {cases} cases, one run of each. `tests/docs` fails when a fault of the
matrix has no row here.

**(height, round) pairs that were signed by two nodes: {doubles}**, judged over the nodes' own
signing logs. No two nodes were active at a time, but for `waiting_node_restarts_into_active`, which
*is* a second active node until its elector sees it. After every fault one member was verified
active, and stayed so.

- *kept, 1.4 of 3.2 s*: the holding outlived 1.4 s without etcd; `check` prints that it outlives
  3.2 s.
- *next after 2.6 of 6.0 s*: the holding ended, as it has to, and the next activation was sent 2.6 s
  after the fault, or after its end where the fault keeps everybody from going on. What `check`
  prints allows 6.0 s; the last column says which of its figures make up the bound, and what the
  simulated nodes and their chain may add (a block 1.8 s late, a node's start).

"With a reload": every elector gets SIGHUP with a changed value in the middle of the fault. What the
programs waited for a processor, on a shared machine, is in the figures.

| fault | etcd members | alone | with a reload | bound |
|---|---|---|---|---|
"""


def seconds(text):
    return float(text.rstrip("s"))


def cell(figures):
    """What one case has to say."""
    if figures is None:
        return "not run"
    if figures["holding"] == "handed over":
        return f"next after {seconds(figures['took']):.1f} of {seconds(figures['bound']):.1f} s"
    return f"{figures['holding']}, {seconds(figures['took']):.1f} of " \
           f"{seconds(figures['bound']):.1f} s"


def render(collected):
    cases = {(f["fault"], f["etcd"], f["reload"]): f for f in collected if "fault" in f}
    text = HEAD.format(cases=len(cases), doubles=sum(int(f["doubles"]) for f in cases.values()))
    for fault, etcd in sorted({key[:2] for key in cases}):
        alone, reloaded = cases.get((fault, etcd, "no")), cases.get((fault, etcd, "yes"))
        bound = (alone or reloaded)["bound_is"]
        text += f"| `{fault}` | {etcd} | {cell(alone)} | {cell(reloaded)} | {bound} |\n"
    return text


def write(path, collected):
    with open(path, "w", encoding="utf-8") as file:
        file.write(render(collected))
