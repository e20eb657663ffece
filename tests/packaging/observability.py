"""The metrics there are, and the metrics and labels that a query of Prometheus uses."""
import os
import re

import units

FOLDER = os.path.join(units.ROOT, "packaging", "observability")
PREFIX = "iotex_elector_"
TARGET_LABELS = {"job", "instance"}  # Prometheus' own, on everything
PARTS = ("_bucket", "_sum", "_count")


def text(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def metrics():
    """{name: (type, {labels})} as packaging/observability/metrics.txt has them."""
    found = {}
    for line in text(FOLDER, "metrics.txt").splitlines():
        if not line.startswith("#"):
            name, kind, *labels = line.split()
            found[name] = (kind, set(",".join(labels).split(",")) - {""})
    return found


def series():
    """{name of a series, with the prefix: its labels}"""
    found = {}
    for name, (kind, labels) in metrics().items():
        if kind == "histogram":
            for part in PARTS:
                more = {"le"} if part == "_bucket" else set()
                found[PREFIX + name + part] = labels | more | TARGET_LABELS
        else:
            found[PREFIX + name] = labels | TARGET_LABELS
    return found


def used(query):
    """([(series, its labels in braces)], {labels of by, on and without}) of a query."""
    selectors = []
    for name, braces in re.findall(r"\b([a-z_]*elector_\w+)(\{[^}]*\})?", query):
        selectors.append((name, set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", braces))))
    grouped = re.findall(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)", query)
    return selectors, {label for group in grouped for label in re.split(r"[,\s]+", group) if label}


def faults(query):
    """What a query uses that is not there."""
    known = series()
    selectors, grouped = used(query)
    found = []
    there = set()
    for name, labels in selectors:
        if name not in known:
            found.append(f"no metric {name}")
            continue
        there |= known[name]
        found += [f"{name} has no label {label}" for label in sorted(labels - known[name])]
    found += [f"no label {label} in {query}" for label in sorted(grouped - there)]
    return found if selectors else [f"no metric of ours in {query}"]
