"""The Debian package: what is in it, what lintian and shellcheck say, and that it installs,
upgrades and goes in a Debian of its own, by the commands of docs/install.md too. systemd does not
run there: a stand-in writes down what it is told.

ELECTOR_DEB names the package; without it one is made of build/release. The one before it, which is
upgraded, is made of it: another version, and the program that ELECTOR_PREVIOUS names, if it does.
The system is made by debootstrap in a temporary folder, which takes root and a Debian mirror.
"""
import os
import re
import shutil
import tempfile
import unittest

from debian import PLAIN, ROOT, Base, must, run

SCRIPTS = ("postinst", "prerm", "postrm")
# Says which units run, as the file /run/units has it, and keeps what else it is told.
SYSTEMCTL = """#!/bin/sh
echo "$*" >>/run/told
case "$*" in
  list-units*--state=failed*) ;;
  list-units*) cat /run/units ;;
esac
"""


def page():
    with open(os.path.join(ROOT, "docs/install.md"), encoding="utf-8") as file:
        return file.read()


PREVIOUS = "0.0.9"


def make_previous(path):
    """A package of an earlier version at that path."""
    with tempfile.TemporaryDirectory() as folder:
        must("dpkg-deb", "-R", Package.deb, folder)
        control = os.path.join(folder, "DEBIAN/control")
        with open(control, encoding="utf-8") as file:
            text = file.read()
        with open(control, "w", encoding="utf-8") as file:
            file.write(re.sub(r"^Version: .*$", f"Version: {PREVIOUS}", text, flags=re.M))
        if os.environ.get("ELECTOR_PREVIOUS"):
            program = os.path.join(folder, "usr/bin/iotex-elector")
            must("strip", "-o", program, os.environ["ELECTOR_PREVIOUS"])
            # No earlier file of sums is true of it.
            os.remove(os.path.join(folder, "DEBIAN/md5sums"))
        must("dpkg-deb", "-b", "--root-owner-group", folder, path)


def setUpModule():
    Package.place = tempfile.TemporaryDirectory()
    Package.deb = os.environ.get("ELECTOR_DEB", "")
    if not Package.deb:
        config = os.path.join(ROOT, "build/release/CPackConfig.cmake")
        must("cpack", "--config", config, "-B", Package.place.name, folder=Package.place.name)
        Package.deb = next(os.path.join(Package.place.name, name)
                           for name in os.listdir(Package.place.name) if name.endswith(".deb"))


def tearDownModule():
    Package.place.cleanup()


