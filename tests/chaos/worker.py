"""One group in one process: plays the schedules it is given and writes a line of JSON for each."""
import json
import signal
import sys
import time

import resources
from group import Group
from play import Player, Verdict
from schedule import draw

# A group is made anew after so many schedules: what it has learned to keep away from (cooling down
# for up to ten minutes) would otherwise leave nobody to be struck.
SCHEDULES_OF_A_GROUP = 12


def begin():
    """A runner's SIGTERM ends the group in the ordinary way: every process by its id."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by the runner"))


class Report:
    """Lines of JSON in a file that the runner reads as it grows."""

    def __init__(self, path):
        self.path = path

    def add(self, line):
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def play_group(schedules, report, until=None, jitter=True):
    """Plays them in one group; how many were played. A group that went wrong is not used again."""
    played, figures = 0, {}
    try:
        with Group(figures, schedules[0].seed, etcd=schedules[0].etcd) as group:
            group.start()
            player = Player(group)
            group.look_at_processes()
            for schedule in schedules:
                if until is not None and time.time() >= until:
                    break
                # Every second schedule ends under jitter, every other one in silence.
                verdict = player.play(schedule, jitter and (schedule.seed // 2) % 2 == 0)
                played += 1
                report.add(verdict.as_json())
                if verdict.wrong:
                    raise AssertionError("; ".join(verdict.wrong))
            report.add({"resources": resources.judge(group.samples)})
    except AssertionError as problem:
        report.add({"broken": f"{type(problem).__name__}: {problem}",
                    "schedule": str(schedules[min(played, len(schedules) - 1)])})
    return max(played, 1)


def play_for(first_seed, step, until, report):
    """Schedules of the seeds first, first + step, ... until the time is up."""
    seed = first_seed
    while time.time() < until:
        schedules = [draw(seed + i * step) for i in range(SCHEDULES_OF_A_GROUP)]
        seed += play_group(schedules, report, until) * step


def play_cases(cases, report):
    """Fixed cases, each with what it has to leave in a log; what goes wrong ends its group only."""
    left = list(cases)
    while left:
        first, figures = left[0], {}
        name = first.name
        try:
            with Group(figures, first.schedule.seed, etcd=first.schedule.etcd) as group:
                group.start()
                player = Player(group)
                while left and left[0].schedule.etcd == first.schedule.etcd:
                    case, began = left.pop(0), time.time()
                    name = case.name
                    verdict = player.play(case.schedule, jitter=True)
                    missed(case, verdict, began)
                    if verdict.wrong:
                        raise AssertionError("; ".join(verdict.wrong))
                    report.add(dict(verdict.as_json(), case=name))
        except AssertionError as problem:
            report.add({"broken": str(problem), "case": name})
            if left and left[0] is first:
                left.pop(0)


def missed(case, verdict, began):
    """The fault has to have been felt by the member that it hit."""
    if not case.shows:
        return
    member = case.schedule.strikes[0].member
    if not any(member.find(event, began, **fields) for event, fields in case.shows):
        verdict.wrong.append(f"{case.name}: none of {case.shows} in the log of {member.name}")


def two_signers_are_caught(report):
    """Somebody's hand activates a second node."""
    schedule = draw(1)
    figures = {}
    with Group(figures, 1, bent=False, node_options=("--producers", "1")) as group:
        group.double_excused = group.overlap_excused = "that is what this is about"
        leader = group.start()
        player, verdict = Player(group), Verdict(schedule)
        other = group.followers(leader)[0]
        since = time.time()
        group.nodes.set_active(other.index, True)
        for member in (leader, other):
            group.wait_for_signature(member, since)
        player.judge_signatures(verdict)
        told = " ".join(verdict.wrong)
        caught = verdict.doubles and "DOUBLE SIGNATURES" in told and "two nodes active" in told
    report.add({"case": "two_signers_are_caught"} if caught else
               {"case": "two_signers_are_caught", "broken": f"not caught: {verdict.as_json()}"})


def a_false_failover_is_caught(report):
    """The lead moves in what is called a calm time."""
    figures = {}
    with Group(figures, 1) as group:
        leader = group.start()
        player, verdict = Player(group), Verdict(draw(1))
        since, delays = time.time(), group.run_delays()
        group.order_switchover(leader, group.candidates()[1])
        group.wait_for_leader(15, other_than=leader)
        player.judge_calm(verdict, leader, since, delays, "a test")
        caught = verdict.void or (verdict.false_failovers == 1 and "switchover" in verdict.wrong[0])
    report.add({"case": "a_false_failover_is_caught"} if caught else
               {"case": "a_false_failover_is_caught", "broken": f"{verdict.as_json()}"})


__all__ = ["begin", "Report", "a_false_failover_is_caught", "play_cases", "play_for",
           "play_group", "two_signers_are_caught"]
