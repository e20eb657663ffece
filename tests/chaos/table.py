"""What the suite must show, fault by fault: rows that strike the leader again and again, and
measure how long it takes until the next node is verified active, beside what is required.

`took` is a figure in seconds; where a row measures something else, its words say so.
"""
import time
from dataclasses import dataclass

import programs
import schedule as schedules
from faults import FAULTS
from group import Group, Jitter
from play import BARRED, JITTER_MS, Player, Verdict
from trial import BLIND_GATE, DRAIN, HOLD, HOST_LOST
from world import OVERTIME, PATIENCE

BLOCK = 2.5  # s between two blocks
POLL, FALL = 1.0, 3
HUNG = 4.0  # since the last answered status query: until the record says unfenced
BOOT = 1.0  # of the simulated nodes, to an open admin port
LONG = 90.0
FENCE = 0.5  # of the fence command, end_node.py, at most
ROWS = {}


@dataclass(frozen=True)
class Row:
    name: str
    words: str
    required: object  # of the printed budget, in seconds
    measure: object
    seconds: float  # of one run
    in_a_group: int  # runs before it is made anew
    options: dict


def row(words, required, seconds=35.0, in_a_group=5, **options):
    def add(function):
        ROWS[function.__name__] = Row(function.__name__, words, required, function, seconds,
                                      in_a_group, options)
        return function
    return add


def hand_over(budget):
    return budget[DRAIN] + BLOCK + 0.5


def hold_and_hand_over(budget):
    return budget[HOLD] + hand_over(budget)


class Trial:
    """One run of a row: the leader that is struck, and when."""

    def __init__(self, group, player, leader):
        self.group = group
        self.player = player
        self.leader = leader
        self.since = 0.0
        self.mend = None

    def strike(self, name, lasts=0.0, number=0):
        strike = schedules.single(name, lasts=lasts, number=number).strikes[0]
        self.since = time.time()
        self.mend = self.player.begin(strike, Verdict(None))
        if strike.member is not self.leader or self.mend == "impossible":
            raise AssertionError(f"{name} did not hit the leader")
        return strike

    def end(self):
        if self.mend is not None:
            mend, self.mend = self.mend, None
            if not self.player.end(mend):
                raise AssertionError("the fault could not be ended")

    def lasts(self, seconds):
        """Until the fault is so old; then it ends."""
        self.group.live(max(0.0, self.since + seconds - time.time()))
        self.end()

    def next_active(self, since=None, seconds=60.0):
        """Seconds from `since` (the strike) until a node was verified active again."""
        since = self.since if since is None else since
        found = self.group.wait_for(
            lambda: [e["at"] for m in self.group.members for e in m.find("active", since)],
            seconds / PATIENCE, "verified active node")
        return min(found) - since

    def event(self, name, seconds=20.0, **fields):
        found = self.group.wait_for(lambda: self.leader.find(name, self.since, **fields),
                                    seconds / PATIENCE, f"{name} of {self.leader.name}")
        return found[0]["at"]


def plain(name, lasts=0.0):
    def measure(trial):
        trial.strike(name, lasts)
        took = trial.next_active()
        trial.lasts(lasts)
        return took
    return measure


def told_in_time(trial, event):
    """The deactivation was sent before the holding ended."""
    told = trial.event(event) - trial.since
    hold = trial.group.budget[HOLD]
    if told > hold + 0.5:
        raise AssertionError(f"told after {told:.3f} s, the holding ended after {hold:.1f} s")


@row("the elector is killed", hand_over)
def elector_killed(trial):
    return plain("elector_killed")(trial)


@row("the guardian is killed", hand_over)
def guardian_killed(trial):
    return plain("guardian_killed")(trial)


@row("the elector stands still for 90 s", hold_and_hand_over, LONG + 25, 2)
def elector_frozen(trial):
    trial.strike("elector_frozen", LONG)
    took = trial.next_active()
    told_in_time(trial, "guardian_acts")
    trial.lasts(LONG)
    return took


@row("the guardian stands still for 90 s", hold_and_hand_over, LONG + 25, 2)
def guardian_frozen(trial):
    trial.strike("guardian_frozen", LONG)
    took = trial.next_active()
    told_in_time(trial, "guardian_lost")
    trial.lasts(LONG)
    return took


@row("the node is killed", lambda b: OVERTIME + 0.5)
def node_killed(trial):
    return plain("node_killed", 5.0)(trial)


@row("the probe port says 503", lambda b: FALL * POLL + b[DRAIN] + BLOCK + 0.3, 45, 3)
def node_not_ready(trial):
    return plain("node_not_ready", 9.0)(trial)


@row("the tip stands while others move; from when the next block was due",
     lambda b: FALL * POLL + b[DRAIN] + BLOCK + 0.3, 50, 3)
def node_tip_frozen(trial):
    trial.strike("node_tip_frozen", 14.0)
    moved = others_moved(trial)
    took = trial.next_active(moved)
    trial.lasts(14.0)
    return took


def others_moved(trial):
    """The instant at which a block came that the struck node does not have."""
    def ahead():
        tips = [n["tip_height"] for n in trial.group.nodes.state()]
        return max(tips) > tips[trial.leader.index]
    trial.group.wait_for(ahead, 10 / PATIENCE, "block that the struck node does not have")
    return time.time()


@row("the node hangs for 20 s, no fence command: until the alarm; nobody else may lead",
     lambda b: HUNG + 0.5, 60, 3)
