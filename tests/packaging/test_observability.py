"""Alerts and dashboard against the metrics there are, by promtool, which tools/dev fetches. No
Prometheus is started."""
import json
import os
import re
import sys
import tempfile
import unittest

import yaml

import observability
import units

PATH = list(sys.path)
sys.path.insert(0, os.path.join(units.ROOT, "tools"))

import tidy  # noqa: E402  (needs the path above)

sys.path[:] = PATH

ALERTS = os.path.join(observability.FOLDER, "alerts.yml")
TESTS = os.path.join(observability.FOLDER, "alerts_test.yml")


def alerts():
    """{name: rule}"""
    with open(ALERTS, encoding="utf-8") as file:
        rules = [rule for group in yaml.safe_load(file)["groups"] for rule in group["rules"]]
    return {rule["alert"]: rule for rule in rules}


def dashboard():
    return json.loads(observability.text(observability.FOLDER, "dashboard.json"))


def queries(board):
    """[(panel's title, query)]"""
    return [(panel["title"], target["expr"]) for panel in board["panels"]
            for target in panel["targets"]]


def filled(query):
    """As Grafana sends it."""
    for name, value in (("$__rate_interval", "1m"), ("$__range", "1h"), ("$job", "a"),
                        ("$instance", ".*"), ("$group", ".*")):
        query = query.replace(name, value)
    return query


class Metrics(unittest.TestCase):
    def test_the_list_is_that_of_the_documents(self):
        # tests/integration holds that page against what a running elector tells.
        page = observability.text(units.ROOT, "docs", "metrics.md")
        rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \| (group|process) \|", page, re.M)
        told = {name: {label.strip() for label in labels.split(",") + [whose]} - {"", "process"}
                for name, labels, whose in rows}
        self.assertEqual(told, {name: labels for name, (_, labels)
                                in observability.metrics().items()})

    def test_what_is_not_there_is_found(self):
        for query, fault in (
                ("iotex_elector_nod_up == 0", "no metric iotex_elector_nod_up"),
                ('iotex_elector_role{rol="leader"}', "iotex_elector_role has no label rol"),
                ("sum by (host) (iotex_elector_term)",
                 "no label host in sum by (host) (iotex_elector_term)"),
                ("iotex_elector_confirm_seconds", "no metric iotex_elector_confirm_seconds"),
                ("up == 0", "no metric of ours in up == 0")):
            self.assertEqual(observability.faults(query), [fault])


class Alerts(unittest.TestCase):
    def test_promtool_accepts_the_rules(self):
        code, output = units.tool("promtool", "check", "rules", ALERTS)
        self.assertEqual(code, 0, output)

    def test_they_fire_when_they_should_and_not_when_they_should_not(self):
        code, output = units.tool("promtool", "test", "rules", TESTS)
        self.assertEqual(code, 0, output)

    def test_each_is_seen_to_fire_and_to_be_quiet(self):
        with open(TESTS, encoding="utf-8") as file:
            cases = [case for test in yaml.safe_load(file)["tests"]
                     for case in test["alert_rule_test"]]
        for name in alerts():
            results = {bool(case["exp_alerts"]) for case in cases if case["alertname"] == name}
            self.assertEqual(results, {True, False}, name)

    def test_they_use_metrics_and_labels_that_there_are(self):
        for name, rule in alerts().items():
            with self.subTest(name):
                self.assertEqual(observability.faults(rule["expr"]), [])

    def test_each_has_a_severity_and_leads_to_a_section_that_exists(self):
        for name, rule in alerts().items():
            with self.subTest(name):
                self.assertIn(rule["labels"]["severity"], ("critical", "warning"))
                self.assertGreater(len(rule["annotations"]["summary"]), 10)
                path, anchor = rule["annotations"]["runbook"].split("#")
                page = tidy.Source(units.ROOT, path)
                self.assertIn(anchor, set(tidy.anchors(page)))


class Dashboard(unittest.TestCase):
    def test_promtool_parses_every_query(self):
        rules = [{"record": f"panel:{i}", "expr": filled(query)}
                 for i, (_, query) in enumerate(queries(dashboard()))]
        self.assertGreater(len(rules), 20)
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
            file.flush()
            code, output = units.tool("promtool", "check", "rules", file.name)
        self.assertEqual(code, 0, output)

    def test_queries_use_metrics_and_labels_that_there_are(self):
        for title, query in queries(dashboard()):
            with self.subTest(title):
                self.assertEqual(observability.faults(query), [])

    def test_every_metric_is_shown(self):
        shown = {name for _, query in queries(dashboard())
                 for name, _ in observability.used(query)[0]}
        plain = {re.sub("_bucket$", "", name).removeprefix(observability.PREFIX) for name in shown}
        self.assertEqual(set(observability.metrics()) - plain, set())

    def test_legends_name_labels_that_there_are(self):
        for panel in dashboard()["panels"]:
            for target in panel["targets"]:
                names = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
                selectors, grouped = observability.used(target["expr"])
                there = set().union(*(observability.series()[name] for name, _ in selectors))
                if re.search(r"\bby\b", target["expr"]):
                    there = grouped
                self.assertEqual(names - there, set(), panel["title"])

    def test_variables_are_defined_and_the_data_source_is_one_of_them(self):
        board = dashboard()
        defined = {variable["name"] for variable in board["templating"]["list"]}
        used = set(re.findall(r"\$\{?(\w+)", json.dumps(board)))
        self.assertEqual(used - {"__rate_interval", "__range"}, defined)
        for panel in board["panels"]:
            self.assertEqual(panel["datasource"]["uid"], "${datasource}")
        self.assertGreaterEqual(board["schemaVersion"], 39)

    def test_panels_do_not_overlap_and_have_names_of_their_own(self):
        panels = dashboard()["panels"]
        for key in ("id", "title"):
            self.assertEqual(len({panel[key] for panel in panels}), len(panels))
        taken = set()
        for panel in panels:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                     for y in range(at["y"], at["y"] + at["h"])}
            self.assertEqual(taken & cells, set(), panel["title"])
            self.assertLessEqual(at["x"] + at["w"], 24)
            taken |= cells


if __name__ == "__main__":
    unittest.main()
