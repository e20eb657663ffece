"""What the program says of its commands: help, manual page, completions; groff and shells judge."""
import gzip
import os
import re
import subprocess
import unittest

import units

BUILD = os.path.join(units.ROOT, os.environ.get("ELECTOR_BUILD", "build/dev"))
PROGRAM = os.path.join(BUILD, "src/app/iotex-elector")
MADE = os.path.join(BUILD, "operator")


def run(*words, text=""):
    done = subprocess.run(words, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def names():
    code, text, _ = run(PROGRAM, "help")
    assert code == 0
    return list(dict.fromkeys(re.findall(r"^  ([a-z]+)\b", text, re.M)))


def option_names(command):
    options = run(PROGRAM, command, "--help")[1].partition("\nOptions:\n")[2]
    return re.findall(r"^  (--[a-z-]+)", options.partition("\nExit codes:")[0], re.M)


class Help(unittest.TestCase):
    def test_every_command_has_help_that_is_the_same_on_both_ways(self):
        self.assertGreater(len(names()), 12)
        for name in names():
            code, text, errors = run(PROGRAM, name, "--help")
            self.assertEqual((code, errors), (0, ""), name)
            self.assertEqual(run(PROGRAM, "help", name), (0, text, ""))
            self.assertTrue(text.startswith(f"usage: iotex-elector {name}"), text)
            self.assertIn("\nExit codes:\n", text)

    def test_every_command_that_is_listed_exists_and_refuses_a_wrong_word(self):
        for name in names():
            if name == "version":
                continue
            code, output, errors = run(PROGRAM, name, "--no-such-option")
            self.assertEqual((code, output), (2, ""), name)
            self.assertNotIn("unknown command", errors, name)

    def test_what_does_not_exist_is_refused(self):
        self.assertEqual(run(PROGRAM, "help", "nothing")[0], 2)
        self.assertEqual(run(PROGRAM, "completion", "tcsh")[0], 2)
        self.assertIn("unknown command 'nothing'", run(PROGRAM, "nothing")[2])

    def test_the_demo_says_the_same_of_its_options(self):
        usage = run(PROGRAM, "demo", "--no-such-option")[2]
        self.assertEqual(sorted(set(re.findall(r"^  (--[a-z-]+)", usage, re.M))),
                         sorted(option_names("demo")))

    def test_the_page_of_commands_is_about_the_commands_there_are(self):
        with open(os.path.join(units.ROOT, "docs/commands.md"), encoding="utf-8") as file:
            page = file.read()
        listed = set(re.findall(r"^\| `([a-z]+)", page, re.M))
        others = page.split("\nOther commands:")[1].split("\n\n")[0]
        linked = set(re.findall(r"`([a-z]+)[ `]", others))
        commands = set(names())
        self.assertEqual(commands - listed - linked, set())


class Manual(unittest.TestCase):
    def test_the_page_is_formatted_without_a_complaint(self):
        with gzip.open(os.path.join(MADE, "iotex-elector.1.gz"), "rt") as file:
            page = file.read()
        self.assertEqual(page, run(PROGRAM, "help", "--man")[1])
        code, text, complaints = run("groff", "-man", "-ww", "-Tascii", "-rHY=0", text=page)
        self.assertEqual((code, complaints), (0, ""))
        text = re.sub(r".\x08|\x1b\[[0-9;]*m", "", text)
        for name in names():
            self.assertRegex(text, rf"(?m)^   {name}$")

    def test_a_broken_page_is_complained_about(self):
        self.assertNotEqual(run("groff", "-man", "-ww", "-z", text=".TH A 1\n.NOSUCH\n")[2], "")


class Completions(unittest.TestCase):
    def made(self, name):
        return os.path.join(MADE, name)

    def bash(self, *words):
        script = ('source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _iotex_elector; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        code, output, errors = run("bash", "-c", script, self.made("iotex-elector"), *words)
        self.assertEqual((code, errors), (0, ""))
        return output.split()

    def fish(self, line):
        script = f"source {self.made('iotex-elector.fish')}; complete -C '{line}'"
        code, output, errors = run("fish", "--no-config", "-c", script)
        self.assertEqual((code, errors), (0, ""))
        return [row.split("\t")[0] for row in output.splitlines()]

    def test_bash_completes_commands_options_and_values(self):
        self.assertEqual(sorted(self.bash("iotex-elector", "")), sorted(names()))
        self.assertEqual(self.bash("iotex-elector", "sta"), ["status"])
        for name in names():
            self.assertEqual(self.bash("iotex-elector", name, "--"),
                             [*option_names(name), "--help"])
        self.assertEqual(self.bash("iotex-elector", "demo", "--profile", "f"), ["fast"])
        self.assertEqual(self.bash("iotex-elector", "completion", ""), ["bash", "zsh", "fish"])
        self.assertEqual(self.bash("iotex-elector", "help", "resu"), ["resume"])
        there = os.path.join(units.ROOT, "CHANGE")
        self.assertEqual(self.bash("iotex-elector", "check", there), [there + "LOG.md"])

    def test_fish_completes_commands_options_and_values(self):
        self.assertEqual(sorted(self.fish("iotex-elector ")), sorted(names()))
        for name in names():
            self.assertEqual(sorted(self.fish(f"iotex-elector {name} --")),
                             sorted([*option_names(name), "--help"]))
        self.assertEqual(self.fish("iotex-elector demo --profile f"), ["fast"])

    def test_zsh_takes_its_file_for_what_it_is(self):
        code, output, errors = run(
            "zsh", "-f", "-c", "autoload -U compinit; compinit -D; source $0; "
            "print $_comps[iotex-elector]", self.made("_iotex-elector"))
        self.assertEqual((code, output, errors), (0, "_iotex_elector\n", ""))
        with open(self.made("_iotex-elector"), encoding="utf-8") as file:
            text = file.read()
        self.assertTrue(text.startswith("#compdef iotex-elector\n"))
        for name in names():
            part = re.search(rf"^ *\({name}\) (.*?);;$", text, re.M | re.S)[1]
            self.assertEqual(re.findall(r"'(--[a-z-]+)\[", part), ["--help", *option_names(name)])


if __name__ == "__main__":
    unittest.main()