def node_frozen(trial):
    trial.strike("node_frozen", 20.0)
    took = trial.event("unfenced") - trial.since
    trial.group.stay(trial.since + 20.0 - time.time(), "nobody else is active",
                     lambda: trial.group.nodes.active() in ([], [trial.leader.index]))
    trial.lasts(20.0)
    return took


@row("the node hangs; with a fence command", lambda b: HUNG + BLOCK + 0.5 + FENCE, 50, 3,
     fenced=True)
def node_frozen_and_fenced(trial):
    trial.strike("node_frozen", 20.0)
    took = trial.next_active()
    trial.lasts(12.0)
    trial.group.nodes.fault("restart", trial.leader.index)
    return took


@row("the node restarts into standby, dead for 1 s: from when it is known dead",
     lambda b: OVERTIME + 0.5)
def node_restarts_into_standby(trial):
    trial.strike("node_killed", 1.0)
    trial.lasts(1.0)
    return trial.next_active(trial.event("node_dead"))


@row("the node restarts into standby at once, never known dead",
     lambda b: b[DRAIN] + b[BLIND_GATE] + BOOT)
def node_restarts_at_once(trial):
    return plain("node_restarts_into_standby")(trial)


@row("the node restarts into active: standby after its admin port opened; alarmed, kept out",
     lambda b: POLL + 0.5, 60, 2)
def node_restarts_into_active(trial):
    trial.strike("node_restarts_into_active")
    found = trial.event("node_found_active", alarm="true")
    down = trial.group.wait_for(
        lambda: trial.group.nodes.flag_changes(trial.leader.name, "active_off", trial.since),
        10 / PATIENCE, "standby node")
    back = trial.event("role_change", BARRED + 15, to="candidate")
    if back - found < BARRED:
        raise AssertionError(f"in the queue again after {back - found:.1f} s")
    return max(0.0, down[0] - trial.since - BOOT)


@row("etcd is cut off at the leader for 90 s, silently", lambda b: b[HOST_LOST], LONG + 25, 2)
def cut_off_silently(trial):
    return plain("cut_off_silently", LONG)(trial)


@row("etcd is cut off at the leader for 90 s, refused", lambda b: b[HOST_LOST], LONG + 25, 2)
def cut_off_refused(trial):
    return plain("cut_off_refused", LONG)(trial)


def etcd_away(trial, seconds):
    """One that leads at once may not have lost the lead at all."""
    trial.strike("etcd_down", seconds)
    trial.lasts(seconds)
    trial.group.wait_for_etcd()
    back = time.time()
    trial.group.wait_for(trial.group.leader, 30 / PATIENCE, "leader")
    return time.time() - back


@row("etcd of three members is down for 10 s, profile standard: after it is back", lambda b: 5.0,
     40, etcd=3, profile="standard")
def etcd_down_10_s(trial):
    return etcd_away(trial, 10.0)


@row("etcd is down for 90 s: after it is back", lambda b: 5.0, LONG + 25, 2)
def etcd_down_90_s(trial):
    return etcd_away(trial, LONG)


@row("the leader's key is deleted", hand_over)
def candidate_key_deleted(trial):
    return plain("candidate_key_deleted")(trial)


@row("the leader's lease is revoked", hand_over)
def lease_revoked(trial):
    return plain("lease_revoked")(trial)


@row("those who wait are cut off until their leases end, come back, then the leader's host is lost",
     lambda b: b[HOST_LOST], 70, 3)
def host_lost_after_standbys_were_cut_off(trial):
    waiting = trial.group.followers(trial.leader)
    for member in waiting:
        member.cut_off("blackhole")
    trial.group.wait_for(lambda: len(trial.group.candidates()) == 1, 9, "end of their leases")
    for member in waiting:
        member.cut_off("pass")
    trial.strike("host_lost", 30.0)
    took = trial.next_active()
    trial.lasts(30.0)
    return took


@row(f"{JITTER_MS} ms of jitter for 30 s: role changes of the leader", lambda b: 0.0, 45, 10)
def jitter(trial):
    noise = Jitter(trial.group, JITTER_MS)
    trial.since = time.time()
    noise.start()
    try:
        trial.group.live(30.0)
    finally:
        noise.stop()
    changes = [c for c in trial.group.role_changes(trial.since) if c[0] == trial.leader.name]
    return float(len(changes))


def play_row(name, runs, seed, report):
    """That many runs in one group; a line of JSON for each."""
    chosen, figures = ROWS[name], {}
    try:
        with Group(figures, seed, **chosen.options) as group:
            group.start()
            player = Player(group)
            for run in range(runs):
                if run:
                    group.wait_for(lambda: len(group.candidates()) > 1, 90 / PATIENCE, "rivals")
                leader = player.signing_leader()
                trial = Trial(group, player, leader)
                try:
                    took = chosen.measure(trial)
                finally:
                    trial.end()
                verdict = Verdict(schedules.Schedule(seed, len(group.etcd.members), []))
                if player.converge(verdict, time.time()) is not None:
                    player.measure_gap(verdict, trial.since)
                player.judge_signatures(verdict)
                report.add({"took": round(took, 3), "gap": verdict.gap, "wrong": verdict.wrong,
                            "doubles": verdict.doubles,
                            "required": round(chosen.required(group.budget), 1)})
    except AssertionError as problem:
        report.add({"broken": f"{type(problem).__name__}: {problem}"})


__all__ = ["FAULTS", "ROWS", "play_row", "programs"]
