"""Markdown, the registration of tests, and the completeness of these tests."""
import glob
import os
import re
import unittest

from house import ROOT, judge, tidy


class Markdown(unittest.TestCase):
    def test_a_page_has_exactly_one_title(self):
        fenced = "# A\n```sh\n# a comment\n```\n## B\n"
        files = {"a.md": fenced, "b.md": "text\n", "c.md": "# A\n\n# B\n"}
        self.assertEqual(judge("one-h1", files), [("b.md", 1), ("c.md", 3)])

    def test_relative_links_lead_to_a_file_or_folder_of_the_tree(self):
        page = "[a](b.md) [b](../src) [c](https://x.y/z) ![d](../src/a.cpp \"title\")\n" \
               "[e](c.md)\n`[f](c.md)` [g]: x\n\n[h]: d.md\n"
        files = {"docs/a.md": page, "docs/b.md": "\n", "src/a.cpp": "\n"}
        self.assertEqual(judge("link", files), [("docs/a.md", 2), ("docs/a.md", 5)])

    def test_links_to_headings_lead_to_one(self):
        files = {"a.md": "# The `wake_at` rule, in short\n[a](#the-wake_at-rule-in-short)\n"
                         "[b](#gone)\n[c](b.md#gone)\n", "b.md": "# B\n"}
        self.assertEqual(judge("link", files), [("a.md", 3), ("a.md", 4)])


class Registered(unittest.TestCase):
    case = 'TEST_CASE("a") {}\n'

    def test_programs_are_named_by_their_suite(self):
        files = {"tests/a/CMakeLists.txt": "elector_test(NAME a SOURCES a_test.cpp LABEL long)\n",
                 "tests/a/a_test.cpp": self.case, "tests/a/b_test.cpp": self.case,
                 "tests/a/support.cpp": "int a;\n"}
        self.assertEqual(judge("registered", files), [("tests/a/b_test.cpp", 1)])

    def test_a_pattern_names_them_too(self):
        for pattern in ("*_test.cpp", "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp"):
            cmake = f"file(GLOB sources {pattern})\nelector_test(NAME a SOURCES ${{sources}})\n"
            files = {"tests/a/CMakeLists.txt": cmake, "tests/a/b_test.cpp": self.case}
            self.assertEqual(judge("registered", files), [])

    def test_a_name_in_a_comment_or_a_plain_library_is_no_registration(self):
        for cmake in ("# elector_test(NAME a SOURCES a_test.cpp)\n",
                      "add_library(a a_test.cpp)\n", ""):
            files = {"tests/a/CMakeLists.txt": cmake, "tests/a/a_test.cpp": self.case}
            self.assertEqual(judge("registered", files), [("tests/a/a_test.cpp", 1)])

    def test_a_folder_that_cmake_does_not_visit_is_found(self):
        cmake = "elector_test(NAME a SOURCES a_test.cpp)\n"
        files = {"tests/a/b/CMakeLists.txt": cmake, "tests/a/b/a_test.cpp": self.case,
                 "tests/c/a_test.cpp": self.case}
        self.assertEqual(judge("registered", files),
                         [("tests/a/b/a_test.cpp", 1), ("tests/c/a_test.cpp", 1)])

    def test_a_label_that_nothing_runs_is_found(self):
        cmake = "elector_test(NAME a\n  SOURCES a_test.cpp LABEL shrot)\n"
        self.assertEqual(judge("registered", {"tests/a/CMakeLists.txt": cmake}),
                         [("tests/a/CMakeLists.txt", 2)])

    def test_python_tests_are_where_they_are_discovered(self):
        text = "class A(unittest" ".TestCase):\n    pass\n"
        files = {"tests/house/test_a.py": text, "tests/house/a.py": text, "tests/b/test_b.py": text}
        self.assertEqual(judge("registered", files),
                         [("tests/b/test_b.py", 1), ("tests/house/a.py", 1)])


class Completeness(unittest.TestCase):
    def test_every_rule_has_a_test(self):
        tested = set()
        for path in glob.glob(os.path.join(ROOT, "tests/house/test_*.py")):
            with open(path, encoding="utf-8") as file:
                tested |= set(re.findall(r'(?:judge|self\.banned)\("([\w-]+)"', file.read()))
        self.assertEqual(tested, set(tidy.RULES))

    def test_every_rule_gives_a_reason(self):
        for name, (why, _) in tidy.RULES.items():
            self.assertGreater(len(why), 15, name)


if __name__ == "__main__":
    unittest.main()
