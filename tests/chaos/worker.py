"""One group in one process: plays the schedules it is given and writes a line of JSON for each."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import resources
from clock import BentClock
from group import Group
from play import Player, Verdict
from schedule import draw

# A group is made anew after so many schedules: what it has learned to keep away from (cooling down
# for up to ten minutes) would otherwise leave nobody to be struck.
SCHEDULES_OF_A_GROUP = 12
LASTING = 10_000


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
                report.add(verdict.as_json())
                if verdict.wrong:
                    raise AssertionError("; ".join(verdict.wrong))
                played += 1
            report.add({"resources": resources.judge(group.samples)})
    except Exception as problem:  # whatever it was, the other groups and seeds are worth playing
        report.add({"broken": f"{type(problem).__name__}: {problem}",
                    "schedule": str(schedules[min(played, len(schedules) - 1)])})
        return played + 1
    return played


def play_for(first_seed, step, until, lasting, report):
    """Schedules of the seeds first, first + step, ... until the time is up."""
    seed = first_seed
    while time.time() < until:
        schedules = [draw(seed + i * step, lasting)
                     for i in range(LASTING if lasting else SCHEDULES_OF_A_GROUP)]
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


SHOW_CLOCKS = """
import sys, time
for _ in sys.stdin:
    print(time.clock_gettime(time.CLOCK_BOOTTIME), time.time(), time.monotonic(), flush=True)
"""


def clocks_are_bent(report):
    """A program under tools/bentclock, asked for its clocks, against our own."""
    with tempfile.TemporaryDirectory() as folder:
        clock = BentClock(os.path.join(folder, "clock"))
        child = subprocess.Popen([sys.executable, "-c", SHOW_CLOCKS], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, text=True,
                                 env=dict(os.environ, **clock.environment()))

        def ahead():
            child.stdin.write("\n")
            child.stdin.flush()
            shown = [float(word) for word in child.stdout.readline().split()]
            ours = (time.clock_gettime(time.CLOCK_BOOTTIME), time.time(), time.monotonic())
            return [round(theirs - own, 1) for theirs, own in zip(shown, ours)]

        told = [ahead()]
        clock.jump(5.0)
        clock.set_wall(-3600.0)
        told.append(ahead())
        clock.set_rate(500_000)  # half as fast again, so that a second shows it
        time.sleep(1.0)
        told.append(ahead())
        clock.set_rate(0)
        clock.set_wall(0.0)
        told.append(ahead())
        child.stdin.close()
        child.wait()
    rate = told[2][0] - 5.0
    good = told[:2] == [[0, 0, 0], [5, -3600, 0]] and 0.4 <= rate <= 3.0 and \
        told[3][0] >= told[2][0] and told[3][1:] == [0, 0]
    report.add({"case": "clocks_are_bent"} if good else
               {"case": "clocks_are_bent", "broken": f"boot, wall, monotonic ahead: {told}"})


__all__ = ["begin", "Report", "a_false_failover_is_caught", "clocks_are_bent", "play_cases",
           "play_for", "play_group", "two_signers_are_caught"]
