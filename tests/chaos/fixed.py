"""The short fixed set: single faults first, each at a leader, then a few drawn schedules.

Each case is a schedule and what its fault must have left in the log of the member it hit: a fault
that hit nothing would prove nothing. Cases of one group are played one after another in one group.
"""
from dataclasses import dataclass

from faults import FAULTS, Strike
from schedule import Schedule, draw, etcd_members, single


@dataclass(frozen=True)
class Case:
    name: str
    schedule: Schedule
    shows: tuple = ()  # (event of the log, fields it has), each as good as the others


def lost_lead(reason):
    return ("role_change", {"to": "draining", "reason": reason})


def one(name, etcd, *shows, **more):
    return Case(name, single(name, etcd=etcd, **more), shows)


def cut_off_then_host_lost():
    """Those who wait lose their leases and come back; then the leader's host dies."""
    strikes = [Strike(FAULTS["cut_off_silently"], 0.0, 6.0, "next", 0),
               Strike(FAULTS["cut_off_refused"], 0.1, 6.0, "other", 0),
               Strike(FAULTS["host_lost"], 8.0, 25.0, "leader", 0)]
    return Case("standby_cut_off_and_back_then_host_lost", Schedule(1, 3, strikes))


def drawn(seed):
    return Case(f"seed_{seed}", draw(seed))


GROUPS = {
    "elector_and_guardian": [
        one("elector_killed", 1, ("guardian_acts", {"reason": "elector_gone"})),
        one("guardian_killed", 1, ("guardian_lost", {"cause": "it has ended"})),
        one("elector_frozen", 1, ("guardian_acts", {"reason": "elector_silent"}), lasts=8.0),
        one("guardian_frozen", 1, ("guardian_lost", {}), lasts=8.0),
    ],
    "node": [
        one("node_killed", 1, ("node_dead", {}), lasts=4.0),
        one("node_not_ready", 1, lost_lead("unready"), lasts=6.0),
        one("node_tip_frozen", 1, lost_lead("tip_frozen"), lasts=12.0),
        one("node_restarts_into_standby", 1, ("role_change", {"to": "draining"})),
    ],
    "node_against_the_rules": [
        one("node_restarts_into_active", 1, ("node_found_active", {"alarm": "true"})),
        one("node_frozen", 1, ("unfenced", {}), lasts=9.5),
    ],
    "store": [
        one("etcd_down", 3, lost_lead("holding_ending"), lasts=10.0),
        one("candidate_key_deleted", 3, lost_lead("confirmation_refused")),
        one("lease_revoked", 3, lost_lead("confirmation_refused")),
        one("cut_off_refused", 3, lost_lead("holding_ending"), lasts=8.0),
    ],
    "long_waits": [
        one("cut_off_silently", 3, lost_lead("holding_ending"), lasts=22.0),
        cut_off_then_host_lost(),
    ],
    "clock_and_chance": [
        one("clock_jumps_ahead", 1, lost_lead("holding_ending"),
            ("guardian_acts", {"reason": "elector_silent"}), number=4000),
        drawn(0),
    ],
}


def find(name):
    return next(case for cases in GROUPS.values() for case in cases if case.name == name)


__all__ = ["GROUPS", "Case", "etcd_members", "find"]
