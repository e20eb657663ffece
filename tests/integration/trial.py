"""One trial of the fault matrix: a group, a fault, perhaps a reload in its middle, the judgement.

    def test_x(self):
        with self.world(etcd=3) as world:
            trial = Trial(self, world, reload=True)
            trial.start()
            trial.strikes()
            ...                  # break something
            trial.middle()       # here comes the reload
            ...                  # mend it
            trial.kept()         # or trial.handed_over(...)

Bounds come from what `iotex-elector check` prints for the leader's own file, never from taste; what
is added to them is only the time for which the kernel let one of the threads wait for a processor.
"""
import re
import signal
import time

import programs
from store import OutageWatch

HAND_OVER = "hand-over, healthy node, next block in time"
BLIND_GATE = "then the gate, without web3"
NODE_GONE = "node process gone"
HOST_LOST = "host lost"
HOST_AND_ETCD_LOST = "host lost, the etcd leader with it"
RECORD_LOST = "group's first start, or record lost"
SURVIVED = "etcd outage survived"
RENEW = "renew"
HOLD = "hold (lease time-to-live)"
DRAIN = "drain, healthy node, at most"
LONGEST_DRAIN = "draining elector killed after"
# By how much two blocks of the simulated chain may be further apart than its interval: the latest
# commit less the earliest one (tools/simnode/model/types.hpp).
LATE_BLOCK = 2.36 - 0.57


def printed_budget(path):
    """label -> seconds of the time budget that `check` prints for a configuration file."""
    code, output, errors = programs.run_elector("check", path)
    if code != 0:
        raise AssertionError(f"check refuses {path}: {errors}")
    table = output.split("# time budget")[1]
    return {label: float(seconds)
            for label, seconds in re.findall(r"^  (\S.*?) {2,}(\d+\.\d) s", table, re.M)}


class Trial:
    def __init__(self, case, world, reload=False):
        self.case = case
        self.world = world
        self.reload = reload
        self.leader = None
        self.budget = {}
        self.since = 0.0
        self.before = {}
        self.watch = None

    def start(self, first_endpoint=None):
        """The group, three in the queue; electors try that etcd member first."""
        world = self.world
        if first_endpoint is not None:
            for member in world.members:
                endpoints = member.settings["etcd"]["endpoints"]
                endpoints.insert(0, endpoints.pop(first_endpoint))
        leader = world.start()
        world.wait_for(lambda: len(world.queue()) == 3, 5, "three candidates")
        return self.go_on(leader)

    def go_on(self, leader):
        """In a group that is there already."""
        self.leader = leader
        self.budget = printed_budget(leader.config)
        return leader

    def next_in_line(self):
        """The member that is first behind the leader."""
        name = self.world.queue()[1].text
        return next(m for m in self.world.members if m.name == name)

    def strikes(self):
        """From here on everything counts."""
        self.before = self.thread_delays()
        self.watch = OutageWatch(self.world.etcd)
        self.since = time.time()
        return self.since

    def middle(self):
        """Changes a harmless value of every elector that runs, if this trial is about that."""
        if not self.reload:
            return
        at = time.time()
        running = [m for m in self.world.members if m.alive()]
        for member in running:
            member.settings["health"] = {"fall": 4}
            member.write_config()
            member.process.signal(signal.SIGHUP)
        for member in running:
            self.world.wait_for(lambda m=member: m.find("reloaded", at), 5,
                                f"reload of {member.name}")
            self.case.assertIn("health.fall", member.find("reload_change", at)[0]["change"])

    # --- the judgement

    def thread_delays(self):
        """Thread -> seconds without a processor, of every elector.

        Not of etcd: a member that is being traced would excuse everything.
        """
        alive = [m for m in self.world.members if m.alive()]
        pids = [pid for m in alive for pid in (m.process.pid, m.elector())]
        return {thread: delay for pid in pids if pid is not None
                for thread, delay in programs.run_delays(pid).items()}

    def excuse(self):
        """Seconds for which the thread that got least of the processors had to wait."""
        return max((delay - self.before.get(thread, 0.0)
                    for thread, delay in self.thread_delays().items()), default=0.0)

    def tell(self, holding, took, bound, words):
        self.case.note("holding", holding)
        self.case.figure("took", took)
        self.case.figure("bound", bound)
        self.case.note("bound_is", words)
        self.case.figure("starved", self.excuse())

    def still_leads(self, seconds=4.0):
        """Nobody has taken its lead, nor does in so many seconds more; a list of what it did."""
        try:
            self.world.stay(seconds, "the leader leads", lambda: self.world.leader() is self.leader)
        except AssertionError:
            return self.changes() or ["not active"]
        return self.changes()

    def changes(self):
        return [c for c in self.world.role_changes(self.since) if c[0] == self.leader.name]

    def kept(self, without_etcd=None):
        """The holding has to be kept as long as the store was away for less than is printed.

        `without_etcd`: seconds for which the electors could not reach it; None: as measured.
        """
        changes = self.still_leads()
        measured = self.watch.stop()
        outage = measured if without_etcd is None else without_etcd
        survived = self.budget[SURVIVED]
        self.tell("lost" if changes else "kept", outage, survived, SURVIVED)
        if not changes:
            return self.leader
        self.case.note("reason", changes[0])
        if outage + self.excuse() < survived:
            self.case.fail(f"{outage:.3f} s without etcd ended the holding: {changes}")
        return self.one_leads(self.budget[HAND_OVER] + LATE_BLOCK)

    def lost(self):
        """Waits until the leader has let go: the reason and the instant."""
        limit = self.budget[HOLD] + self.budget[DRAIN]
        drained = self.world.wait_for(
            lambda: self.leader.find("role_change", self.since, to="draining"), limit,
            "leader that lets go")
        self.case.note("reason", drained[0]["reason"])
        return drained[0]["reason"], drained[0]["at"]

    def one_leads(self, seconds, other_than=None):
        """Exactly one verified active member, and for a while the same one."""
        new = self.world.wait_for_leader(seconds, other_than)
        self.world.stay(3, "one leads", lambda: self.world.leader() is new)
        return new

    def handed_over(self, *labels, since=None, at_least=0.0, other_than=None,
                    extra=("", 0.0)):
        """Within the sum of these printed figures one member may activate its node again, and does.

        Counts from `since` (when the fault struck) to the instant at which the activation was sent.
        `extra` names what the fault itself adds, in seconds.
        """
        since = self.since if since is None else since
        late = LATE_BLOCK if HAND_OVER in labels else 0.0
        bound = sum(self.budget[label] for label in labels) + extra[1] + late
        new = self.world.wait_for_leader(bound + 4, other_than)
        sent = new.find("activation_sent", self.since)
        self.case.assertTrue(sent, "the holding was not lost: nobody was activated")
        took = max(0.0, sent[-1]["at"] - since)  # it may see the end of a fault before we do
        self.watch.stop()
        words = [*labels, *([extra[0]] if extra[0] else []), *(["a late block"] if late else [])]
        self.tell("handed over", took, bound, " + ".join(words))
        self.case.assertGreaterEqual(took, at_least)
        if took > bound + self.excuse():
            self.case.fail(f"{took:.3f} s until the next activation, {bound:.1f} s are printed")
        self.world.stay(3, "one leads", lambda: self.world.leader() is new)
        return new
