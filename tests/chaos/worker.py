"""One group in one process: plays the schedules it is given and writes a line of JSON for each."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import programs
import resources
from clock import BentClock
from group import Group
from play import Player, Verdict
from schedule import draw

# A group is made anew after so many schedules: what it has learned to keep away from (cooling down
# for up to ten minutes) would otherwise leave nobody to be struck.
SCHEDULES_OF_A_GROUP = 12
LASTING = 10_000
# How late this process has been woken up, all in all: what the machine does to everybody. After so
# many seconds of it a fixed case proves nothing but a double signature.
STALLS = programs.StallWatch()
STALLED = 3.0
VOID = 10.0  # the same for a drawn one, which is not played again


def begin():
    """A runner's SIGTERM ends the group in the ordinary way: every process by its id."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by the runner"))
    STALLS.start()


def check(name, report):
    """A check of the suite itself, once more if the machine stood still."""
    for last in (False, True):
        late = STALLS.late
        try:
            told = CHECKS[name]()
        except Exception as problem:
            told = f"{type(problem).__name__}: {problem}"
        if told and not last and STALLS.late - late > STALLED:
            print(f"{name} is done again: {told}", flush=True)
            continue
        report.add({"case": name, "broken": told} if told else {"case": name})
        return


class Report:
    """Lines of JSON in a file that the runner reads as it grows."""

    def __init__(self, path):
        self.path = path

    def add(self, line):
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def play_group(schedules, report, until=None, jitter=True):
    """Plays them in one group; how many were played. A group that went wrong is not used again."""
    played, late = 0, STALLS.late
    group = Group({}, schedules[0].seed, etcd=schedules[0].etcd)
    try:
        with group:
            group.start()
            player = Player(group)
            group.look_at_processes()
            for schedule in schedules:
                if until is not None and time.time() >= until:
                    break
                late = STALLS.late
                # Every second schedule ends under jitter, every other one in silence.
                verdict = player.play(schedule, jitter and (schedule.seed // 2) % 2 == 0)
                report.add(verdict.as_json())
                if verdict.wrong:
                    raise AssertionError("; ".join(verdict.wrong))
                played += 1
            report.add({"resources": resources.judge(group.samples)})
    except Exception as problem:  # whatever it was, the other groups and seeds are worth playing
        void = STALLS.late - late > VOID and not group.signed_wrong
        report.add({"unjudged" if void else "broken": f"{type(problem).__name__}: {problem}",
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
    """Fixed cases, each with what it has to leave in a log. What goes wrong ends its group only; if
    it is no signature and the machine stood still meanwhile, it is played once more."""
    left, again = list(cases), set()
    while left:
        case, late = left[0], STALLS.late
        group = Group({}, case.schedule.seed, etcd=case.schedule.etcd)
        try:
            with group:
                group.start()
                player = Player(group)
                while left and left[0].schedule.etcd == len(group.etcd.members):
                    case, began, late = left[0], time.time(), STALLS.late
                    verdict = player.play(case.schedule, jitter=True)
                    missed(case, verdict, began)
                    if verdict.wrong:
                        raise AssertionError("; ".join(verdict.wrong))
                    left.pop(0)
                    report.add(dict(verdict.as_json(), case=case.name))
        except Exception as problem:
            stalled, unfinished = STALLS.late - late, case in left
            if unfinished and stalled > STALLED and case.name not in again \
                    and not group.signed_wrong:
                print(f"{case.name} is played again: the machine stood still for {stalled:.1f} s")
                again.add(case.name)
                continue
            report.add({"broken": str(problem), "case": case.name})
            left = left[1:] if unfinished else left


def missed(case, verdict, began):
    """The fault has to have been felt by the member that it hit."""
    if verdict.converged is None and not verdict.wrong:
        verdict.wrong.append(f"{case.name}: {verdict.void}")
    if not case.shows:
        return
    member = case.schedule.strikes[0].member
    if not any(member.find(event, began, **fields) for event, fields in case.shows):
        verdict.wrong.append(f"{case.name}: none of {case.shows} in the log of {member.name}")


def two_signers_are_caught():
    """Somebody's hand activates a second node; words when that goes unnoticed."""
    with Group({}, 1, bent=False, node_options=("--producers", "1")) as group:
        group.double_excused = group.overlap_excused = "that is what this is about"
        leader = group.start()
        player, verdict = Player(group), Verdict(draw(1))
        other = group.followers(leader)[0]
        since = time.time()
        group.nodes.set_active(other.index, True)
        for member in (leader, other):
            group.wait_for_signature(member, since)
        player.judge_signatures(verdict)
        told = " ".join(verdict.wrong)
        caught = verdict.doubles and "DOUBLE SIGNATURES" in told and "two nodes active" in told
    return "" if caught else f"not caught: {verdict.as_json()}"


def two_signers_without_a_guardian_are_caught():
    """A leader without a guardian is killed, its node signs on, and another takes over; words when
    that goes unnoticed."""
    settings = {"guardian": {"enabled": False},
                "fence": {"policy": "require", "command": ["/bin/true"]}}
    with Group({}, 1, settings=settings, node_options=("--producers", "1")) as group:
        group.double_excused = group.overlap_excused = "that is what this is about"
        leader = group.start()
        player, verdict = Player(group), Verdict(draw(1))
        group.held_down.add(leader.name)
        leader.process.kill()
        group.wait_for(lambda: len(group.nodes.active()) == 2, 25, "second active node")
        since = time.time()
        for index in group.nodes.active():
            group.wait_for_signature(group.members[index], since)
        player.judge_signatures(verdict)
    return "" if verdict.doubles else f"not caught: {verdict.as_json()}"


def a_false_failover_is_caught():
    """The lead moves in what is called a calm time; words when that goes unnoticed."""
    with Group({}, 1) as group:
        leader = group.start()
        player, verdict = Player(group), Verdict(draw(1))
        since, delays = time.time(), group.run_delays()
        group.order_switchover(leader, group.candidates()[1])
        group.wait_for_leader(15, other_than=leader)
        player.judge_calm(verdict, leader, since, delays, "a test")
        caught = verdict.void or (verdict.false_failovers == 1 and "switchover" in verdict.wrong[0])
    return "" if caught else f"not caught: {verdict.as_json()}"


SHOW_CLOCKS = """
import sys, time
for _ in sys.stdin:
    print(time.clock_gettime(time.CLOCK_BOOTTIME), time.time(), time.monotonic(), flush=True)
"""


def clocks_are_bent():
    """A program under tools/bentclock, asked for its clocks, against our own; words when they are
    not what they should be. All is told in far larger steps than a machine is slow."""
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
            return [theirs - own for theirs, own in zip(shown, ours)]

        told = [ahead()]
        clock.jump(1000.0)
        clock.set_wall(-3600.0)
        told.append(ahead())
        clock.set_rate(99_000_000)  # a hundred times as fast
        time.sleep(1.0)
        told.append(ahead())
        clock.set_rate(0)
        clock.set_wall(0.0)
        told.append(ahead())
        child.stdin.close()
        child.wait()
    expected = [(0, 0, 0), (1000, -3600, 0), (1099, -3600, 0), (1099, 0, 0)]
    good = all(abs(shown - wanted) < (60.0 if wanted == 1099 else 20.0)
               for line, wants in zip(told, expected) for shown, wanted in zip(line, wants))
    return "" if good else f"boot, wall, monotonic ahead: {told}"


CHECKS = {one.__name__: one for one in (
    two_signers_are_caught, two_signers_without_a_guardian_are_caught, a_false_failover_is_caught,
    clocks_are_bent)}
__all__ = ["CHECKS", "Report", "begin", "check", "play_cases", "play_for", "play_group"]
