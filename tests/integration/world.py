"""A whole group for one test: etcd, nodes, electors, and the ways to break and to watch them.

    with World(members=3) as world:
        world.start_members()
        world.bootstrap()
        leader = world.wait_for_leader(20)

Leaving the block ends every elector in an orderly way, then everything else, and judges the log of
what the nodes signed. Every time is seconds; instants are those of the wall clock (time.time()).
"""
import json
import os
import shutil
import signal
import sys
import tempfile
import time

import logs
import programs
from nodes import Nodes
from store import UNREACHABLE, Etcd

# How much longer than on an idle machine anything may take before it counts as never.
PATIENCE = float(os.environ.get("ELECTOR_PATIENCE", "3"))
HOLD = {"fast": 3.0, "standard": 5.0, "wan": 15.0}
QUIESCE = 11.0
SETTLE = 6.5
OVERTIME = 2.5
STRETCH = 1.01
# An elector assumes the longest hold that a configuration allows for a holder it knows nothing of.
UNKNOWN_WAIT = (15.0 + QUIESCE + OVERTIME) * STRETCH
# Words of a broken program that are no event of its log.
DEATH_WORDS = ("Sanitizer", "runtime error:", "terminate called", "Assertion")


def toml(settings):
    """{"table": {"key": value}} as TOML."""
    text = ""
    for table, values in settings.items():
        text += f"[{table}]\n"
        for key, value in values.items():
            text += f"{key} = {json.dumps(value)}\n"
    return text


def say(text):
    print(text, flush=True)


class Proxy:
    """The network between one member and one etcd endpoint."""

    def __init__(self, name, folder, target_port):
        command = [programs.netproxy(), "--target", f"127.0.0.1:{target_port}"]
        log = os.path.join(folder, name + ".proxy.log")
        self.process = programs.Process(name, command, log, commands=True)
        self.port = json.loads(self.process.child.stdout.readline())["port"]

    def order(self, text):
        """pass, blackhole, refuse, one_way_up, one_way_down, delay MS, flap MS, reset."""
        self.process.child.stdin.write(text.encode() + b"\n")
        self.process.child.stdin.flush()
        answer = self.process.child.stdout.readline().decode()
        if not answer.startswith("ok"):
            raise AssertionError(f"the proxy refuses {text!r}: {answer}")


class Member:
    """One elector: its configuration, its process (the guardian, which has the elector as its
    child), its log (of both)."""

    def __init__(self, world, index, name, settings):
        self.world = world
        self.index = index
        self.name = name
        self.settings = settings
        self.config = os.path.join(world.folder, name + ".toml")
        self.state_folder = settings["state"]["dir"]
        self.log = os.path.join(world.folder, name + ".log")
        self.tail = logs.LogTail(self.log)
        self.proxies = []
        self.process = None
        self.environment = {}  # beyond our own, at the next start
        self.prefix = []  # a command that starts the program and makes room for it
        self.program = None  # another one than that under test

    def write_config(self, text=None):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(toml(self.settings) if text is None else text)

    def start(self, *arguments):
        """Starts `run --config FILE`, or the given command line; appends to the log."""
        self.write_config()
        arguments = arguments or ("run", "--config", self.config)
        command = [*self.prefix, self.program or programs.elector(), *arguments]
        environment = dict(os.environ, STATE_DIRECTORY=self.state_folder, **self.environment)
        self.process = programs.Process(self.name, command, self.log, environment)

    def find(self, event, since=0.0, **fields):
        return self.tail.find(event, since, **fields)

    def started_at(self):
        started = self.find("started")
        return started[-1]["at"] if started else 0.0

    def role(self):
        """In its present life."""
        changes = self.find("role_change", self.started_at())
        return changes[-1]["to"] if changes else "follower"

    def believes_active(self):
        """Its last words on the matter, in its present life: its node is verified active."""
        active = self.find("active", self.started_at())
        drained = self.find("role_change", to="draining")
        return bool(active) and (not drained or drained[-1]["at"] < active[-1]["at"])

    def api(self):
        """Where its API listens, in its present life; None: nowhere. Only for a member whose
        settings say api.listen = "127.0.0.1:0", so that no two of them want one port."""
        listening = self.find("api_listening", self.started_at())
        return listening[-1]["url"] if listening else None

    def record(self):
        """Its member record in the store; None: not registered."""
        entry = self.world.etcd.client.get(self.world.data + "members/" + self.name)
        return entry.json() if entry else None

    def cut_off(self, how):
        for proxy in self.proxies:
            proxy.order(how)

    def alive(self):
        return self.process is not None and self.process.running()

    def elector(self):
        """The process id of the elector under the guardian, which is `process`; None: it has none
        just now."""
        started = self.find("elector_started")
        ended = self.find("elector_gone") + self.find("elector_ended")
        if not self.alive() or not started or any(e["at"] >= started[-1]["at"] for e in ended):
            return None
        pid = int(started[-1]["pid"])
        return pid if os.path.exists(f"/proc/{pid}") else None

    def signal_elector(self, number):
        os.kill(self.elector(), number)

    def kill_all(self):
        """Guardian and elector at once: neither sees the other go."""
        elector = self.elector()
        self.process.signal(signal.SIGSTOP)
        if elector is not None:
            os.kill(elector, signal.SIGKILL)
        self.process.kill()


