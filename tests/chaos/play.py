"""Plays one schedule in a group and judges what came of it."""
import json
import subprocess
import time

import programs
from group import IMPOSSIBLE, Jitter
from schedule import BETWEEN_STRIKES_OF_A_HOST, LONGEST
from trial import HOST_AND_ETCD_LOST, HOST_LOST, LATE_BLOCK, LONGEST_DRAIN, RECORD_LOST
from world import PATIENCE

CALM = 5.0  # seconds in which nobody may move, after everything
JITTER_MS = 100
STEADY = 2.0
# Seconds without a processor, all threads of one program together, after which the loss of a lead
# proves nothing: profile fast outlives 1.6 s without etcd.
STARVED = 1.0
# What `check` does not print: how long a node that was active by itself is kept out (A5: its start
# delay + 2 B + 2 s), and after how long without anybody eligible a requirement is dropped.
BARRED = 17.0
RELAXED = 30.0


class Verdict:
    """What one schedule came to; `wrong` says what must not be."""

    def __init__(self, schedule):
        self.schedule = schedule
        self.wrong = []
        self.void = ""
        self.gap = None
        self.converged = None
        self.allowed = 0.0
        self.doubles = 0
        self.false_failovers = 0
        self.faults = []

    def as_json(self):
        return {"seed": self.schedule.seed, "schedule": str(self.schedule), "wrong": self.wrong,
                "void": self.void, "gap": self.gap, "converged": self.converged,
                "allowed": self.allowed, "doubles": self.doubles, "faults": self.faults,
                "false_failovers": self.false_failovers}


