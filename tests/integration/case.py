"""What every integration case is made of, and how long it takes."""
import contextlib
import time
from unittest import TestCase

from world import World, say

# Seconds without a processor after which a program's deadlines cannot be held against it.
STARVED = 2.0

# What the one case of this process measured; run.py prints it.
FIGURES = {}


def takes(seconds, tier="short"):
    """Marks a case: its seconds on an idle machine, and when it is run."""
    def mark(function):
        function.seconds = seconds
        function.tier = tier
        return function
    return mark


class IntegrationCase(TestCase):
    """One group of electors per test."""

    maxDiff = None

    def world(self, **options):
        return World(FIGURES, **options)

    def figure(self, name, seconds):
        FIGURES[name] = f"{seconds:.3f}s"
        say(f"{name}: {seconds:.3f} s")

    def note(self, name, value):
        FIGURES[name] = str(value)
        say(f"{name}: {value}")

    def assert_in_time(self, world, seconds, limit):
        """Few enough seconds, unless the machine was to blame."""
        if seconds < limit:
            return
        if world.stalls.late < STARVED:
            self.fail(f"took {seconds:.3f} s, {limit:.3f} s at most")
        self.note("void", f"{seconds:.3f}s instead of {limit:.3f}s on a machine that stood still")

    @contextlib.contextmanager
    def nobody_moves(self, world, leader, seconds):
        """What the block does, and so long after it, changes nobody's role; the leader leads.

        The protocol promises it to programs that get to run (its assumption A3). On a machine where
        they did not, which the kernel tells, what remains is that one leads in the end.
        """
        since, before, problem = time.time(), world.run_delays(), None
        try:
            yield since
            world.stay(seconds, "the leader leads", lambda: world.leader() is leader)
            self.assertEqual(world.role_changes(since), [])
        except AssertionError as moved:
            problem = moved
        starved = world.starved_since(before)
        self.note("starved", f"{starved:.3f}s")
        if problem is None:
            return
        if starved < STARVED:
            raise problem
        self.note("void", "the programs did not get to run")
        world.wait_for_leader(40)
