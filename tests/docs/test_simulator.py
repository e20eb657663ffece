"""docs/simulator.md against the simulator: every fault, theme, check and mutant is described."""
import glob
import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


class Simulator(unittest.TestCase):
    def setUp(self):
        self.doc = read("docs/simulator.md")
        self.plan = read("tests/sim/plan.cpp")

    def section(self, title):
        return self.doc.split(f"\n## {title}\n")[1].split("\n## ")[0]

    def test_every_fault_is_named_and_no_other(self):
        faults = set(re.findall(r'Kind\{FaultKind::\w+, "(\w+)"', self.plan))
        self.assertGreater(len(faults), 40)
        self.assertEqual(set(re.findall(r"`(\w+)`", self.section("Faults"))), faults | {"odd"})

    def test_every_theme_is_described(self):
        table = re.search(r"kThemes = \{(.*?)\};", self.plan, re.S).group(1)
        themes = re.findall(r'"(\w+)"', table)
        self.assertEqual(re.findall(r"^\| `(\w+)`", self.section("Themes"), re.M), themes)

    def test_every_check_is_described(self):
        checks = set()
        for path in glob.glob(os.path.join(ROOT, "tests/sim/*.cpp")):
            checks |= set(re.findall(r'fail\(\s*"(\w+)"', read(path)))
        self.assertGreater(len(checks), 10)
        rows = re.findall(r"^\| (`.*?) \|", self.section("What is checked"), re.M)
        self.assertEqual({name for row in rows for name in re.findall(r"`(\w+)`", row)}, checks)

    def test_every_mutant_has_its_row(self):
        code = re.sub(r'"\s*"', "", read("tests/sim/mutants.cpp"))
        row = r'MutantRow\{Mutant::\w+,\s*"(\w+)",\s*"([^"]+)",\s*Theme::k(\w+),\s*(\d+)'
        rows = re.findall(row, code)
        self.assertGreater(len(rows), 20)
        told = re.findall(r"^\| `(\w+)` \| (.+?) \| (\w*) ?\| (\w+) \|$",
                          self.section("Unsafe variants"), re.M)
        themes = {"Swarm": "swarm", "CutOff": "cut_off", "HandOver": "hand_over",
                  "Stuck": "stuck", "Odd": "odd", "Calm": "calm", "SetBack": "set_back"}
        wanted = [(name, text, themes[theme], within) if within != "0"
                  else (name, text, "", "survives") for name, text, theme, within in rows]
        self.assertEqual(told, wanted)


if __name__ == "__main__":
    unittest.main()
