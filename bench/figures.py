"""Figures of the bench suite as values: what one is, how they are read from a program's table,
shown, written as JSON and compared. No process is started here and no clock is read."""
import math
import re
import statistics

VERSION = 1
# A shared machine's medians differ by so much from run to run: less is no difference.
NOISE = 1.15
FIELDS = {"suite": str, "name": str, "unit": str, "median": float, "least": float, "most": float,
          "samples": int, "floor": float, "floor_name": str, "more_is_better": bool}
NEEDED = ("suite", "name", "unit", "median", "least", "most", "samples")
MACHINE = {"processors": int, "load_before": float, "load_after": float, "build": str,
           "kernel": str}


def figure(suite, name, unit, values, floor=None, more_is_better=False):
    """`values`: samples, or (least, median, most, how many). `floor`: (its name, its median)."""
    if isinstance(values, tuple):
        least, median, most, samples = values
    else:
        least, median, most, samples = (min(values), statistics.median(values), max(values),
                                        len(values))
    made = {"suite": suite, "name": name, "unit": unit, "median": float(median),
            "least": float(least), "most": float(most), "samples": samples,
            "more_is_better": more_is_better}
    if floor is not None:
        made["floor_name"], made["floor"] = floor[0], float(floor[1])
    return made


def ratio(one):
    """The median against its floor; None where there is none, or it is 0."""
    return one["median"] / one["floor"] if one.get("floor") else None


ROW = re.compile(r"^(\S.{0,41}?) +(-?[\d.]+) +(-?[\d.]+) +(-?[\d.]+)"
                 r"(?: +([\d.]+) (.+?) \([\d.]+\))?$")


def read_spans(suite, text, samples):
    """Rows of bench_handover: min, median, max, and perhaps the floor."""
    found, title = [], ""
    for line in text.splitlines():
        head = re.match(r"^(\S.*?),? ms +min +median +max", line)
        if head:
            title = head[1]
        row = ROW.match(line)
        if not row or head:
            continue
        floor = (row[6], float(row[5])) if row[5] else None
        found.append(figure(suite, f"{title}: {row[1]}", "ms",
                            (float(row[2]), float(row[3]), float(row[4]), samples), floor))
    return found


def read_quantiles(suite, text, samples):
    """Rows of the floors' programs: p50, p90, p99, max. The least is not printed: p50 stands in."""
    found = []
    for line in text.splitlines():
        row = re.match(r"^(\S.*?) +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+)$", line)
        if row:
            found.append(figure(suite, row[1], "ms",
                                (float(row[2]), float(row[2]), float(row[5]), samples)))
    return found


def read_http(text, samples):
    """Rows of bench_http_floor: p50 and p99 in us; the first is the floor of the others."""
    rows = re.findall(r"^(\S.*?) +p50 +([\d.]+) us +p99 +([\d.]+) us$", text, re.M)
    found = [figure("http", name, "us", (float(p50), float(p50), float(p99), samples))
             for name, p50, p99 in rows]
    for one in found[1:]:
        one.update(floor_name="blocking socket", floor=found[0]["median"])
    return found


def read_core(text, runs):
    """Rows of bench_core: steps, effects, then million steps a second."""
    found = []
    for line in text.splitlines():
        row = re.match(r"^(\S.*?) +(\d+) +(\d+) +([\d.]+) +([\d.]+) +([\d.]+)$", line)
        if row:
            least, median, most = (float(row[n]) for n in (4, 5, 6))
            found.append(figure("core", row[1], "M steps/s", (least, median, most, runs),
                                more_is_better=True))
    return found


def quantile_of_counts(counts, part):
    """The upper end of the bucket in which that part of the counts is reached; counts as
    [(end, how many)], the last end infinite."""
    total = sum(many for _, many in counts)
    seen = 0
    for end, many in counts:
        seen += many
        if total and seen >= part * total:
            return end
    return math.inf


def table(found):
    lines = [f"{'':48} {'least':>9} {'median':>9} {'most':>9}  {'floor':>9} {'ratio':>6}"]
    suite = ""
    for one in found:
        if one["suite"] != suite:
            suite = one["suite"]
            lines.append(f"-- {suite}")
        line = (f"{one['name'][:48]:48} {one['least']:9.2f} {one['median']:9.2f} "
                f"{one['most']:9.2f}")
        if ratio(one) is not None:
            line += f"  {one['floor']:9.2f} {ratio(one):6.2f}  {one['floor_name']}"
        lines.append(line + (f"  [{one['unit']}]"))
    return "\n".join(lines)


def key(one):
    return one["suite"], one["name"]


def compare(before, after):
    """Lines of a table of what both have: by the ratio to the floor where both have one, since the
    machine was another each time; and how many got worse by more than noise."""
    old = {key(one): one for one in before["figures"]}
    lines = [f"{'':60} {'before':>9} {'after':>9} {'change':>7}"]
    worse = 0
    for one in after["figures"]:
        was = old.get(key(one))
        if was is None:
            continue
        by_floor = ratio(one) is not None and ratio(was) is not None
        a, b = (ratio(was), ratio(one)) if by_floor else (was["median"], one["median"])
        change = b / a if a else math.inf if b else 1.0
        better = change > NOISE if one.get("more_is_better") else change < 1 / NOISE
        bad = change < 1 / NOISE if one.get("more_is_better") else change > NOISE
        worse += bad
        lines.append(f"{one['suite'] + ': ' + one['name']:60.60} {a:9.2f} {b:9.2f} {change:7.2f}"
                     f"  {'x floor' if by_floor else one['unit']}"
                     f"{'  WORSE' if bad else '  better' if better else ''}")
    return lines, worse


def problems(document):
    """What is wrong with a document of figures; empty: nothing."""
    found = []

    def judge(value, fields, needed, where):
        if not isinstance(value, dict):
            return found.append(f"{where} is no object")
        for name in needed:
            if name not in value:
                found.append(f"{where} lacks {name}")
        for name, content in value.items():
            kind = fields.get(name)
            if kind is None:
                found.append(f"{where} has an unknown field {name}")
            elif not isinstance(content, (int, float) if kind is float else kind):
                found.append(f"{where}: {name} is no {kind.__name__}")
        return None

    if not isinstance(document, dict) or document.get("version") != VERSION:
        return [f"no document of version {VERSION}"]
    for name in set(document) - {"version", "machine", "figures"}:
        found.append(f"unknown field {name}")
    judge(document.get("machine"), MACHINE, MACHINE, "machine")
    figures = document.get("figures")
    if not isinstance(figures, list):
        return found + ["figures is no list"]
    for place, one in enumerate(figures):
        judge(one, FIELDS, NEEDED, f"figure {place}")
    if not found:
        keys = [key(one) for one in figures]
        found += [f"twice: {one}" for one in sorted({k for k in keys if keys.count(k) > 1})]
        found += [f"{key(one)}: least, median and most are out of order" for one in figures
                  if not one["least"] <= one["median"] <= one["most"]]
    return found