class Package(unittest.TestCase):
    place = None
    deb = ""

    def field(self, name):
        return must("dpkg-deb", "-f", self.deb, name).strip()

    def test_the_control_fields_are_those_of_this_build(self):
        with open(os.path.join(ROOT, "CMakeLists.txt"), encoding="utf-8") as file:
            version = re.search(r"project\(iotex-elector VERSION ([\d.]+)", file.read())[1]
        self.assertEqual([self.field(name) for name in ("Package", "Version", "Architecture")],
                         ["iotex-elector", version,
                          must("dpkg", "--print-architecture").strip()])
        for library in ("libssl3", "libc6", "libstdc++6", "adduser"):
            self.assertRegex(self.field("Depends"), rf"(^|, ){re.escape(library)}\b")
        # Linked into the program: see docs/adr/0016.
        self.assertNotRegex(self.field("Depends"), r"grpc|absl|protobuf|libre2|cares")

    def test_programs_units_and_documents_are_in_it_and_belong_to_root(self):
        listed = must("dpkg-deb", "-c", self.deb).splitlines()
        found = {line.split(maxsplit=5)[5]: line.split()[:2] for line in listed}
        self.assertEqual({owner for _, owner in found.values()}, {"root/root"})
        for name in ("bin/iotex-elector", "libexec/iotex-elector/iotex-elector-guardian",
                     "lib/systemd/system/iotex-elector.service",
                     "lib/systemd/system/iotex-elector@.service", "lib/sysusers.d/"
                     "iotex-elector.conf", "share/doc/iotex-elector/config/elector.example.toml",
                     "share/doc/iotex-elector/docs/operations.md",
                     "share/doc/iotex-elector/copyright", "share/doc/iotex-elector/changelog.gz"):
            self.assertIn("./usr/" + name, found)
        for name in ("bin/iotex-elector", "libexec/iotex-elector/iotex-elector-guardian"):
            self.assertEqual(found["./usr/" + name][0], "-rwxr-xr-x")
        # The operator's file is the operator's: no package brings, asks about, or replaces it.
        self.assertEqual([name for name in found if name.startswith("./etc/")],
                         ["./etc/", "./etc/iotex-elector/"])

    def test_the_programs_are_stripped_and_the_guardians_stands_on_glibc_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            must("dpkg-deb", "-x", self.deb, folder)
            guardian = os.path.join(folder, "usr/libexec/iotex-elector/iotex-elector-guardian")
            for program in (os.path.join(folder, "usr/bin/iotex-elector"), guardian):
                sections = must("readelf", "-SW", program)
                self.assertIn(" .text ", sections)
                self.assertNotIn(" .symtab ", sections)
                self.assertNotIn(" .debug_info ", sections)
            needed = re.findall(r"\(NEEDED\).*\[(.*)\]", must("readelf", "-dW", guardian))
            # All that it maps is locked: see docs/adr/0020.
            self.assertEqual([n for n in needed if not n.startswith("ld-linux")], ["libc.so.6"])
            self.assertLess(os.path.getsize(guardian), 1_000_000)

    def test_lintian_finds_nothing_that_is_not_known(self):
        _, output = run("lintian", "--allow-root", "--fail-on", "error,warning", self.deb)
        tags = set(re.findall(r"^[EW]: [^:]+: (\S+)", output, re.M))
        self.assertEqual(tags, set(), output)

    def test_shells_and_shellcheck_find_no_fault_in_the_scripts(self):
        for name in SCRIPTS:
            path = os.path.join(ROOT, "packaging/debian", name)
            self.assertEqual(run("sh", "-n", path), (0, ""))
            self.assertEqual(run("shellcheck", "--shell=sh", path), (0, ""))


