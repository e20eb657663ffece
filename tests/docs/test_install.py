"""docs/install.md: each shell block is run by a test, or says why none can."""
import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGES = ("docs/install.md", "packaging/docker/README.md", "packaging/compose/README.md",
         "packaging/kubernetes/README.md", "packaging/observability/README.md")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def blocks(path):
    """[(what stands behind the language, commands)] of the shell blocks."""
    return re.findall(r"^ *```(?:sh|bash|console)\b[ ]*(.*)\n((?:.*\n)*?) *```$", read(path), re.M)


class Install(unittest.TestCase):
    def test_every_block_is_run_or_says_why_not(self):
        for path in PAGES:
            for how, commands in blocks(path):
                self.assertRegex(how, r"^(in=debian|not-run: \w.{10,})$", path + "\n" + commands)

    def test_the_blocks_that_are_run_are_those_of_the_page(self):
        run = [commands for how, commands in blocks("docs/install.md") if how == "in=debian"]
        self.assertGreater(len(run), 3)
        self.assertIn("```sh in=debian", read("tests/package/test_package.py"))

    def test_files_of_the_tree_that_blocks_name_are_there(self):
        for path in PAGES:
            for _, commands in blocks(path):
                for name in re.findall(r"(?<![\w/.-])((?:packaging|tools)/[\w/.-]+)", commands):
                    self.assertTrue(os.path.exists(os.path.join(ROOT, name)), name)

    def test_the_readme_leads_there(self):
        self.assertIn("(docs/install.md)", read("README.md"))


if __name__ == "__main__":
    unittest.main()
