"""The figures of many runs as tables in Markdown. Pure: results in, text out."""
import statistics


def spread(values):
    """min / median / max in seconds."""
    if not values:
        return "-"
    return f"{min(values):.1f} / {statistics.median(values):.1f} / {max(values):.1f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def gaps(verdicts, alone=None):
    """Of those that lost the lead, on a machine that let them run."""
    return [v["gap"] for v in verdicts if v["gap"] and not v["void"]
            and alone in (None, len(v["faults"]) == 1)]


def by_fault(verdicts):
    """One row for each fault that struck; what a schedule came to counts for each of its faults."""
    names = sorted({name for v in verdicts for name in v["faults"]})
    rows = []
    for name in names:
        mine = [v for v in verdicts if name in v["faults"]]
        rows.append([f"`{name}`", len(mine), spread(gaps(mine, True)), spread(gaps(mine, False)),
                     sum(v["doubles"] for v in mine), sum(v["false_failovers"] for v in mine)])
    rows.append(["all schedules", len(verdicts), "", spread(gaps(verdicts)),
                 sum(v["doubles"] for v in verdicts), sum(v["false_failovers"] for v in verdicts)])
    return table(["fault", "runs", "gap alone, s", "gap in company, s", "double signatures",
                  "false failovers"], rows)


def row_of(words, results, wanted):
    """(cells, whether it shows what it must) of one row of the table of faults."""
    runs = [r for r in results if "took" in r]
    broken = [r["broken"] for r in results if "broken" in r]
    broken += [w for r in runs for w in r["wrong"]]
    took = [r["took"] for r in runs]
    required = max((r["required"] for r in runs), default=0.0)
    shown = len(runs) >= wanted and not broken and statistics.median(took) <= required
    mark = "yes" if shown else ("BROKEN: " + broken[0][:80] if broken else "NO")
    gaps = [r["gap"] for r in runs if r["gap"]]
    cells = [words, len(runs), spread(took), f"{required:.1f}", spread(gaps),
             sum(r["doubles"] for r in runs), mark]
    return cells, shown


HEAD = ["fault at the leader", "runs", "took, s", "required, s", "nobody active, s",
        "double signatures", "shown"]


def of_resources(found):
    """A sentence over all groups; and what is wrong."""
    if not any(f["judged"] for f in found):
        return "no process lived long enough to judge what it holds", []
    judged, filled = (sum(f[key] for f in found) for key in ("judged", "filled"))
    worst = {key: max(f[key] for f in found)
             for key in ("descriptors", "elector_kib", "guardian_kib", "longest_s")}
    words = (f"{judged} processes judged for growth, the oldest {worst['longest_s']} s old: at "
             f"most {worst['descriptors']} descriptors more; {filled} of them after their first "
             f"ten minutes: at most {worst['elector_kib']} KiB more (elector), "
             f"{worst['guardian_kib']} KiB (guardian)")
    return words, [w for f in found for w in f["wrong"]]