class System(unittest.TestCase):
    """One life of the package, told in order: a system takes a minute to make."""

    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory()
        cls.root = os.path.join(cls.place.name, "debian")
        must("cp", "-a", "--reflink=auto", Base.of(Package.deb).root, cls.root)
        shutil.copy(Package.deb, os.path.join(cls.root, "elector.deb"))
        make_previous(os.path.join(cls.root, "previous.deb"))

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.root, name)

    def write(self, name, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(name), mode)

    def inside(self, *command):
        return run("chroot", self.root, *command, environment=PLAIN)

    def dpkg(self, *arguments):
        code, output = self.inside("dpkg", *arguments)
        self.assertEqual(code, 0, output)
        return output

    def version(self):
        return self.inside("dpkg-query", "-W", "-f", "${Version}", "iotex-elector")[1]

    def told(self):
        """What systemctl was told since the last question."""
        with open(self.path("run/told"), encoding="utf-8") as file:
            lines = [line for line in file.read().splitlines() if not line.startswith("list-units")]
        self.write("run/told", "")
        return lines

    def test_installed_upgraded_removed_and_purged(self):
        shutil.rmtree(self.path("run/systemd"), ignore_errors=True)
        self.installs_without_starting()
        self.runs_where_it_is()
        self.an_upgrade_restarts_what_runs_and_no_more()
        self.a_file_that_the_new_program_refuses_keeps_the_old_one_running()
        self.a_removal_stops_it_and_keeps_the_files()
        self.a_purge_deletes_them()

    def test_the_page_leads_from_the_package_to_a_service_and_back(self):
        """Its blocks in their order, each by a shell that stops at the first failure."""
        self.inside("dpkg", "-P", "iotex-elector")
        self.write("usr/local/bin/systemctl", SYSTEMCTL, 0o755)
        os.makedirs(self.path("run/systemd/system"), exist_ok=True)
        self.write("run/units", "")
        self.write("run/told", "")
        blocks = re.findall(r"^```sh in=debian\n(.*?)^```$", page(), re.M | re.S)
        self.assertGreater(len(blocks), 3)
        for block in blocks:
            code, output = self.inside("sh", "-ec", block)
            self.assertEqual(code, 0, block + output)
        self.assertIn("enable --now iotex-elector", self.told())
        self.assertFalse(os.path.exists(self.path("etc/iotex-elector")))

    def installs_without_starting(self):
        output = self.dpkg("-i", "/previous.deb")
        self.assertEqual(self.version(), PREVIOUS)
        self.assertIn("not started, as it has no configuration", output)
        user = self.inside("getent", "passwd", "iotex-elector")[1].strip().split(":")
        self.assertEqual(user[4:], ["IoTeX elector,,,", "/var/lib/iotex-elector",
                                    "/usr/sbin/nologin"])
        self.assertLess(int(user[2]), 1000)
        self.assertEqual(self.inside("stat", "-c", "%U:%G %a", "/etc/iotex-elector"),
                         (0, "root:iotex-elector 750\n"))
        self.assertEqual(os.listdir(self.path("etc/iotex-elector")), [])
        self.assertFalse(os.path.lexists(
            self.path("etc/systemd/system/multi-user.target.wants/iotex-elector.service")))

    def runs_where_it_is(self):
        code, output = self.inside("iotex-elector", "version")
        self.assertEqual((code, output.split()[0]), (0, "iotex-elector"))
        example = "/usr/share/doc/iotex-elector/config/elector.example.toml"
        code, output = self.inside("iotex-elector", "check", example)
        self.assertEqual(code, 0, output)
        self.assertIn('dir = "/var/lib/iotex-elector"', output)

    def an_upgrade_restarts_what_runs_and_no_more(self):
        self.write("usr/local/bin/systemctl", SYSTEMCTL, 0o755)
        self.write("run/told", "")
        os.makedirs(self.path("run/systemd/system"), exist_ok=True)
        self.write("run/units", "")
        self.dpkg("-i", "/elector.deb")
        self.assertEqual(self.told(), ["--system daemon-reload"])
        self.assertEqual(self.version(), must("dpkg-deb", "-f", Package.deb, "Version").strip())
        self.dpkg("-i", "--force-downgrade", "/previous.deb")
        self.told()
        self.write("run/units", "iotex-elector.service loaded active running x\n"
                   "iotex-elector@b.service loaded active running x\n")
        for name in ("elector", "b"):
            self.write(f"etc/iotex-elector/{name}.toml", "[member]\nname = \"a\"\n")
        self.dpkg("-i", "/elector.deb")
        self.assertEqual(self.told(), ["--system daemon-reload",
                                       "try-restart iotex-elector.service",
                                       "try-restart iotex-elector@b.service"])

    def a_file_that_the_new_program_refuses_keeps_the_old_one_running(self):
        self.write("etc/iotex-elector/b.toml", "[member]\nnam = \"a\"\n")
        output = self.dpkg("-i", "/elector.deb")
        self.assertEqual(self.told(), ["--system daemon-reload",
                                       "try-restart iotex-elector.service"])
        self.assertIn("iotex-elector@b.service goes on with the program of before", output)

    def a_removal_stops_it_and_keeps_the_files(self):
        self.write("var/lib/iotex-elector/cluster-a.json", "{}")
        self.dpkg("-r", "iotex-elector")
        self.assertEqual(self.told(), ["stop iotex-elector.service iotex-elector@*.service",
                                       "--system daemon-reload"])
        self.assertFalse(os.path.exists(self.path("usr/bin/iotex-elector")))
        for name in ("etc/iotex-elector/elector.toml", "var/lib/iotex-elector/cluster-a.json"):
            self.assertTrue(os.path.exists(self.path(name)), name)

    def a_purge_deletes_them(self):
        self.dpkg("-P", "iotex-elector")
        for name in ("etc/iotex-elector", "var/lib/iotex-elector", "usr/share/doc/iotex-elector"):
            self.assertFalse(os.path.exists(self.path(name)), name)
        self.assertEqual(self.inside("getent", "passwd", "iotex-elector")[0], 0)


if __name__ == "__main__":
    unittest.main()
