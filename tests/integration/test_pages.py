"""The shell blocks of the documents that are for a running group, in their order and as they stand;
only addresses and paths are those of this machine's group."""
import os
import re
import subprocess
import unittest

import programs
import secured
from case import IntegrationCase, takes

PLACES = re.compile(r"^ *```sh in=(\w+)\n(.*?)^ *```$", re.M | re.S)


def blocks(page, place):
    text = secured.read(os.path.join(programs.ROOT, "docs", page))
    return [block for where, block in PLACES.findall(text) if where == place]


class Pages(IntegrationCase):
    def shell(self, block, folder, environment=None):
        """Runs it in the folder by a shell that stops at the first failure; its output."""
        path = os.path.dirname(programs.elector()) + os.pathsep + os.environ["PATH"]
        done = subprocess.run(["sh", "-ec", block], cwd=folder, stdin=subprocess.DEVNULL,
                              env={**os.environ, "PATH": path, **(environment or {})}, timeout=90,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              preexec_fn=programs.die_with_parent)
        self.assertEqual(done.returncode, 0, block + done.stdout)
        print(f"{block}> " + done.stdout.rstrip().replace("\n", "\n> "), flush=True)
        return done.stdout

    def here(self, world, member, block):
        """The block with the addresses and paths of that member."""
        ports = world.nodes.ports[member.index]
        for told, real in (("/etc/iotex-elector/elector.toml", member.config),
                           ("http://127.0.0.1:2379", world.etcd.endpoints()[0]),
                           ("127.0.0.1:9009", f"127.0.0.1:{ports['admin']}"),
                           ("http://127.0.0.1:9010", member.api() or "")):
            block = block.replace(told, real)
        return re.sub(r"iotex-elector (status|history|explain|pause|resume)\b(?!.*--config)",
                      rf"\g<0> --config {member.config}", block)

    @takes(60)
    def test_what_the_pages_tell_to_type_beside_a_group_works_and_moves_nobody(self):
        with self.world(settings={"api": {"listen": "127.0.0.1:0"}}) as world:
            leader = world.start()
            world.wait_for(lambda: len(world.queue()) == 3, 5, "three candidates")
            world.wait_for(lambda: programs.run_elector("status", "--config", leader.config)[0]
                           == 0, 10, "one verified active")
            ran = 0
            for page in ("operations.md", "commands.md", "faq.md"):
                for block in blocks(page, "group"):
                    self.shell(self.here(world, leader, block), world.folder)
                    ran += 1
            self.assertGreater(ran, 2)
            self.assertIs(world.leader(), leader)
            self.note("blocks", ran)

    @takes(10)
    def test_certificates_made_as_told_are_accepted(self):
        with self.world(members=1) as world:
            member = world.members[0]
            made = blocks("operations.md", "folder")
            self.assertEqual(len(made), 1)
            self.shell(made[0], world.folder)
            for name in ("ca.key", "elector.key"):
                self.assertEqual(os.stat(os.path.join(world.folder, name)).st_mode & 0o077, 0)
            member.settings["etcd"] = {
                "endpoints": ["https://etcd-1:2379"],
                **{key: os.path.join(world.folder, name) for key, name in (
                    ("ca_file", "ca.pem"), ("cert_file", "elector.pem"),
                    ("key_file", "elector.key"))}}
            member.write_config()
            code, _, errors = programs.run_elector("check", member.config)
            self.assertEqual((code, errors), (0, ""))
            self.shell("openssl verify -CAfile ca.pem etcd-1.pem elector.pem", world.folder)

    @takes(25)
    def test_who_may_only_look_sees_who_signs_and_orders_nothing(self):
        with self.world(members=1, secured=secured.Secured(tls=False, auth=True)) as world:
            leader = world.start()
            secured.write(os.path.join(world.folder, "viewer-password"), "look-only\n")
            operator = {"ETCDCTL_API": "3", "ETCDCTL_USER": "root:operator-password",
                        "ETCDCTL_ENDPOINTS": world.etcd.members[0].test_endpoint}
            told = blocks("operations.md", "secured")
            self.assertEqual(len(told), 1)
            self.shell(told[0], world.folder, operator)
            viewer = world.make_member(0)
            viewer.config += ".viewer"
            viewer.settings["etcd"].update(
                username="viewer", password_file=os.path.join(world.folder, "viewer-password"))
            viewer.write_config()
            world.wait_for(lambda: programs.run_elector("status", "--config", viewer.config)[0]
                           == 0, 10, "one verified active")
            code, output, errors = programs.run_elector("pause", "--reason", "x", "--config",
                                                        viewer.config)
            self.assertEqual((code, output), (1, ""))
            self.assertIn("permission denied", errors)
            self.assertIs(world.leader(), leader)


if __name__ == "__main__":
    unittest.main()
