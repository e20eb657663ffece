"""docs/fuzzing.md and the build against the targets there are; what a fuzzer says is read right."""
import os
import re
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATH = list(sys.path)
sys.path.insert(0, os.path.join(ROOT, "fuzz"))

import run  # noqa: E402  (needs the path above)

sys.path[:] = PATH

GOOD = """#2\tINITED cov: 40 ft: 41 corp: 1/1b exec/s: 0 rss: 40Mb
#900\tNEW    cov: 57 ft: 60 corp: 4/9b lim: 4 exec/s: 0 rss: 40Mb L: 3/4 MS: 1 ChangeBit-
#1000\tDONE   cov: 58 ft: 61 corp: 5/12b lim: 4 exec/s: 500 rss: 41Mb
stat::number_of_executed_units: 1000
stat::average_exec_per_sec:     500
stat::new_units_added:          4
"""


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def rows(page, heading):
    """The first words of the rows of the table below a heading."""
    section = page.split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.M)


class Fuzzing(unittest.TestCase):
    def test_the_page_names_every_target(self):
        page = read("docs/fuzzing.md")
        self.assertEqual(sorted(rows(page, "What is claimed")), run.targets())
        self.assertEqual(sorted(rows(page, "Figures")), run.targets())

    def test_every_target_is_built_declared_and_has_seeds(self):
        built = re.findall(r"^elector_fuzzer\((\w+) ", read("fuzz/CMakeLists.txt"), re.M)
        declared = re.findall(r"^void fuzz_(\w+)\(", read("fuzz/targets.hpp"), re.M)
        seeded = os.listdir(os.path.join(ROOT, "fuzz", "corpus"))
        for names in (built, declared, seeded):
            self.assertEqual(sorted(names), run.targets())

    def test_a_dictionary_belongs_to_a_target(self):
        for name in os.listdir(os.path.join(ROOT, "fuzz", "dictionaries")):
            self.assertIn(name.removesuffix(".dict"), run.targets())

    def test_the_last_words_of_a_fuzzer_are_read(self):
        self.assertEqual(run.figures(GOOD), {"runs": 1000, "edges": 58, "inputs": 5, "rate": 500})
        self.assertEqual(run.figures("Segmentation fault\n"),
                         {"runs": None, "edges": None, "inputs": None, "rate": None})


if __name__ == "__main__":
    unittest.main()
