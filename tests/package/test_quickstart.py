"""docs/quickstart.md, followed as it stands: the package on two hosts, etcd on a third, simulated
nodes beside the electors; and what the nodes signed meanwhile."""
import json
import os
import re
import time
import unittest

import debian
import test_package

BUILD = os.path.join(debian.ROOT, os.environ.get("ELECTOR_BUILD", "build/release"))
SIMNODE = os.path.join(BUILD, "tools/simnode/iotex-simnode")
CHECKER = os.path.join(BUILD, "tools/simnode/elector-checker")
ADDRESSES = {"delegate-a": "192.0.2.11", "delegate-b": "192.0.2.12", "etcd-1": "192.0.2.30"}
NODE = """[Service]
ExecStart=/usr/local/bin/iotex-simnode --names {name} --admin-port 9009 --probe-port 8080 \
--web3-port 15014 --seed 1 --chain-epoch {epoch} --boot 1s --log /run/signed.jsonl
"""
FOLLOWS = re.compile(r"^```sh on=(\S+)\n(.*?)^```$", re.M | re.S)


def setUpModule():
    test_package.setUpModule()


def tearDownModule():
    test_package.tearDownModule()


class Quickstart(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = debian.Lab(debian.Base.of(test_package.Package.deb), ADDRESSES)
        cls.addClassCleanup(cls.lab.close)
        cls.killed = {}
        with open(os.path.join(debian.ROOT, "tests/package/systemctl"), encoding="utf-8") as file:
            systemctl = file.read()
        with open(SIMNODE, "rb") as file:
            simnode = file.read()
        epoch = time.time_ns() - 60 * 10**9
        for name, host in cls.lab.hosts.items():
            host.write("usr/local/bin/systemctl", systemctl, 0o755)
            host.write("usr/local/bin/iotex-simnode", simnode, 0o755)
            host.write("etc/systemd/system/iotex-node.service",
                       NODE.format(name=name, epoch=epoch))

    def status(self, name):
        code, output = self.lab.hosts[name].run("iotex-elector status --json")
        self.assertIn(code, (0, 1), output)
        return json.loads(output)

    def hosts_of(self, place):
        """The names of the hosts that a block is for."""
        if place not in ("leader", "follower"):
            return place.split(",")
        leads = self.status("delegate-a")["holder"]["member"]
        return [name for name in ("delegate-a", "delegate-b")
                if (name == leads) == (place == "leader")]

    def follow(self, place, block):
        for name in self.hosts_of(place):
            began = time.monotonic()
            code, output = self.lab.hosts[name].run(block)
            print(f"--- {name}, {time.monotonic() - began:.1f} s, exit code {code}\n{block}> "
                  + output.rstrip().replace("\n", "\n> "), flush=True)
            logs = "".join(f"--- {one}\n" + host.run("tail -n 40 /var/log/*.log || true")[1]
                           for one, host in self.lab.hosts.items()) if code else ""
            self.assertEqual(code, 0, f"{name}: {block}{output}{logs}")
            if "--signal=KILL iotex-node" in block:
                # It cannot write down its end: it was no later than this.
                gone = "while [ -d /proc/$(cat /run/iotex-node.pid) ]; do :; done"
                self.assertEqual(self.lab.hosts[name].run(gone), (0, ""))
                self.killed[name] = time.time_ns()

    def test_the_page_leads_from_a_package_to_a_pair_that_fails_over(self):
        for name in ("delegate-a", "delegate-b"):
            self.assertEqual(self.lab.hosts[name].run("systemctl start iotex-node"), (0, ""))
        with open(os.path.join(debian.ROOT, "docs/quickstart.md"), encoding="utf-8") as file:
            blocks = FOLLOWS.findall(file.read())
        self.assertGreater(len(blocks), 8)
        for place, block in blocks:
            self.follow(place, block)
        # A machine that is slow at this moment has an answer that is too old to count as verified.
        group = next((one for one in (self.status("delegate-a") for _ in range(100))
                      if one["exit_code"] == 0), None) or self.status("delegate-a")
        self.assertEqual(len(group["verified_active"]), 1, group["verdict"])
        _, output = self.lab.hosts["delegate-a"].run("iotex-elector history --json")
        reasons = [change["reason"] for change in reversed(json.loads(output)["changes"])]
        self.assertEqual(reasons, ["bootstrap", "shutdown", "node_dead"])
        self.judge()

    def judge(self):
        """Both nodes have signed, and no round was signed twice."""
        folder = self.lab.hosts["delegate-a"].place.name
        logs = []
        for name in ("delegate-a", "delegate-b"):
            logs.append(os.path.join(folder, name + ".jsonl"))
            text = self.lab.hosts[name].read("run/signed.jsonl")
            self.assertIn('"height"', text)
            if name in self.killed:
                text += json.dumps({"time_ns": self.killed[name], "node": name, "kind": "stop"})
            with open(logs[-1], "w", encoding="utf-8") as file:
                file.write(text)
        report = json.loads(debian.must(CHECKER, "--json", *logs))
        self.assertEqual((report["double_signatures"], report["overlaps"]), ([], []))
        self.assertGreater(report["rounds_signed"], 0)
        self.assertEqual(len(self.killed), 1)
        print(f"rounds signed: {report['rounds_signed']}, double signatures: 0", flush=True)


if __name__ == "__main__":
    unittest.main()
