"""Sizes, headers and the form of files."""
import os
import subprocess
import tempfile
import unittest
from unittest import mock

from house import ROOT, findings, judge, tidy, write


def lines(count):
    return "".join(f"// {i}\n" for i in range(count))


def function(head, length):
    """A function of `length` lines from head to brace."""
    body = "    x = [&] { return Foo{1, 2}; };\n" * (length - 2 - head.count("\n"))
    return f"{head} {{\n{body}}}\n"


class Sizes(unittest.TestCase):
    def test_a_file_has_600_lines_at_most(self):
        files = {"src/a.cpp": lines(600), "src/b.cpp": lines(601), "tools/c.py": "#\n" * 601,
                 "docs/long.md": "a\n" * 700}
        self.assertEqual(judge("file-length", files), [("src/b.cpp", 601), ("tools/c.py", 601)])

    def test_a_line_has_100_characters_at_most(self):
        files = {"src/core/a.cpp": "/" * 100 + "\n" + "/" * 101 + "\n" + "\u00fc" * 100 + "\n",
                 "tools/a.py": "#" * 101 + "\n", "docs/a.md": "a" * 200 + "\n"}
        self.assertEqual(judge("width", files), [("src/core/a.cpp", 2), ("tools/a.py", 1)])

    def test_a_function_has_70_lines_at_most(self):
        heads = ["void f()", "int A::f(int a = 1,\n         int b = 2) const noexcept",
                 "template <class T = int>\nT f(T a)", "A::A(int a)\n    : a_(a), b_{a}",
                 "bool operator==(const A& a, const A& b)", 'TEST_CASE("a; b {")',
                 "auto f() -> std::vector<int>"]
        for head in heads:
            with self.subTest(head):
                files = {"src/core/a.cpp": "\n" + function(head, 70)}
                self.assertEqual(judge("function-length", files), [])
                files = {"src/core/a.cpp": "\n" + function(head, 71)}
                self.assertEqual(judge("function-length", files), [("src/core/a.cpp", 2)])

    def test_functions_inside_classes_and_namespaces_are_measured_one_by_one(self):
        text = "namespace a {\nnamespace {\nclass B final : public C {\n  public:\n" + \
               function("    void f()", 60) + "\n" + function("    void g()", 71) + \
               "};\n}\nenum class E : int { x, y };\n" + function("struct D\nf()", 72) + "}\n"
        self.assertEqual(judge("function-length", {"src/core/a.hpp": text}),
                         [("src/core/a.hpp", 66)])

    def test_a_long_table_is_no_function(self):
        rows = '    Row{"a", f(1)},\n' * 200
        text = f"constexpr std::array kTable = {{\n{rows}}};\nRow rows[] = {{\n{rows}}};\n"
        self.assertEqual(judge("function-length", {"src/core/a.cpp": text}), [])

    def test_the_core_has_1500_lines_of_code_at_most(self):
        code = "// Why.\n\n/* What\nfor. */\n" + "int a;  // b\n" * 750
        files = {"src/core/a.cpp": code, "src/core/b.hpp": code, "src/model/c.cpp": code}
        self.assertEqual(judge("core-size", files), [])
        files["src/core/b.hpp"] += "int c;\n"
        (path, _, _, todo), = findings("core-size", files)
        self.assertEqual(path, "src/core/a.cpp")
        self.assertIn("1501 lines of code, 1500 at most", todo)

    def test_python_functions_are_measured_too(self):
        text = "class A:\n    def f(self):\n" + "        pass\n" * 70
        self.assertEqual(judge("function-length", {"tools/a.py": text}), [("tools/a.py", 2)])


