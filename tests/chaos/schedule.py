"""What is done to a group, and when: drawn from a seed, or written down. Pure: no clock, no group.

A schedule is over within LONGEST seconds and every fault in it ends by itself. What the published
residual risks explain is not drawn; `allowed` says so for each pair of faults.
"""
import random

from faults import FAULTS, Strike

LONGEST = 36.0
# All strikes begin within so many seconds: in haste they meet each other's hand-overs.
WITHIN = (4.0, 16.0)
TARGETS = ("leader", "leader", "next", "other")
# A guardian that has dealt with one failure may be struck again; before that the host has nobody
# (docs/safety.md, "Not guaranteed"): longer than a drain, in seconds.
BETWEEN_STRIKES_OF_A_HOST = 14.0
ON_A_HOST = ("process", "host", "node", "network", "file", "clock")


class Schedule:
    def __init__(self, seed, etcd, strikes):
        self.seed = seed
        self.etcd = etcd
        self.strikes = sorted(strikes, key=lambda s: s.at)

    def __str__(self):
        members = "one member" if self.etcd == 1 else f"{self.etcd} members"
        lines = [f"seed {self.seed}, etcd of {members}"]
        return "\n  ".join(lines + [str(s) for s in self.strikes])


def single(name, seed=1, etcd=1, target="leader", lasts=None, number=None):
    """One fault at once, with the given length and number, else the middle ones."""
    kind = FAULTS[name]
    lasts = sum(kind.spans) / 2 if lasts is None else lasts
    number = sum(kind.numbers) // 2 if number is None else number
    return Schedule(seed, etcd, [Strike(kind, 0.0, lasts, target, number)])


def etcd_members(seed):
    """So that a group can live through many schedules: it depends on nothing else."""
    return 1 if seed % 2 else 3


def draw(seed, lasting=False):
    """One schedule of one to five faults. A lasting one ends no process and leaves everybody fit to
    lead, so that one group can go through hundreds, and what it holds can be watched."""
    chance = random.Random(seed)
    strikes, within = [], chance.choice(WITHIN)
    count = chance.choice((1, 1, 2, 2, 3, 3, 4, 5))
    for _ in range(60):
        strike = draw_one(chance, within, lasting)
        if strike.fault.alone and not strikes:
            return Schedule(seed, etcd_members(seed), [strike])
        if not strike.fault.alone and all(allowed(strike, other) for other in strikes):
            strikes.append(strike)
        if len(strikes) == count:
            break
    return Schedule(seed, etcd_members(seed), strikes)


def draw_one(chance, within, lasting):
    names = sorted(name for name, fault in FAULTS.items()
                   if not lasting or (fault.kind not in ("process", "host") and not fault.cools))
    kind = FAULTS[chance.choices(names, [FAULTS[name].weight for name in names])[0]]
    target = "leader" if kind.leader_only else chance.choice(TARGETS)
    lasts = round(chance.uniform(*kind.spans), 1)
    at = 0.0 if kind.alone else round(chance.uniform(0, within), 1)
    return Strike(kind, at, lasts, target, chance.randint(*kind.numbers))


def overlap(one, other, after):
    """Whether they meet, each taken to last `after` seconds longer."""
    return one.at <= other.at + other.lasts + after and other.at <= one.at + one.lasts + after


def allowed(one, other):
    """Whether the guarantees cover both in one schedule.

    Who a target is, is only known when it strikes: two faults may always meet on one host. Those of
    processes are told apart then (Player.aim).
    """
    kinds = {one.fault.kind, other.fault.kind}
    if one.fault.name == other.fault.name and one.fault.kind not in ("process", "host"):
        return False
    if kinds <= {"process", "host"}:
        return True  # unless they meet on one host, which shows when they strike
    if kinds == {"store"}:
        return False
    if kinds & {"store", "network", "process", "host"} and (one.fault.deaf or other.fault.deaf):
        return False
    if one.fault.deaf and other.fault.deaf:
        return False
    if kinds in ({"host", "node"}, {"file", "process"}, {"file", "host"}, {"host", "clock"}):
        return not overlap(one, other, BETWEEN_STRIKES_OF_A_HOST)
    if len(kinds) == 1 and kinds <= set(ON_A_HOST):
        return not overlap(one, other, 0.0)
    return True
