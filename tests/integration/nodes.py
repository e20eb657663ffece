"""The simulated nodes of one delegate, one process; their faults, their truth, and the judgement of
what they signed."""
import http.client
import json
import os
import signal
import subprocess

import programs


class Nodes:
    """Node i belongs to member i. `state()` is the inside of the nodes, which no elector sees."""

    def __init__(self, folder, names, seed, extra=()):
        self.folder = folder
        self.names = names
        self.log = os.path.join(folder, "signed.jsonl")
        self.ports_file = os.path.join(folder, "ports.json")
        self.command = [programs.simnode(), "--names", ",".join(names), "--seed", str(seed),
                        "--control-port", "0", "--ports-file", self.ports_file,
                        "--log", self.log, *extra]
        self.process = None
        self.ports = []
        self.control = 0
        self.lines = []
        self.offset = 0

    def start(self, seconds):
        log = os.path.join(self.folder, "nodes.log")
        self.process = programs.Process("nodes", self.command, log)
        if not programs.wait_until(lambda: os.path.exists(self.ports_file), seconds):
            raise AssertionError("the nodes do not come up: " +
                                 "".join(self.process.last_lines(5)))
        with open(self.ports_file, encoding="utf-8") as file:
            ports = json.load(file)
        self.ports = ports["nodes"]
        self.control = ports["control"]

    def request(self, port, method, target):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request(method, target)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def fault(self, kind, node=0, **numbers):
        """Orders a fault: see FaultOrder in tools/simnode/host/host.hpp."""
        more = "".join(f"&{key}={value}" for key, value in numbers.items())
        status, text = self.request(self.control, "POST", f"/fault?node={node}&kind={kind}{more}")
        if status != 200:
            raise AssertionError(f"no fault {kind}: {text}")

    def set_active(self, node, active):
        """What an older elector, or an operator's curl, does."""
        value = "true" if active else "false"
        status, _ = self.request(self.ports[node]["admin"], "GET", f"/ha?activate={value}")
        if status != 200:
            raise AssertionError(f"the node of {self.names[node]} refuses activate={value}")

    def state(self):
        return json.loads(self.request(self.control, "GET", "/state")[1])["nodes"]

    def active(self):
        """The numbers of the nodes whose active flag is up."""
        return [i for i, node in enumerate(self.state()) if node["active"]]

    def read_log(self):
        """Every line of the signed log so far."""
        with open(self.log, "rb") as file:
            file.seek(self.offset)
            data = file.read()
        whole = data[:data.rfind(b"\n") + 1]
        self.offset += len(whole)
        self.lines += [json.loads(line) for line in whole.splitlines()]
        return self.lines

    def signed(self, name, since):
        """Whether the node has signed since that instant."""
        return any(line["node"] == name and "height" in line and line["time_ns"] > since * 1e9
                   for line in self.read_log())

    def flag_changes(self, name, kind, since):
        """The instants from `since` on at which the node's flag went up (active_on) or down."""
        return [line["time_ns"] / 1e9 for line in self.read_log()
                if line["node"] == name and line["kind"] == kind and line["time_ns"] >= since * 1e9]

    def stop(self):
        """Ends the nodes so that the log is whole."""
        if self.process is None:
            return
        if self.process.running():
            self.process.signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(30)
        self.process.kill()

    def verdict(self):
        """elector-checker's report over the signed log; call it after stop()."""
        done = subprocess.run([programs.checker(), "--json", self.log], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=120)
        if done.returncode not in (0, 1):
            raise AssertionError(f"the checker could not judge: {done.stderr}")
        return json.loads(done.stdout)
