"""docs/matrix.md against the suite: it has a row for every fault of the matrix, and no other."""
import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


class Matrix(unittest.TestCase):
    def test_every_fault_has_its_rows_and_was_run_both_ways(self):
        wanted = []
        suite = read("tests/integration/test_matrix.py")
        for options, fault in re.findall(r"^@row\((.*)\)\ndef (\w+)\(", suite, re.M):
            sizes = re.search(r"sizes=\(([\d, ]+)\)", options)
            counts = sizes.group(1).replace(",", " ").split() if sizes else ["1", "3"]
            wanted += [(fault, count) for count in counts]
        self.assertGreater(len(wanted), 30)
        table = read("docs/matrix.md")
        self.assertEqual(sorted(re.findall(r"^\| `(\w+)` \| (\d) \|", table, re.M)), sorted(wanted))
        self.assertNotIn("not run", table)


if __name__ == "__main__":
    unittest.main()