class Player:
    """One group, one schedule after another."""

    def __init__(self, group):
        self.group = group
        self.doubles_before = 0
        self.overlaps_before = 0
        self.steady_since = 0.0
        self.struck = {}

    def play(self, schedule, jitter=False):
        group, verdict = self.group, Verdict(schedule)
        group.note(f"schedule {schedule}")
        before = self.signing_leader()
        began, delays = time.time(), group.run_delays()
        harmless = self.strike_all(schedule, verdict, before)
        ended = time.time()
        after = self.converge(verdict, ended)
        if after is not None:
            if harmless:
                self.judge_calm(verdict, before, began, delays, "faults that hit others")
            self.measure_gap(verdict, began)
            self.calm(verdict, jitter)
        self.judge_signatures(verdict)
        for problem in verdict.wrong:
            group.note(f"WRONG: {problem}")
        return verdict

    def signing_leader(self):
        """The one verified active member, once its node has signed: else there is nothing to break.
        Whether the lead may move just now is not the question here."""
        group, seen = self.group, {}

        def signs():
            leader = group.leader()
            since = seen.setdefault(leader.name, time.time()) if leader else 0.0
            return leader if leader and group.nodes.signed(leader.name, since) else None
        return group.wait_for(signs, (self.longest() + 30.0) / PATIENCE, "leader that signs")

    # --- the faults

    def strike_all(self, schedule, verdict, before):
        """Begins and ends everything at its time; whether nothing of it may move the leader."""
        due = [(s.at, "begin", s) for s in schedule.strikes]
        start, harmless = time.monotonic(), True
        while due:
            if time.monotonic() - start > 2 * LONGEST:
                raise AssertionError("a fault could not be ended")
            due.sort(key=lambda d: d[0])
            at, what, doing = due.pop(0)
            self.group.live(max(0.0, start + at - time.monotonic()))
            if what == "end":
                if not self.end(doing):  # it needs etcd, which is away itself
                    due.append((time.monotonic() - start + 0.5, "end", doing))
                continue
            mend = self.begin(doing, verdict)
            if mend == "impossible":
                continue
            hit = doing.fault.moves == "hit" and doing.member is before
            harmless = harmless and not hit and doing.fault.moves != "any"
            if mend is not None:
                due.append((at + doing.lasts, "end", mend))
        return harmless

    def begin(self, strike, verdict):
        """What ends it, if it lasts; "impossible": there was nothing to be hit."""
        group = self.group
        strike.member = self.target(strike.target)
        name = strike.member.name if strike.member else "nobody"
        verdict.faults.append(strike.fault.name)
        try:
            if strike.fault.kind in ("process", "host"):
                self.aim(strike)
            mend = strike.fault.begin(group, strike)
        except IMPOSSIBLE as problem:
            group.note(f"{strike.fault.name} of {name} was not possible: {problem}")
            verdict.faults.pop()
            return "impossible"
        group.note(f"{strike.fault.name} {strike.number or ''} of {strike.target} {name} begins")
        if mend is None:
            return None
        return lambda: (mend(), group.note(f"{strike.fault.name} of {name} has ended"))

    def aim(self, strike):
        """Of a fault of processes: they have to be there, and not to be dealing with another."""
        member = strike.member
        if not member.alive() or member.process.frozen or member.elector() is None:
            raise AssertionError("its processes are not there")
        now = time.monotonic()
        if now < self.struck.get(member.name, 0.0) + BETWEEN_STRIKES_OF_A_HOST:
            raise AssertionError("struck a moment ago: nobody there could act")
        self.struck[member.name] = now + strike.lasts

    def end(self, mend):
        """Whether it could be ended."""
        try:
            mend()
            return True
        except IMPOSSIBLE as problem:
            self.group.note(f"cannot be ended yet: {problem}")
            return False

    def target(self, word):
        """The member that a schedule's word means just now."""
        group = self.group
        leader = group.leader()
        if leader is None:  # whoever was the last to say so
            said = [(m.find("active")[-1]["at"], m.index) for m in group.members
                    if m.find("active")]
            leader = group.members[max(said)[1]] if said else group.members[0]
        if word == "leader":
            return leader
        queue = [n for n in group.candidates() if n != leader.name]
        names = queue + [m.name for m in group.followers(leader) if m.name not in queue]
        chosen = names[0] if word == "next" else names[-1]
        return next(m for m in group.members if m.name == chosen)

    # --- the judgement

    def longest(self):
        """The printed figures that may follow one on another, whatever has happened: an etcd that
        elects anew, the slowest drain, then a record of which nobody knows anything."""
        budget, members = self.group.budget, self.group.members
        etcd = budget[HOST_AND_ETCD_LOST] - budget[HOST_LOST]
        seconds = etcd + budget[LONGEST_DRAIN] + budget[RECORD_LOST] + LATE_BLOCK
        if any(m.find("cooling_down") for m in members):
            seconds += RELAXED
        if any(m.find("node_found_active") for m in members):
            seconds += BARRED
        return seconds

    def steady_leader(self, seconds):
        """The one verified active member, once it has been the same for a while; None: no such."""
        group = self.group
        until = time.monotonic() + seconds
        self.steady_since, leader = None, None
        while time.monotonic() < until:
            group.check_processes()
            now = group.leader()
            if now is None or now is not leader:
                leader, self.steady_since = now, time.time()
            elif time.time() - self.steady_since >= STEADY:
                return leader
            time.sleep(0.1)
        return None

    def converge(self, verdict, ended):
        """Exactly one verified active node, within the budget."""
        verdict.allowed = round(self.longest(), 1)
        delays = self.group.run_delays()
        leader = self.steady_leader(verdict.allowed + STEADY)
        if leader is None:
            starved = self.group.starved_since(delays)
            if starved > verdict.allowed / 4:
                verdict.void = f"nobody led; {starved:.1f} s without a processor"
                return None
            verdict.wrong.append(f"no single verified active node within {verdict.allowed} s after "
                                 f"the last fault; {self.group.summary()}")
            return None
        verdict.converged = round(max(0.0, self.steady_since - ended), 3)
        self.group.note(f"one leads, {leader.name}, {verdict.converged} s after the last fault")
        return leader

    def calm(self, verdict, jitter):
        """Everybody is back, then nothing happens, or every packet is late by chance."""
        group = self.group
        try:
            group.wait_for(group.whole, 45 / PATIENCE, "whole group")
        except AssertionError as problem:
            group.note(f"not whole, and goes on: {problem}")
        leader = self.steady_leader(verdict.allowed)
        if leader is None:
            verdict.wrong.append(f"the lead was lost after the faults; {group.summary()}")
            return
        began, delays = time.time(), group.run_delays()
        group.look_at_processes()
        noise = Jitter(group, JITTER_MS) if jitter else None
        if noise is not None:
            noise.start()
        try:
            group.live(CALM)
        finally:
            if noise is not None:
                noise.stop()
        group.note(f"calm; starved {group.starved_since(delays):.3f} s")
        what = f"a calm time with {JITTER_MS} ms of jitter" if jitter else "a calm time"
        self.judge_calm(verdict, leader, began, delays, what)

    def judge_calm(self, verdict, leader, since, delays, what):
        """The leader has changed its role though it must not: a false failover."""
        changes = [c for c in self.group.role_changes(since) if c[0] == leader.name]
        if not changes:
            return
        starved = self.group.starved_since(delays)
        if starved >= STARVED:
            verdict.void = f"{starved:.1f} s without a processor"
            return
        verdict.false_failovers += 1
        verdict.wrong.append(f"FALSE FAILOVER in {what}: {changes}; starved {starved:.3f} s")

    def measure_gap(self, verdict, since):
        """The longest span without an active node, up to the elector that has verified the next."""
        spans = []
        for gap in self.report()["gaps"]:
            if gap["after"] is None or gap["to_ns"] < since * 1e9:
                continue
            up = gap["to_ns"] / 1e9
            member = next(m for m in self.group.members if m.name == gap["after"])
            seen = [e["at"] for e in member.find("active", up - 0.01)]
            spans.append((min(seen) if seen else up) - gap["from_ns"] / 1e9)
        verdict.gap = round(max(spans), 3) if spans else 0.0

    def report(self):
        """elector-checker's over all that has been signed so far, whole lines."""
        text = "".join(json.dumps(line) + "\n" for line in self.group.nodes.read_log())
        done = subprocess.run([programs.checker(), "--json", "-"], input=text, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        if done.returncode not in (0, 1):
            raise AssertionError(f"the checker could not judge: {done.stderr}")
        return json.loads(done.stdout)

    def judge_signatures(self, verdict):
        report = self.report()
        doubles = report["double_signatures"][self.doubles_before:]
        overlaps = report["overlaps"][self.overlaps_before:]
        self.doubles_before += len(doubles)
        self.overlaps_before += len(overlaps)
        verdict.doubles = len(doubles)
        if doubles:
            verdict.wrong.append(f"DOUBLE SIGNATURES: {json.dumps(doubles[:3])}")
        if overlaps:
            verdict.wrong.append(f"two nodes active at a time: {json.dumps(overlaps[:3])}")
