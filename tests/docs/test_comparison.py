"""docs/comparison.md: a figure of ours is on the page that it is said to be from."""
import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(name):
    with open(os.path.join(ROOT, "docs", name), encoding="utf-8") as file:
        return file.read()


def figures(text):
    return re.findall(r"\d+(?:\.\d+)?(?: / \d+\.\d+ / \d+\.\d+)?", text)


def missing(figure, page):
    """Whether the page does not have the figure, as a number of its own."""
    return not re.search(rf"(?<![\d.]){re.escape(figure)}(?![\d]|\.\d)", page)


class Comparison(unittest.TestCase):
    def test_figures_of_ours_are_on_the_page_that_is_named(self):
        rows = re.findall(r"^\| [^|]+ \| [^|]+ \| ([^|]+) \| \[\w+\]\(([\w-]+\.md)[^)]*\) \|$",
                          read("comparison.md"), re.M)
        self.assertGreater(len(rows), 8)
        checked = 0
        for ours, page in rows:
            for figure in figures(ours):
                checked += 1
                self.assertFalse(missing(figure, read(page)), f"{page} does not say {figure}")
        self.assertGreater(checked, 10)

    def test_figures_between_the_tables_are_on_the_page_behind_them(self):
        text = re.sub(r"\s+", " ", read("comparison.md"))
        for words, page in (("562 schedules, 0 double signatures", "chaos.md"),
                            ("20.7 s", "configuration.md"), ("24.7 s", "configuration.md")):
            self.assertIn(words, text)
            for figure in figures(words):
                self.assertFalse(missing(figure, read(page)), f"{page} does not say {figure}")

    def test_a_figure_that_a_page_does_not_have_is_found(self):
        self.assertTrue(missing("2.9", "12.9 s, 2.91 s, 2.9.1"))
        self.assertFalse(missing("2.9", "about 2.9 s."))


if __name__ == "__main__":
    unittest.main()
