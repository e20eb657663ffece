"""The faults that are drawn: how each begins and ends, and what must not happen beside it.

A fault begins with its function, which gets the group and the Strike; what it returns is called
with the same two when its time is over. One that returns nothing has ended at once. Everything a
fault needs besides is in `Strike.number`, drawn from the seed.
"""
import json
import signal
from dataclasses import dataclass, field

from group import signal_if_there

FAULTS = {}


@dataclass(frozen=True)
class Fault:
    """`spans`: least and most seconds; (0, 0): it ends at once. `kind`: what of a host it takes, or
    the store. `deaf`: its node cannot be told anything. `alone`: only in a schedule of its own.
    `moves`: who may lose the lead by it: "hit", the leader if it is the one that is hit; "any",
    whoever leads; "never". `cools`: its member keeps out of the queue afterwards, each time for
    longer. `numbers`: least and most of the number that it is given."""

    name: str
    begin: object
    spans: tuple
    kind: str
    weight: int = 4
    deaf: bool = False
    alone: bool = False
    leader_only: bool = False
    moves: str = "hit"
    cools: bool = False
    numbers: tuple = (0, 0)


@dataclass
class Strike:
    """One fault of a schedule. `host` is found when it strikes: "leader", "next" (in the queue),
    "other" (the last one)."""

    fault: Fault
    at: float
    lasts: float
    target: str
    number: int
    member: object = None
    kept: dict = field(default_factory=dict)

    def __str__(self):
        number = f" {self.number}" if self.fault.numbers != (0, 0) else ""
        lasts = f" for {self.lasts:.1f} s" if self.lasts else ""
        return f"at {self.at:4.1f} s {self.fault.name}{number} of {self.target}{lasts}"


def fault(kind, spans=(0, 0), **more):
    def add(function):
        FAULTS[function.__name__] = Fault(function.__name__, function, spans, kind, **more)
        return function
    return add


# --- processes


@fault("process")
def elector_killed(group, s):
    s.member.signal_elector(signal.SIGKILL)


@fault("process")
def elector_terminated(group, s):
    s.member.signal_elector(signal.SIGTERM)


@fault("process", (0.5, 9))
def elector_frozen(group, s):
    pid = s.member.elector()
    signal_if_there(pid, signal.SIGSTOP)
    return lambda: signal_if_there(pid, signal.SIGCONT)


@fault("process")
def guardian_killed(group, s):
    s.member.process.kill()


@fault("process", (0.5, 9))
def guardian_frozen(group, s):
    process = s.member.process
    process.signal(signal.SIGSTOP)
    return lambda: process.signal(signal.SIGCONT)


@fault("process")
def service_terminated(group, s):
    s.member.process.terminate()


@fault("host", (3, 10))
def host_lost(group, s):
    group.held_down.add(s.member.name)
    group.lose_host(s.member)

    def back():
        group.nodes.fault("restart", s.member.index)
        group.held_down.discard(s.member.name)
    return back


@fault("host", (0.5, 6))
def host_frozen(group, s):
    elector = group.freeze_host(s.member)
    return lambda: group.thaw_host(s.member, elector)


# --- nodes


@fault("node", (1, 8))
def node_killed(group, s):
    group.nodes.fault("crash", s.member.index)
    return lambda: group.nodes.fault("restart", s.member.index)


@fault("node", (2, 8))
def node_terminated(group, s):
    group.nodes.fault("terminate", s.member.index)
    return lambda: group.nodes.fault("restart", s.member.index)


@fault("node")
def node_restarts_into_standby(group, s):
    group.nodes.fault("restart_standby", s.member.index)


@fault("node", alone=True, leader_only=True, weight=2)
def node_restarts_into_active(group, s):
    group.nodes.fault("restart_active", s.member.index)


def until_healed(group, s, kind, heal="heal", **numbers):
    group.nodes.fault(kind, s.member.index, **numbers)
    return lambda: group.nodes.fault(heal, s.member.index)


@fault("node", (5, 9), weight=2, cools=True)
def node_not_ready(group, s):
    return until_healed(group, s, "unready", "ready")


@fault("node", (8, 14), weight=2, cools=True)
def node_tip_frozen(group, s):
    return until_healed(group, s, "frozen_height", "moving_height")


@fault("node", (1, 9), deaf=True, weight=2, cools=True)
def node_frozen(group, s):
    return until_healed(group, s, "freeze", "thaw")


@fault("node", (1, 9), deaf=True, weight=2, cools=True)
def node_status_hangs(group, s):
    return until_healed(group, s, "hang_status")


@fault("node", (2, 9), deaf=True, weight=2, cools=True)
def node_sets_ignored(group, s):
    return until_healed(group, s, "ignore_set")


@fault("node", (1, 6), deaf=True, weight=2, cools=True)
def node_admin_port_refuses(group, s):
    return until_healed(group, s, "refuse_admin")


