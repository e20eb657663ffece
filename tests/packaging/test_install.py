"""`cmake --install` of what was built: every file in its place, and the installed program runs."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

import units

BUILD = os.path.join(units.ROOT, os.environ.get("ELECTOR_BUILD", "build/dev"))
PATH = list(sys.path)
sys.path.insert(0, os.path.join(units.ROOT, "tools"))

import tidy  # noqa: E402  (needs the path above)

sys.path[:] = PATH


def install(folder, prefix):
    done = subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix],
                          env=dict(os.environ, DESTDIR=folder), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError(done.stdout)


def below(folder):
    return sorted(os.path.relpath(os.path.join(path, name), folder)
                  for path, _, names in os.walk(folder) for name in names)


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory()
        cls.root = cls.place.name
        install(cls.root, "/usr")
        cls.docs = os.path.join(cls.root, "usr/share/doc/iotex-elector")

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def test_programs_and_units_are_where_the_system_looks_and_nothing_else_is_there(self):
        found = [name for name in below(self.root) if not name.startswith("usr/share/doc/")]
        self.assertEqual(found, ["usr/bin/elector-replay", "usr/bin/iotex-elector",
                                 "usr/lib/systemd/system/iotex-elector.service",
                                 "usr/lib/systemd/system/iotex-elector@.service",
                                 "usr/lib/sysusers.d/iotex-elector.conf",
                                 "usr/libexec/iotex-elector/iotex-elector-guardian",
                                 "usr/share/bash-completion/completions/iotex-elector",
                                 "usr/share/fish/vendor_completions.d/iotex-elector.fish",
                                 "usr/share/man/man1/iotex-elector.1.gz",
                                 "usr/share/zsh/vendor-completions/_iotex-elector"])

    def test_the_units_are_those_of_the_tree(self):
        for name in units.NAMES:
            installed = read(self.root, "usr/lib/systemd/system", name)
            self.assertEqual(installed, units.text(name))

    def test_the_program_starts_and_accepts_the_examples_that_came_with_it(self):
        program = os.path.join(self.root, "usr/bin/iotex-elector")
        cmake = read(units.ROOT, "CMakeLists.txt")
        version = re.search(r"project\(iotex-elector VERSION ([\d.]+)", cmake)[1]
        self.assertEqual(units.tool(program, "version"), (0, f"iotex-elector {version}\n"))
        examples = os.listdir(os.path.join(self.docs, "config"))
        self.assertIn("elector.example.toml", examples)
        for name in examples:
            code, output = units.tool(program, "check", os.path.join(self.docs, "config", name))
            self.assertEqual(code, 0, output)

    def test_licence_and_documents_are_there_and_their_links_lead_to_each_other(self):
        found = below(self.docs)
        for name in ("LICENSE", "README.md", "CHANGELOG.md", "docs/operations.md"):
            self.assertIn(name, found)
        self.assertEqual(tidy.findings(self.docs, found, only={"link"}), [])

    def test_the_page_that_the_unit_names_is_there(self):
        page = units.settings(units.NAMES[0])["Unit"]["Documentation"][0]
        self.assertTrue(os.path.isfile(self.root + page.removeprefix("file:")), page)


class Elsewhere(unittest.TestCase):
    def test_units_of_another_prefix_start_the_program_that_is_there(self):
        with tempfile.TemporaryDirectory() as root:
            install(root, "/usr/local")
            for name in units.NAMES:
                text = read(root, "usr/local/lib/systemd/system", name)
                named = set(re.findall(r"=(?:file:)?(/usr\S*)", text))
                self.assertEqual(named, {"/usr/local/bin/iotex-elector",
                                         "/usr/local/share/doc/iotex-elector/docs/operations.md"})
                for path in named:
                    self.assertTrue(os.path.isfile(root + path), path)


if __name__ == "__main__":
    unittest.main()
