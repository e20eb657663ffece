"""Every shell block of the documents is run by a test, or says why none runs it.

What stands behind the language tells: `in=PLACE` and `on=HOST` are run by the tests named here,
each page's blocks in their order; `not-run: REASON` is not.
"""
import os
import re
import subprocess
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BLOCK = re.compile(r"^ *```(?:sh|bash|console)\b[ ]*(.*)\n((?:.*\n)*?) *```$", re.M)
# Where a block may be run: what runs it, and the pages that this reads.
RUN_BY = {
    "in=debian": ("tests/package/test_package.py", {"docs/install.md"}),
    "on=": ("tests/package/test_quickstart.py", {"docs/quickstart.md"}),
    "in=group": ("tests/integration/test_pages.py", {"docs/operations.md", "docs/commands.md",
                                                     "docs/faq.md"}),
    "in=api": ("tests/integration/test_api.py", {"docs/api.md"}),
    "in=folder": ("tests/integration/test_pages.py", {"docs/operations.md"}),
    "in=secured": ("tests/integration/", {"docs/configuration.md", "docs/operations.md"}),
}


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def pages():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout
    return [path for path in listed.splitlines() if os.path.exists(os.path.join(ROOT, path))]


def fault(path, how):
    """What is wrong with a block of that page; empty: nothing."""
    if re.fullmatch(r"not-run: \w.{10,}", how):
        return ""
    for place, (_, read_there) in RUN_BY.items():
        if how.startswith(place):
            return "" if path in read_there else f"nothing runs {how} of {path}"
    return f"{path} has a shell block that says neither where it is run nor why not: {how!r}"


class Blocks(unittest.TestCase):
    def test_every_block_is_run_or_says_why_not(self):
        blocks = [(path, how) for path in pages() for how, _ in BLOCK.findall(read(path))]
        self.assertGreater(len(blocks), 20)
        self.assertEqual([fault(*block) for block in blocks if fault(*block)], [])

    def test_a_block_without_a_word_or_at_the_wrong_place_is_found(self):
        self.assertIn("neither", fault("README.md", ""))
        self.assertIn("neither", fault("README.md", "not-run: no"))
        self.assertIn("nothing runs", fault("README.md", "in=group"))
        self.assertEqual(fault("docs/install.md", "in=debian"), "")

    def test_what_runs_them_is_there_and_every_place_is_used(self):
        used = {how for path in pages() for how, _ in BLOCK.findall(read(path))}
        for place, (runner, _) in RUN_BY.items():
            self.assertTrue(os.path.exists(os.path.join(ROOT, runner)), runner)
            self.assertTrue(any(how.startswith(place) for how in used), place)

    def test_files_of_the_tree_that_blocks_name_are_there(self):
        for path in pages():
            for _, commands in BLOCK.findall(read(path)):
                for name in re.findall(r"(?<![\w/.-])((?:packaging|tools|tests)/[\w/.-]+)",
                                       commands):
                    self.assertTrue(os.path.exists(os.path.join(ROOT, name)), f"{path}: {name}")

    def test_the_readme_leads_to_the_first_pages(self):
        for page in ("quickstart", "install", "faq", "comparison"):
            self.assertIn(f"(docs/{page}.md)", read("README.md"))


if __name__ == "__main__":
    unittest.main()