@fault("node", (4, 12), numbers=(500, 2500))
def node_sets_late(group, s):
    return until_healed(group, s, "late_set", ms=s.number)


@fault("node", (4, 12), numbers=(300, 2000))
def node_sets_slow(group, s):
    return until_healed(group, s, "slow_set", ms=s.number)


@fault("node", (4, 12))
def node_without_web3(group, s):
    return until_healed(group, s, "refuse_web3")


@fault("node", numbers=(-240, 240), moves="never")
def node_clock_off(group, s):
    group.nodes.fault("skew", s.member.index, ms=s.number)


# --- the network between a member and etcd


def cut(group, s, how):
    s.member.cut_off(how)
    return lambda: s.member.cut_off("pass")


@fault("network", (1, 12))
def cut_off_silently(group, s):
    return cut(group, s, "blackhole")


@fault("network", (1, 12))
def cut_off_refused(group, s):
    return cut(group, s, "refuse")


@fault("network", (1, 12))
def requests_lost(group, s):
    return cut(group, s, "one_way_up")


@fault("network", (1, 12))
def answers_lost(group, s):
    return cut(group, s, "one_way_down")


@fault("network", (3, 12), numbers=(120, 1500))
def network_slow(group, s):
    return cut(group, s, f"delay {s.number}")


@fault("network", (3, 12), numbers=(100, 1500))
def network_flaps(group, s):
    return cut(group, s, f"flap {s.number}")


@fault("network")
def connections_reset(group, s):
    s.member.cut_off("reset")


# --- etcd


def broken_etcd_member(group, s):
    size = len(group.etcd.members)
    index = group.etcd.leader() if s.number % 2 else s.number % size
    return 0 if index is None else index


@fault("store", (0.3, 8), numbers=(0, 5), moves="any")
def etcd_member_killed(group, s):
    index = broken_etcd_member(group, s)
    group.etcd.stop(index)
    return lambda: group.etcd.restart(index)


@fault("store", (0.3, 8), numbers=(0, 5), moves="any")
def etcd_member_frozen(group, s):
    index = broken_etcd_member(group, s)
    group.etcd.freeze(index)
    return lambda: group.etcd.thaw(index)


@fault("store", (2, 12), moves="any")
def etcd_down(group, s):
    everybody = range(len(group.etcd.members))
    for index in everybody:
        group.etcd.stop(index)

    def up():
        for index in everybody:
            group.etcd.restart(index)
    return up


# --- operators


def key_of(group, s):
    """The member's entry in the queue; None: it has none."""
    return next((e for e in group.queue() if e.text == s.member.name), None)


@fault("operator")
def candidate_key_deleted(group, s):
    entry = key_of(group, s)
    if entry is not None:
        group.etcd.client.delete(entry.key)


@fault("operator")
def lease_revoked(group, s):
    entry = key_of(group, s)
    if entry is not None:
        group.etcd.client.revoke(entry.lease)


@fault("operator", weight=1, moves="any")
def holder_record_deleted(group, s):
    group.etcd.client.delete(group.data + "holder")


@fault("operator", weight=1, moves="any")
def every_key_deleted(group, s):
    for prefix in (group.key + "/", group.data):
        for entry in group.etcd.client.range(prefix):
            group.etcd.client.delete(entry.key)


@fault("operator", moves="any")
def switchover_ordered(group, s):
    leader, others = group.leader(), group.candidates()[1:]
    if leader is not None and others:
        group.order_switchover(leader, others[s.number % len(others)])


@fault("operator", (1, 8), moves="never")
def group_paused(group, s):
    pause = group.data + "control/pause"
    text = json.dumps({"v": 1, "who": "test", "why": "test"})
    group.etcd.client.put(pause, text, group.etcd.client.grant(60))
    return lambda: group.etcd.client.delete(pause)


@fault("file", numbers=(2, 9), moves="never")
def reloaded(group, s):
    s.member.settings["health"] = {"fall": s.number, "rise": 2}
    s.member.write_config()
    if s.member.alive():
        s.member.process.signal(signal.SIGHUP)


@fault("file", (1, 4), moves="never")
def invalid_file_reloaded(group, s):
    s.member.write_config("[member]\nname = 7\ncolour = \"red\"\n")
    if s.member.alive():
        s.member.process.signal(signal.SIGHUP)
    return s.member.write_config


# --- clocks


@fault("clock", (5, 20), numbers=(-4500, 4500), moves="never")
def clock_rate(group, s):
    clock = group.clocks[s.member.name]
    clock.set_rate(s.number)
    return lambda: clock.set_rate(0)


@fault("clock", alone=True, leader_only=True, weight=2, numbers=(500, 5000))
def clock_jumps_ahead(group, s):
    group.clocks[s.member.name].jump(s.number / 1000)


@fault("clock", (3, 12), numbers=(-1, 1))
def wall_clock_set(group, s):
    group.set_wall(s.member, 3600.0 * (s.number or 1))
    return lambda: group.set_wall(s.member, 0.0)
