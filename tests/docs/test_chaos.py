"""docs/chaos.md against the suite: it names every fault that is drawn and no other, and what it
says is left out is not drawn."""
import os
import re
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATH = list(sys.path)
sys.path.insert(0, os.path.join(ROOT, "tests", "chaos"))

import paths  # noqa: E402,F401  (needs the path above)
import fixed  # noqa: E402
import resources  # noqa: E402
import schedule  # noqa: E402
from faults import FAULTS  # noqa: E402

sys.path[:] = PATH  # the test modules here have namesakes there

SEEDS = range(3000)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


class Look:
    def __init__(self, at, who, descriptors, own_kib):
        self.at, self.who, self.pid = at, who, 1
        self.descriptors, self.own_kib = descriptors, own_kib


class Chaos(unittest.TestCase):
    def test_the_page_names_every_fault(self):
        page = read("docs/chaos.md").split("## What is drawn")[1].split("## What is judged")[0]
        named = re.findall(r"`([a-z0-9_]+)`", re.sub(r"`(?:tools|clock_get)[^`]*`", "", page))
        self.assertEqual(sorted(named), sorted(FAULTS))

    def test_every_fault_is_drawn_and_every_schedule_ends_in_time(self):
        drawn = set()
        for seed in SEEDS:
            strikes = schedule.draw(seed).strikes
            self.assertTrue(1 <= len(strikes) <= 5)
            drawn |= {s.fault.name for s in strikes}
            for s in strikes:
                self.assertLessEqual(s.at, 16.0)
                self.assertLessEqual(s.at + s.lasts, schedule.LONGEST)
                self.assertTrue(s.fault.spans[0] <= s.lasts <= s.fault.spans[1])
        self.assertEqual(drawn, set(FAULTS))

    def test_a_seed_says_it_all(self):
        for seed in SEEDS[:100]:
            self.assertEqual(str(schedule.draw(seed)), str(schedule.draw(seed)))

    def test_what_is_left_out_is_not_drawn(self):
        for seed in SEEDS:
            strikes = schedule.draw(seed).strikes
            kinds = {s.fault.kind for s in strikes if not s.fault.deaf}
            if any(s.fault.deaf for s in strikes):
                self.assertFalse(kinds & {"store", "network", "process", "host"}, seed)
            if any(s.fault.alone for s in strikes):
                self.assertEqual(len(strikes), 1)
        for name in ("node_restarts_into_active", "clock_jumps_ahead"):
            self.assertTrue(FAULTS[name].alone and FAULTS[name].leader_only)
        self.assertLessEqual(FAULTS["host_frozen"].spans[1], 6)

    def test_the_fixed_set_has_every_single_fault_that_it_must_have(self):
        names = [case.name for cases in fixed.GROUPS.values() for case in cases]
        self.assertEqual(len(names), len(set(names)))
        for case in (case for cases in fixed.GROUPS.values() for case in cases):
            self.assertTrue(case.shows or len(case.schedule.strikes) > 1, case.name)

    def test_growth_is_seen_and_noise_is_not(self):
        def wrong(who, descriptors, own_kib):
            looks = [Look(30.0 * i, who, descriptors(i), own_kib(i)) for i in range(60)]
            return resources.judge(looks)["wrong"]
        elector, guardian = "a elector", "a guardian"
        self.assertEqual(wrong(elector, lambda i: 20 + i % 4,
                               lambda i: 2500 + 200 * min(i, 20) + i % 3 * 100), [])
        self.assertEqual(wrong(elector, lambda i: 20 + i, lambda i: 2500),
                         [f"{elector} (1) holds 21 descriptors more"])
        self.assertEqual(wrong(elector, lambda i: 20, lambda i: 2500 + 200 * i),
                         [f"{elector} (1) holds 3000 KiB more"])
        self.assertEqual(wrong(guardian, lambda i: 9, lambda i: 1900 + 20 * i),
                         [f"{guardian} (1) holds 300 KiB more"])


if __name__ == "__main__":
    unittest.main()
