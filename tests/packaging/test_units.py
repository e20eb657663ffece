"""packaging/systemd against the protocol, the program, and systemd's own judgement."""
import os
import re
import subprocess
import tempfile
import unittest

import units

PROGRAM = os.path.join(units.ROOT, os.environ.get("ELECTOR_BUILD", "build/dev"),
                       "src/app/iotex-elector")
# What the protocol rests on; the reasons are in the unit.
DEMANDED = {"Type": "notify", "NotifyAccess": "all", "KillMode": "process", "Restart": "always",
            "WatchdogSec": "10", "StateDirectoryMode": "0700", "LimitMEMLOCK": "infinity",
            "User": "iotex-elector", "ExecReload": "/bin/kill -HUP $MAINPID"}


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=30, check=True)
    return done.stdout


def check(toml):
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(toml)
        file.flush()
        return run("check", file.name)


class Units(unittest.TestCase):
    def judged(self, *command):
        for name in units.NAMES:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                yield units.tool(*command, units.installed(name, folder, PROGRAM))

    def test_systemd_finds_no_fault(self):
        for code, output in self.judged("systemd-analyze", "verify"):
            self.assertEqual((code, output), (0, ""))

    def test_systemd_finds_an_unknown_setting(self):
        with tempfile.TemporaryDirectory() as folder:
            path = units.installed(units.NAMES[0], folder, PROGRAM)
            with open(path, "a", encoding="utf-8") as file:
                file.write("[Service]\nKillMood=process\n")
            self.assertIn("KillMood", units.tool("systemd-analyze", "verify", path)[1])

    def test_little_is_exposed(self):
        judge = ("systemd-analyze", "--no-pager", "security", "--offline=true")
        for code, output in self.judged(*judge, "--threshold=25"):
            level = re.search(r"Overall exposure level for \S+: ([\d.]+)", output)
            self.assertEqual(code, 0, output)
            self.assertLess(float(level[1]), 2.5)

    def test_a_file_of_as_many_groups_as_there_can_be_has_descriptors_enough(self):
        def constant(name, file):
            with open(os.path.join(units.ROOT, "src/guardian", file), encoding="utf-8") as text:
                return int(re.search(rf"\b{name} = (\d+);", text.read())[1])
        needed = (constant("kOwn", "room.cpp")
                  + constant("kPerNode", "room.cpp") * constant("kMaxWards", "message.hpp"))
        self.assertGreater(needed, 10_000)
        for name in units.NAMES:
            limit = units.service(name)["LimitNOFILE"]
            self.assertEqual(len(limit), 1)
            self.assertGreater(int(limit[0]), needed)  # the soft one, too: nothing need be raised

    def test_what_the_protocol_demands_is_there(self):
        for name in units.NAMES:
            found = units.service(name)
            self.assertEqual({key: " ".join(found.get(key, [])) for key in DEMANDED}, DEMANDED)
            self.assertEqual(units.settings(name)["Unit"]["StartLimitIntervalSec"], ["0"])

    def test_a_stop_has_more_time_than_the_longest_budget(self):
        for toml in ('[election]\nprofile = "wan"\n[etcd]\nrequest_timeout = "1s"\n',
                     '[fence]\npolicy = "require"\ncommand = ["/bin/true"]\n'):
            needed = re.search(r"TimeoutStopSec must be more than +([\d.]+) s", check(toml))
            for name in units.NAMES:
                stop = units.service(name)["TimeoutStopSec"]
                self.assertGreater(float(stop[0]), float(needed[1]) + 20)

    def test_the_program_knows_the_commands_and_their_options(self):
        usage = run("help")
        for name in units.NAMES:
            found = units.service(name)
            commands = [line.split() for line in found["ExecStart"] + found["ExecStopPost"]]
            self.assertEqual([c[:2] for c in commands],
                             [[units.PROGRAM, "run"], [units.PROGRAM, "fence"]])
            for _, command, option, _ in commands:
                # What may be left out is in brackets; what stands there beside it must be said.
                forms = [re.sub(r"\[[^]]*\]", "", line).split()
                         for line in re.findall(rf"^  ({command} .*?)(?:   .*)?$", usage, re.M)]
                self.assertIn([command, option, "FILE"], forms)

    def test_every_command_reads_the_same_file(self):
        for name, file in zip(units.NAMES, ("elector.toml", "%i.toml")):
            found = units.service(name)
            for line in found["ExecStart"] + found["ExecStopPost"]:
                self.assertEqual(line.split()[2:], ["--config", "/etc/iotex-elector/" + file])

    def test_the_state_is_kept_where_the_program_looks_for_it(self):
        folder = "/var/lib/" + units.service()["StateDirectory"][0]
        self.assertIn(f'\ndir = "{folder}"\n', check(""))

    def test_what_the_program_reads_is_not_hidden(self):
        # The instance is told by the boot id, which stands in /proc/sys.
        for name in units.NAMES:
            self.assertNotIn("ProcSubset", units.service(name))
            self.assertNotIn("PrivateNetwork", units.service(name))

    def test_the_template_is_the_same_but_for_the_name_of_the_instance(self):
        one = units.text(units.NAMES[0])
        changed = [("# The elector of one node, with its guardian.",
                    "# One of several nodes on this host, %i, with its elector and guardian."),
                   ("of the delegate sign", "of the delegate sign (%i)"),
                   ("elector.toml", "%i.toml"),
                   ("StateDirectory=iotex-elector", "StateDirectory=iotex-elector/%i")]
        for before, after in changed:
            self.assertIn(before, one)
            one = one.replace(before, after)
        self.assertEqual(units.text(units.NAMES[1]), one)

    def test_the_user_is_made(self):
        path = os.path.join(units.FOLDER, "iotex-elector.sysusers")
        with tempfile.TemporaryDirectory() as root:
            code, output = units.tool("systemd-sysusers", "--dry-run", "--root=" + root, path)
        self.assertEqual(code, 0, output)
        user = units.service()["User"][0]
        self.assertRegex(output, rf"Would create user {user}|Creating user '{user}'")


if __name__ == "__main__":
    unittest.main()