class Headers(unittest.TestCase):
    def test_a_header_says_what_it_owns_and_who_may_call_it(self):
        good = "// Owns a. Must never b. Thread\n// rule: values only.\n#pragma once\n"
        self.assertEqual(judge("header-comment", {"src/core/a.hpp": good, "a.cpp": ""}), [])
        for bad in ("", "#pragma once\n" + good, "/// Owns a. Thread rule: b.\n",
                    "// A file. Thread rule: b.\n", "// Owns a.\n\n// Thread rule: b.\n"):
            with self.subTest(bad):
                self.assertEqual(judge("header-comment", {"src/core/a.hpp": bad}),
                                 [("src/core/a.hpp", 1)])

    def test_a_header_can_be_included_twice(self):
        files = {"src/core/a.hpp": "// Owns a.\n#pragma once\n",
                 "src/core/b.hpp": "// Owns b.\n// #pragma once\n", "src/core/c.cpp": ""}
        self.assertEqual(judge("pragma-once", files), [("src/core/b.hpp", 1)])


class Files(unittest.TestCase):
    def test_lines_do_not_end_in_spaces(self):
        files = {"a.md": "a\nb \n", "b.cpp": "a\t\n", "c.txt": "a\r\n", "d.md": "a\n\nb\n"}
        self.assertEqual(judge("trailing-space", files), [("a.md", 2), ("b.cpp", 1), ("c.txt", 1)])

    def test_no_merge_is_left_half_done(self):
        half = "one\n" + "<" * 7 + " HEAD\ntwo\n" + "=" * 7 + "\n" + ">" * 7 + " other\n"
        files = {"a.md": half, "b.md": "Title\n" + "=" * 7 + "\n<" + "<" * 6 + "\n"}
        self.assertEqual(judge("conflict", files), [("a.md", 2), ("a.md", 5)])

    def test_files_end_with_one_newline(self):
        files = {"a.md": "a", "b.md": "a\n\n", "c.md": "a\n", "d.md": ""}
        self.assertEqual(judge("last-newline", files), [("a.md", 1), ("b.md", 2)])

    def test_scripts_can_be_run(self):
        script = "#!/bin/sh\n"
        self.assertEqual(judge("run-bit", {"a": script, "b": script, "c": "text\n"}, ["b"]),
                         [("a", 1)])

    def test_binary_files_are_left_alone(self):
        self.assertEqual(judge("last-newline", {"a.png": "\0 "}), [])

    def test_inputs_that_are_kept_byte_for_byte_are_left_alone(self):
        self.assertEqual(judge("last-newline", {"fuzz/corpus/a": "a", "fuzz/a.cpp": "a"}),
                         [("fuzz/a.cpp", 1)])

    def test_new_files_are_judged_and_ignored_or_deleted_ones_are_not(self):
        with tempfile.TemporaryDirectory() as root:
            subprocess.run(["git", "init", "-q", "--template=", root], check=True)
            write(root, {".gitignore": "/build/\n", "build/a.md": "", "a.md": "", "b.md": ""})
            subprocess.run(["git", "add", "b.md"], cwd=root, check=True)
            os.remove(os.path.join(root, "b.md"))
            paths = tidy.known_to_git(root)
            self.assertEqual(paths, [".gitignore", "a.md", "b.md"])
            self.assertEqual(set(tidy.Tree(root, paths).sources), {".gitignore", "a.md"})


class Format(unittest.TestCase):
    def setUp(self):
        with open(os.path.join(ROOT, ".clang-format"), encoding="utf-8") as file:
            self.files = {".clang-format": file.read(), "src/a.cpp": "int a;\n",
                          "src/b.cpp": "int b;\nint   c;\nint   d;\n"}

    def test_sources_are_formatted(self):
        self.assertEqual(judge("format", self.files), [("src/b.cpp", 2)])

    def test_a_missing_formatter_is_a_failure(self):
        with mock.patch("shutil.which", return_value=None):
            self.assertEqual(judge("format", self.files), [("src/a.cpp", 1)])

    def test_a_formatter_that_fails_is_a_failure(self):
        self.files[".clang-format"] = "NoSuchOption: 1\n"
        self.assertNotEqual(judge("format", self.files), [])


if __name__ == "__main__":
    unittest.main()
