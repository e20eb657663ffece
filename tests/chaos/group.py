"""A group that goes on living under faults: World of tests/integration with a service manager, bent
clocks, jitter, and a look at what its processes hold."""
import os
import random
import signal
import threading
import time

import logs
import programs
from clock import BentClock
from store import UNREACHABLE
from trial import printed_budget
from world import World, say

# As Restart=always of the unit file, without a back-off.
RESTART_AFTER = 1.0
# Offsets of a wall clock are far larger than a log is read late: so each line's own is known.
FAR = 600.0
END_NODE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "end_node.py")
# What it raises when etcd cannot be asked just now, or a process is not there.
IMPOSSIBLE = (*UNREACHABLE, AssertionError)


class SteadyTail(logs.LogTail):
    """A log whose clock may have been set; `at` is the true time all the same."""

    def __init__(self, path):
        super().__init__(path)
        self.offsets = [0.0]
        self.steady = 0

    def read(self):
        events, now = super().read(), time.time()
        for event in events[self.steady:]:
            event["at"] -= min(self.offsets, key=lambda o, e=event: abs(e["at"] - o - now))
        self.steady = len(events)
        return events


class Jitter(threading.Thread):
    """Delays all between electors and etcd, each way, by a span that changes all the time."""

    EVERY = 0.15

    def __init__(self, group, most_ms):
        super().__init__(daemon=True)
        self.proxies = [proxy for member in group.members for proxy in member.proxies]
        self.most_ms = most_ms
        self.chance = random.Random(group.seed)
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(self.EVERY):
            for proxy in self.proxies:
                proxy.order(f"delay {self.chance.randint(1, self.most_ms)}")

    def stop(self):
        self.over.set()
        self.join()
        for proxy in self.proxies:
            proxy.order("pass")


class Sample:
    """What one process holds at a calm moment."""

    def __init__(self, who, pid):
        self.at = time.time()
        self.who = who
        self.pid = pid
        self.descriptors = len(os.listdir(f"/proc/{pid}/fd"))
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            fields = [line.split() for line in file]
        # Its heap and stacks. What it shares counts by how many neighbours there are (PSS), or
        # by what it happens to have touched (RSS).
        self.own_kib = next(int(f[1]) for f in fields if f[0] == "Anonymous:")


class Group(World):
    """Members are restarted when their guardian is gone, unless a fault holds them down."""

    def __init__(self, figures, seed, etcd=1, bent=True, fenced=False, **options):
        options.setdefault("profile", "fast")
        super().__init__(figures, etcd=etcd, proxies=True, **options)
        self.seed = seed
        self.bent = bent
        self.fenced = fenced
        self.nodes.command[self.nodes.command.index("--seed") + 1] = str(seed)
        self.clocks = {}
        self.held_down = set()
        self.down_since = {}
        self.samples = []
        self.budget = {}
        self.signed_wrong = False

    def make_member(self, index):
        member = super().make_member(index)
        member.tail = SteadyTail(member.log)
        if self.fenced:
            order = f"http://127.0.0.1:{self.nodes.control}/fault?node={index}&kind=crash"
            member.settings["fence"] = {"policy": "try", "command": [END_NODE, order]}
        if self.bent:
            clock = BentClock(os.path.join(self.folder, member.name + ".clock"))
            member.environment = clock.environment()
            self.clocks[member.name] = clock
        return member

    def start(self):
        leader = super().start()
        self.wait_for(lambda: len(self.queue()) == len(self.members), 10, "everybody in the queue")
        self.budget = printed_budget(leader.config)
        return leader

    def note(self, text):
        """A line of the story of this run."""
        say(f"{time.strftime('%H:%M:%S')} {text}")

    # --- what a service manager does

    def keep(self):
        """Call it often: starts again what has ended, a second later."""
        for member in self.members:
            if member.process is None or member.alive() or member.name in self.held_down:
                self.down_since.pop(member.name, None)
                continue
            since = self.down_since.setdefault(member.name, time.monotonic())
            if time.monotonic() - since >= RESTART_AFTER:
                del self.down_since[member.name]
                member.start()

    def check_processes(self):
        super().check_processes()
        self.keep()

    def live(self, seconds):
        """Lets time pass; nothing may end by itself meanwhile."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.check_processes()
            time.sleep(min(0.05, max(0.0, until - time.monotonic())))

    # --- faults of whole processes

    def freeze_host(self, member):
        """Everything of it at once stands still."""
        elector = member.elector()
        member.process.signal(signal.SIGSTOP)
        if elector is not None:
            signal_if_there(elector, signal.SIGSTOP)
        self.nodes.fault("freeze", member.index)
        return elector

    def thaw_host(self, member, elector):
        self.nodes.fault("thaw", member.index)
        if elector is not None:
            signal_if_there(elector, signal.SIGCONT)
        member.process.signal(signal.SIGCONT)

    def set_wall(self, member, seconds):
        assert seconds == 0 or abs(seconds) >= FAR
        member.tail.read()
        if seconds not in member.tail.offsets:
            member.tail.offsets.append(seconds)
        self.clocks[member.name].set_wall(seconds)

    # --- looking

    def close(self):
        """Also electors that stand still: they would not see that their guardian is gone."""
        electors = [m.elector() for m in self.members]
        try:
            super().close()
        finally:
            for pid in electors:
                if pid is not None:
                    signal_if_there(pid, signal.SIGKILL)

    def judge(self):
        """At the end, over everything."""
        try:
            super().judge()
        except AssertionError:
            self.signed_wrong = True
            raise

    def tell_logs(self):
        """The story is in the logs of the members; of the others the last words."""
        own = [member.process for member in self.members]
        for process in self.processes():
            lines = process.last_lines(120 if process in own else 4)
            say(f"--- {process.name} (exit code {process.exit_code()})")
            say("".join(line[:300].rstrip() + "\n" for line in lines).rstrip())

    def candidates(self):
        """Members with a key in the queue; none when the store does not answer."""
        try:
            return [entry.text for entry in self.queue()]
        except IMPOSSIBLE:
            return []

    def whole(self):
        """Everybody runs, and is a leader or a candidate."""
        return all(m.alive() and m.elector() for m in self.members) and \
            len(self.candidates()) == len(self.members)

    def run_delays(self):
        """Also of what lies between them: the proxies and the nodes."""
        between = [self.nodes.process, *(p.process for m in self.members for p in m.proxies)]
        return {**super().run_delays(),
                **{p.pid: programs.run_delay(p.pid) for p in between if p is not None}}

    def look_at_processes(self):
        """Samples guardians and electors; one that just ended is left out."""
        for member in self.members:
            pids = [("guardian", member.process.pid if member.alive() else None),
                    ("elector", member.elector())]
            for kind, pid in pids:
                if pid is None:
                    continue
                try:
                    self.samples.append(Sample(f"{member.name} {kind}", pid))
                except (OSError, StopIteration):
                    continue


def signal_if_there(pid, number):
    """One that a guardian has ended meanwhile needs no signal any more, and who has its number now
    shall not get it."""
    try:
        ours = (programs.elector(), programs.guardian())
        if any(os.path.samefile(f"/proc/{pid}/exe", path) for path in ours):
            os.kill(pid, number)
    except (ProcessLookupError, FileNotFoundError):
        pass
