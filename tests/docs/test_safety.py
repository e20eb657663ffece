"""docs/safety.md against the tree: every claim has code and tests that are there, and every number
that the code carries is a claim."""
import glob
import os
import re
import subprocess
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLAIM = re.compile(r"^### ([SL]\d+) ", re.M)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def all_of(pattern):
    """Such files as one text, their broken lines of strings joined again."""
    paths = sorted(glob.glob(os.path.join(ROOT, pattern)))
    return re.sub(r'"\n +"', "", "".join(read(path) for path in paths))


def claims():
    """{number: its section}"""
    text = read("docs/safety.md")
    starts = list(CLAIM.finditer(text))
    ends = [m.start() for m in starts[1:]] + [len(text)]
    return {m.group(1): text[m.start():end].split("\n## ")[0] for m, end in zip(starts, ends)}


def line(section, label):
    found = re.search(rf"^- {label}: (.+)$", section, re.M)
    return found.group(1) if found else ""


class Safety(unittest.TestCase):
    def test_claims_are_numbered_without_gaps(self):
        numbers = list(claims())
        for letter in "SL":
            mine = [int(n[1:]) for n in numbers if n[0] == letter]
            self.assertEqual(mine, list(range(1, len(mine) + 1)))
        self.assertGreater(len(numbers), 20)

    def test_every_claim_names_code_that_is_there(self):
        for number, section in claims().items():
            code = line(section, "Code") + " "
            for path, rest in re.findall(r"`(src/[^`]+)` ([^`]*)", code):
                text = read(path)
                for name in re.findall(r"[A-Za-z_]+", rest):
                    self.assertIn(name, text, f"{number}: {path} has no {name}")
            self.assertIn("`src/", line(section, "Code"), f"{number} names no code")

    def test_every_claim_names_tests_that_are_there(self):
        mutants = read("tests/sim/mutants.cpp")
        suites = ("guardian", "spawn", "app", "health", "etcd_values")
        units = {suite: all_of(f"tests/{suite}/*.cpp") for suite in suites}
        cases = all_of("tests/integration/test_*.py")
        for number, section in claims().items():
            tests = re.findall(r"`([^`]+)`", line(section, "Tests"))
            self.assertTrue(tests, f"{number} has no test")
            for test in tests:
                if test.startswith("story:"):
                    path = f"tests/scenarios/stories/{test[6:]}.txt"
                    there = os.path.exists(os.path.join(ROOT, path))
                    self.assertTrue(there, f"{number}: no {path}")
                elif test.split(":")[0] in units:
                    suite, name = test.split(":", 1)
                    self.assertIn(f'"{name}")', units[suite], f"{number}: no {test}")
                elif test.startswith("integration:"):
                    self.assertIn(f"def {test[12:]}(self)", cases, f"{number}: no {test}")
                elif test.startswith("sim:"):
                    self.assertIn(f'"{test[4:]}"', mutants, f"{number}: no mutant {test[4:]}")
                else:
                    self.assertEqual(test, "sim", f"{number}: unknown test {test}")

    def test_every_number_in_the_code_is_a_claim(self):
        known = set(claims())
        pattern = "SAFETY: [SL][0-9]+((,| to) [SL][0-9]+)*"
        listed = subprocess.run(["git", "grep", "-hoE", pattern, "--", "src"], cwd=ROOT,
                                capture_output=True, text=True, check=True).stdout
        used = set(re.findall(r"[SL]\d+", listed))
        self.assertTrue(used)
        self.assertEqual(used - known, set())


if __name__ == "__main__":
    unittest.main()