class World:
    """See above. `figures` collects what was measured, by name."""

    def __init__(self, figures, members=3, names=None, profile="standard", etcd=1, proxies=False,
                 key="/iotex-server", boot="1s", settings=None, node_options=(),
                 secured=None, durable_etcd=False):
        self.figures = figures
        self.names = names or [f"delegate-{i:02d}" for i in range(members)]
        self.profile = profile
        self.hold = HOLD[profile]
        self.key = key
        self.data = key + ".d/"
        self.with_proxies = proxies
        self.changes = settings or {}
        self.seed = int(os.environ.get("ELECTOR_SEED", int.from_bytes(os.urandom(4), "big")))
        self.folder = tempfile.mkdtemp(prefix="elector-integration-")
        self.secured = secured
        if secured:
            secured.prepare(self.folder)
        self.etcd = Etcd(self.folder, etcd, secured, durable_etcd)
        extra = ("--boot", boot, *node_options)
        self.nodes = Nodes(self.folder, self.names, self.seed, extra)
        self.members = []
        self.others = []
        self.stalls = programs.StallWatch()
        # Reasons why this test's faults may break what is otherwise promised; None: promised.
        self.overlap_excused = None
        self.double_excused = None

    def __enter__(self):
        say(f"seed {self.seed}, folder {self.folder}")
        self.stalls.start()
        try:
            self.etcd.start(20 * PATIENCE)
            if self.secured:
                self.secured.enable_auth(self.etcd)
            self.nodes.start(10 * PATIENCE)
            self.members = [self.make_member(i) for i in range(len(self.names))]
        except BaseException:
            self.close()
            raise
        return self

    def make_member(self, index):
        ports = self.nodes.ports[index]
        endpoints = self.etcd.endpoints()
        proxies = []
        if self.with_proxies:
            proxies = [Proxy(f"{self.names[index]}-{m.name}", self.folder, m.ports[0])
                       for m in self.etcd.members]
            endpoints = [f"http://127.0.0.1:{proxy.port}" for proxy in proxies]
        settings = {
            "member": {"name": self.names[index]},
            "election": {"key": self.key, "profile": self.profile},
            "etcd": {"endpoints": endpoints},
            "node": {"admin": f"http://127.0.0.1:{ports['admin']}",
                     "probe": f"http://127.0.0.1:{ports['probe']}",
                     "web3": f"http://127.0.0.1:{ports['web3']}"},
            "state": {"dir": os.path.join(self.folder, self.names[index] + ".state")},
            "api": {"listen": ""},
        }
        if self.secured:
            settings["etcd"].update(self.secured.settings())
        for table, values in self.changes.items():
            settings.setdefault(table, {}).update(values)
        member = Member(self, index, self.names[index], settings)
        member.proxies = proxies
        return member

    # --- start

    def start_members(self, *members):
        for member in members or self.members:
            member.start()

    def registered(self):
        """Every running member has a record that says standby and eligible."""
        records = {e.key: e.json() for e in self.etcd.client.range(self.data + "members/")}
        running = [records.get(self.data + "members/" + m.name) for m in self.members if m.alive()]
        return all(r and r["node"] == "standby" and r["eligible"] for r in running)

    def bootstrap(self):
        """What an operator does for a new group: vouches that nobody has signed, so that the first
        claim need not wait for the longest possible holding."""
        self.wait_for(self.registered, 10, "every member registered, standby and eligible")
        self.create_first_record()

    def create_first_record(self):
        record = {"v": 1, "state": "drained", "term": 0, "member": "", "instance": "",
                  "nonce": "0", "hold_ms": int(self.hold * 1000),
                  "quiesce_ms": int(QUIESCE * 1000),
                  "gate": {"tip": None, "wait_ms": int(SETTLE * 1000)}, "reason": "bootstrap"}
        if not self.etcd.client.create(self.data + "holder", json.dumps(record)):
            raise AssertionError("there is a holder record already")

    def start(self):
        """Members, first record, first leader, and its first signature."""
        self.start_members()
        self.bootstrap()
        leader = self.wait_for_leader(SETTLE + 6)
        self.wait_for_signature(leader)
        return leader

    # --- watching

    def wait_for(self, condition, seconds, what):
        """The first truthy value; `seconds` are those of an idle machine."""
        def look():
            self.check_processes()
            try:
                return condition()
            except UNREACHABLE:
                return None
        value = programs.wait_until(look, seconds * PATIENCE)
        if value is None:
            raise AssertionError(f"within {seconds * PATIENCE:.1f} s there was no: {what}; "
                                 f"{self.summary()}")
        return value

    def check_processes(self):
        """A program that ends by itself is a defect, whatever the test looks at."""
        for process in self.processes():
            if not process.expected_end and not process.running():
                raise AssertionError(f"{process.name} has ended by itself "
                                     f"with {process.exit_code()}")

    def processes(self):
        proxies = [p.process for m in self.members for p in m.proxies]
        servers = [m.process for m in self.etcd.members]
        electors = [m.process for m in self.members]
        everything = [*electors, *self.others, *proxies, self.nodes.process, *servers]
        return [p for p in everything if p is not None]

    def summary(self):
        roles = ", ".join(f"{m.name} {m.role()}" for m in self.members if m.process)
        try:
            active = [self.names[i] for i in self.nodes.active()]
        except UNREACHABLE:
            active = "not to be had"
        return f"roles: {roles}; active nodes: {active}"

    def leader(self):
        """The member whose node, alone, is active, and which says so itself; else None."""
        active = self.nodes.active()
        if len(active) != 1:
            return None
        member = self.members[active[0]]
        return member if member.alive() and member.believes_active() else None

    def wait_for_leader(self, seconds, other_than=None):
        def another():
            member = self.leader()
            return member if member is not other_than else None
        return self.wait_for(another, seconds, "single verified active member"
                             + (f" other than {other_than.name}" if other_than else ""))

    def wait_for_etcd(self):
        """Until it has a leader and answers; that instant."""
        self.wait_for(lambda: self.etcd.leader() is not None and self.etcd.client.answers(), 20,
                      "etcd that answers")
        return time.time()

    def wait_for_signature(self, member, since=None):
        """Until its node has signed something from now on: else there is nothing to judge."""
        since = time.time() if since is None else since
        self.wait_for(lambda: self.nodes.signed(member.name, since), 10,
                      f"signature of {member.name}")

    def role_changes(self, since):
        """(member name, from, to, reason) of every role change of the group since then."""
        found = [(e["at"], m.name, e["from"], e["to"], e["reason"])
                 for m in self.members for e in m.find("role_change", since)]
        return [change[1:] for change in sorted(found)]

    def followers(self, leader):
        return [m for m in self.members if m is not leader]

    def holder(self):
        """The holder record as an Entry; None: there is none."""
        return self.etcd.client.get(self.data + "holder")

    def queue(self):
        return self.etcd.client.range(self.key + "/")

    def stay(self, seconds, what, holds):
        """Looks for a whole span that something holds all the time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.check_processes()
            if not holds():
                raise AssertionError(f"no longer true: {what}; {self.summary()}")
            time.sleep(0.1)

    def run_delays(self):
        """Process id -> seconds it has waited for a processor, of electors and etcd."""
        watched = [m.process for m in self.members + self.etcd.members]
        pids = [p.pid for p in watched if p is not None] + [m.elector() for m in self.members]
        return {pid: programs.run_delay(pid) for pid in pids if pid is not None}

    def starved_since(self, before):
        """Seconds that the program which got least of the processors has waited since then."""
        return max(now - before.get(pid, 0.0) for pid, now in self.run_delays().items())

    # --- orders

    def order_switchover(self, leader, to):
        term = self.holder().json()["term"]
        text = {"v": 1, "term": term, "to": to, "who": "test", "why": "test"}
        at = time.time()
        lease = self.etcd.client.grant(30)
        self.etcd.client.put(self.data + "control/switchover", json.dumps(text), lease)
        say(f"ordered a switchover from {leader.name} to {to}")
        return at

    def lose_host(self, member):
        """Node, guardian and elector are gone in the same moment, without a word from any."""
        self.nodes.fault("lose_host", member.index)
        at = time.time()
        member.kill_all()
        return at

    # --- end

    def __exit__(self, kind, error, trace):
        problems = [] if error is None else [error]
        for step in [self.close, self.judge] if problems else [self.end_electors, self.close,
                                                               self.judge]:
            try:
                step()
            except Exception as problem:
                problems.append(problem)
        stalled = self.stalls.stop()
        if stalled > 1.0:
            self.figures["stalled"] = f"{stalled:.1f}s"
        for problem in problems:
            say(f"FAILED: {type(problem).__name__}: {problem}")
        if problems:
            self.tell_logs()
        if "--keep" not in sys.argv:
            shutil.rmtree(self.folder, ignore_errors=True)
        if error is None and problems:
            raise problems[0]

    def end_electors(self):
        """SIGTERM ends every elector with 0, in whatever state the test left it."""
        self.check_processes()
        running = [m for m in self.members if m.alive()]
        leader = self.leader()
        if leader is not None:
            self.wait_for_signature(leader)
        for member in running:
            member.process.terminate()
        for member in running:
            code = member.process.wait(15 * PATIENCE)
            if code != 0:
                raise AssertionError(f"{member.name} ended with {code} on SIGTERM")
        for member in self.members:
            self.check_log(member)

    def check_log(self, member):
        for event in member.find("invariant_broken") + member.find("task_failed"):
            raise AssertionError(f"{member.name} broke: {event}")
        for line in member.tail.strange:
            if any(word in line for word in DEATH_WORDS):
                raise AssertionError(f"{member.name} said: {line}")

    def close(self):
        """Ends what we started, by id; the nodes last but one, so that their log is whole."""
        for member in self.members:
            if member.process is not None:
                member.process.kill()
        for process in self.others:
            process.kill()
        try:
            self.nodes.stop()
        finally:
            for member in self.members:
                for proxy in member.proxies:
                    proxy.process.kill()
            self.etcd.close()

    def judge(self):
        """No (height, round) signed by two nodes, and no two active flags at a time."""
        if self.nodes.process is None or not os.path.exists(self.nodes.log):
            return
        report = self.nodes.verdict()
        gaps = [(g["to_ns"] - g["from_ns"]) / 1e9 for g in report["gaps"] if g["after"]]
        self.figures["gap"] = f"{max(gaps, default=0.0):.3f}s"
        doubles, overlaps = report["double_signatures"], report["overlaps"]
        self.figures["doubles"] = str(len(doubles))
        say(f"signed rounds {report['rounds_signed']}, double signatures {len(doubles)}, "
            f"overlaps {len(overlaps)}, gaps {[f'{gap:.3f}' for gap in gaps]}")
        if doubles and not self.double_excused:
            raise AssertionError(f"DOUBLE SIGNATURES: {json.dumps(doubles[:5])}")
        if overlaps and not self.overlap_excused:
            raise AssertionError(f"two nodes active at a time: {json.dumps(overlaps[:5])}")

    def tell_logs(self):
        for process in self.processes():
            lines = process.last_lines(80 if len(self.members) < 6 else 15)
            say(f"--- {process.name} (exit code {process.exit_code()})")
            say("".join(lines).rstrip())
