"""bench/figures.py: tables of programs are read, documents are judged, builds are compared."""
import json
import math
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench"))

import figures  # noqa: E402  (needs the path above)

HANDOVER = """one durable etcd member, 3 simulated nodes, profile fast
load average at the beginning: 1.5 on 2 processors

floors, ms                                      min   median      max   floor (ratio of medians)
etcd: transaction that reads                   0.20     0.34     1.00

planned hand-over, ms                           min   median      max   floor (ratio of medians)
gate open -> claim sent                        0.79     1.00     1.08   0.34 reading txn (2.9)
activation sent -> verified active            17.43    19.85    21.51   1.36 2 x GET /ha (14.6)

planned, gate open -> activation sent: median 5.99 ms, promised 10 ms: kept
"""
MACHINE = {"processors": 2, "load_before": 1.0, "load_after": 2.0, "build": "build/release",
           "kernel": "6.1"}


def document(*found):
    return {"version": figures.VERSION, "machine": dict(MACHINE), "figures": list(found)}


class Figures(unittest.TestCase):
    def test_spans_are_read_with_their_floors_and_titles(self):
        found = figures.read_spans("handover", HANDOVER, 5)
        self.assertEqual([one["name"] for one in found],
                         ["floors: etcd: transaction that reads",
                          "planned hand-over: gate open -> claim sent",
                          "planned hand-over: activation sent -> verified active"])
        self.assertEqual(found[1], {
            "suite": "handover", "name": "planned hand-over: gate open -> claim sent",
            "unit": "ms", "least": 0.79, "median": 1.0, "most": 1.08, "samples": 5,
            "floor": 0.34, "floor_name": "reading txn", "more_is_better": False})
        self.assertEqual(found[2]["floor_name"], "2 x GET /ha")
        self.assertEqual(figures.problems(document(*found)), [])

    def test_quantiles_and_the_pace_of_the_core_are_read(self):
        floors = figures.read_quantiles(
            "etcd", "one etcd member\n          p50 p90 p99 max\n"
            "Txn, guarded put                      0.440    0.500    1.300    7.000\n", 3000)
        self.assertEqual([(f["name"], f["median"], f["most"]) for f in floors],
                         [("Txn, guarded put", 0.44, 7.0)])
        core = figures.read_core("  steps effects min median max\n"
                                 "leader, nothing happens  10000  6787   1.56   5.21   5.76\n", 60)
        self.assertEqual([(f["name"], f["median"], f["more_is_better"]) for f in core],
                         [("leader, nothing happens", 5.21, True)])

    def test_calls_of_the_node_stand_beside_the_blocking_socket(self):
        found = figures.read_http(
            "floor: blocking socket, kept       p50    22.0 us   p99  4007.0 us\n"
            "status, held connection            p50    33.0 us   p99  5076.3 us\n", 9)
        self.assertEqual([(f["name"], f["median"], f["most"], figures.ratio(f)) for f in found],
                         [("floor: blocking socket, kept", 22.0, 4007.0, None),
                          ("status, held connection", 33.0, 5076.3, 1.5)])

    def test_a_quantile_of_counts_is_the_end_of_its_bucket(self):
        counts = [(1.0, 50), (5.0, 49), (math.inf, 1)]
        self.assertEqual([figures.quantile_of_counts(counts, part) for part in (0.5, 0.99, 1)],
                         [1.0, 5.0, math.inf])
        self.assertEqual(figures.quantile_of_counts([(1.0, 0)], 0.5), math.inf)

    def test_the_table_shows_the_ratio_where_there_is_a_floor(self):
        text = figures.table([figures.figure("a", "with", "ms", [1, 2, 9], ("txn", 0.5)),
                              figures.figure("a", "without", "MB", [3])])
        self.assertRegex(text, r"with +1\.00 +2\.00 +9\.00 +0\.50 +4\.00  txn  \[ms\]")
        self.assertRegex(text, r"without +3\.00 +3\.00 +3\.00  \[MB\]")

    def test_a_document_that_is_not_of_the_schema_is_refused_with_its_reasons(self):
        good = figures.figure("a", "b", "ms", [1.0])
        self.assertEqual(figures.problems(document(good)), [])
        self.assertEqual(figures.problems({}), ["no document of version 1"])
        broken = dict(good)
        del broken["unit"]
        cases = {"figure 0 lacks unit": broken,
                 "figure 0: median is no float": dict(good, median="1"),
                 "figure 0 has an unknown field mean": dict(good, mean=1.0),
                 "('a', 'b'): least, median and most are out of order": dict(good, least=2.0)}
        for expected, one in cases.items():
            self.assertEqual(figures.problems(document(one)), [expected])
        self.assertEqual(figures.problems(document(good, good)), ["twice: ('a', 'b')"])
        without = document(good)
        del without["machine"]["kernel"]
        self.assertEqual(figures.problems(without), ["machine lacks kernel"])

    def test_builds_are_compared_by_their_ratios_and_only_beyond_noise(self):
        def one(median, floor):
            return figures.figure("a", "txn", "ms", [median], ("floor", floor))
        # Twice as slow on a machine that was twice as slow: the same.
        lines, worse = figures.compare(document(one(1.0, 0.5)), document(one(2.0, 1.0)))
        self.assertEqual(worse, 0)
        self.assertRegex(lines[1], r"a: txn +2\.00 +2\.00 +1\.00  x floor$")
        lines, worse = figures.compare(document(one(1.0, 0.5)), document(one(1.5, 0.5)))
        self.assertEqual((worse, lines[1].endswith("WORSE")), (1, True))

    def test_more_steps_are_better_and_what_one_run_lacks_is_left_out(self):
        def pace(value):
            return figures.figure("core", "leader", "M steps/s", [value], more_is_better=True)
        lines, worse = figures.compare(document(pace(2.0)), document(pace(5.0)))
        self.assertEqual((worse, lines[1].endswith("better")), (0, True))
        self.assertEqual(figures.compare(document(pace(5.0)), document(pace(2.0)))[1], 1)
        self.assertEqual(len(figures.compare(document(), document(pace(2.0)))[0]), 1)


class Suite(unittest.TestCase):
    def run_suite(self, *arguments):
        command = [sys.executable, os.path.join(ROOT, "bench", "suite.py"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_two_files_are_compared_and_worse_is_told_by_the_exit_code(self):
        with tempfile.TemporaryDirectory() as folder:
            names = []
            for name, value in (("before", 1.0), ("after", 3.0)):
                names.append(os.path.join(folder, name))
                with open(names[-1], "w", encoding="utf-8") as file:
                    json.dump(document(figures.figure("a", "b", "ms", [value])), file)
            self.assertEqual(self.run_suite("--compare", *names).returncode, 1)
            done = self.run_suite("--compare", *reversed(names))
            self.assertEqual(done.returncode, 0)
            self.assertIn("better", done.stdout)

    def test_a_file_that_is_no_document_and_a_name_that_is_no_suite_are_refused(self):
        done = self.run_suite("--compare", __file__, __file__)
        self.assertEqual((done.returncode, "cannot read" in done.stderr), (2, True))
        done = self.run_suite("--only", "nothing")
        self.assertEqual((done.returncode, "handover" in done.stderr), (2, True))


if __name__ == "__main__":
    unittest.main()
