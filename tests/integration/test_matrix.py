"""The fault matrix: each fault with one etcd member and with three, alone and with a reload of
every elector in its middle. `run.py --only test_matrix --tier all --table FILE` writes what it
measured.

Each row is a function that breaks, mends and judges; the closing judgement on what the nodes signed
is the world's. A fault that one etcd member cannot have has a row for three only.
"""
import time
import unittest

from case import IntegrationCase, takes
from trial import (BLIND_GATE, DRAIN, HAND_OVER, HOST_AND_ETCD_LOST, HOST_LOST, LONGEST_DRAIN,
                   NODE_GONE, RECORD_LOST, RENEW, Trial)
from world import OVERTIME, QUIESCE, STRETCH

# What a member adds when its node was found active (A5): start_delay 10 s + 2 B + 2 s.
BARRED = 17.0
# How long the simulated nodes take from the start of the process to an open admin port.
BOOT = 1.0
# name -> (function, etcd members, those of the short tier, seconds, options of the world)
ROWS = {}


def row(seconds, sizes=(1, 3), short=(), **options):
    def add(function):
        ROWS[function.__name__] = (function, sizes, short, seconds, options)
        return function
    return add


# --- etcd itself


@row(30, short=(3,))
def etcd_leader_killed(trial, world):
    index = world.etcd.leader()
    trial.start(first_endpoint=index)
    trial.strikes()
    world.etcd.stop(index)
    trial.middle()
    if len(world.etcd.members) > 1:
        world.wait_for_etcd()
        time.sleep(4)
    world.etcd.restart(index)
    world.wait_for_etcd()
    trial.kept()


@row(40)
def etcd_quorum_lost_for_10_s(trial, world):
    trial.start()
    since = trial.strikes()
    for index in range(len(world.etcd.members) // 2 + 1):
        world.etcd.stop(index)
    trial.middle()
    reason, at = trial.lost()
    trial.case.assertEqual(reason, "holding_ending")
    trial.case.assert_in_time(world, at - since, world.hold)
    time.sleep(max(0.0, since + 10 - time.time()))
    trial.case.assertEqual(world.nodes.active(), [])
    for index in range(len(world.etcd.members) // 2 + 1):
        world.etcd.restart(index)
    trial.handed_over(HAND_OVER, since=world.wait_for_etcd())


@row(35)
def etcd_leader_frozen(trial, world):
    index = world.etcd.leader()
    trial.start(first_endpoint=index)
    trial.strikes()
    world.etcd.freeze(index)
    time.sleep(1)
    trial.middle()
    time.sleep(1.3 if len(world.etcd.members) == 1 else 7)
    world.etcd.thaw(index)
    trial.kept()


@row(40, short=(3,), durable_etcd=True)
def etcd_leader_stalled_on_disk(trial, world):
    """It goes on acknowledging keep-alives long after the others have elected another leader."""
    index = world.etcd.leader()
    trial.start(first_endpoint=index)
    trial.strikes()
    # The next write meets the disk: a member's own record of its node's new tip.
    world.etcd.members[index].stall_disk()
    time.sleep(1)
    trial.middle()
    if len(world.etcd.members) == 1:
        time.sleep(1)
        world.etcd.members[index].resume_disk()
    else:
        time.sleep(11)  # longer than any lease lives that is kept alive at the wrong member
        world.etcd.stop(index)
        world.etcd.restart(index)
    world.wait_for_etcd()
    trial.kept()


@row(45, sizes=(3,), durable_etcd=True)
def stalled_etcd_leader_recovers(trial, world):
    """It may then revoke leases that were kept alive at its successor (etcd before 3.4.31)."""
    index = world.etcd.leader()
    trial.start(first_endpoint=index)
    trial.strikes()
    world.etcd.members[index].stall_disk()
    time.sleep(8)
    trial.middle()
    trial.case.assertEqual(trial.changes(), [])
    world.etcd.members[index].resume_disk()
    back = time.time()
    if trial.still_leads(3):
        trial.handed_over(RENEW, HAND_OVER, since=back)
    else:
        trial.kept()


@row(45, sizes=(3,), durable_etcd=True)
def lease_revoked_behind_a_stalled_etcd_leader(trial, world):
    """The stalled member knows nothing of it."""
    index = world.etcd.leader()
    trial.start(first_endpoint=index)
    world.etcd.members[index].stall_disk()
    world.wait_for(lambda: world.etcd.leader() not in (None, index), 10, "new etcd leader")
    trial.strikes()
    world.etcd.client.revoke(world.queue()[0].lease)
    trial.middle()
    trial.lost()
    trial.handed_over(RENEW, HAND_OVER)
    world.etcd.stop(index)


@row(35, sizes=(3,))
def etcd_follower_frozen(trial, world):
    index = (world.etcd.leader() + 1) % 3
    trial.start(first_endpoint=index)
    trial.strikes()
    world.etcd.freeze(index)
    time.sleep(4)
    trial.middle()
    time.sleep(4)
    world.etcd.thaw(index)
    trial.kept()


@row(35, proxies=True)
def first_endpoint_refused(trial, world):
    trial.start()
    since = trial.strikes()
    for member in world.members:
        member.proxies[0].order("refuse")
    time.sleep(1)
    trial.middle()
    single = len(world.etcd.members) == 1
    time.sleep(0.5 if single else 6)
    for member in world.members:
        member.proxies[0].order("pass")
    trial.kept(without_etcd=time.time() - since if single else None)


@row(35, short=(3,))
def first_endpoint_is_a_learner(trial, world):
    learner = world.etcd.start_learner()
    for member in world.members:
        member.settings["etcd"]["endpoints"].insert(0, learner.endpoint)
    old = trial.start()
    target = trial.next_in_line()
    trial.strikes()
    trial.middle()
    world.order_switchover(old, target.name)
    new = trial.handed_over(HAND_OVER, other_than=old)
    trial.case.assertIs(new, target)


@row(35, short=(1,), proxies=True)
def compaction_during_a_watch(trial, world):
    old = trial.start()
    target = trial.next_in_line()
    since = trial.strikes()
    for member in world.members:
        member.cut_off("refuse")
    for number in range(20):
        world.etcd.client.put(world.data + "other", str(number))
    world.etcd.client.compact()
    time.sleep(0.5)
    trial.middle()
    for member in world.members:
        member.cut_off("pass")
    trial.kept(without_etcd=time.time() - since)
    trial.case.assertTrue([m for m in world.members if m.find("watch_resync", since)])
    # Each of them hears of things again.
    ordered = world.order_switchover(old, target.name)
    trial.since = ordered
    trial.handed_over(HAND_OVER, other_than=old)


@row(45, short=(1,))
def quota_alarm(trial, world):
    old = trial.start()
    trial.strikes()
    world.etcd.client.raise_quota_alarm(True)
    trial.middle()
    trial.case.assertEqual(trial.still_leads(6), [])  # a holding writes nothing
    world.nodes.fault("crash", old.index)
    trial.lost()
    world.wait_for(lambda: old.find("marker_owed", trial.since), 8, "words about the marker")
    world.stay(3, "nobody leads", lambda: not world.nodes.active())
    world.etcd.client.raise_quota_alarm(False)
    trial.handed_over(NODE_GONE, since=time.time(), other_than=old)


# --- what somebody deletes


@row(30, short=(1,))
def candidate_key_deleted(trial, world):
    trial.start()
    trial.strikes()
    world.etcd.client.delete(world.queue()[0].key)
    trial.middle()
    reason, _ = trial.lost()
    trial.case.assertEqual(reason, "confirmation_refused")
    trial.handed_over(RENEW, HAND_OVER)


@row(65)
def whole_prefix_deleted(trial, world):
    trial.start()
    trial.strikes()
    for prefix in (world.key + "/", world.data):
        for entry in world.etcd.client.range(prefix):
            world.etcd.client.delete(entry.key)
    trial.middle()
    trial.lost()
    trial.handed_over(RENEW, RECORD_LOST)


@row(30, short=(1,))
def lease_revoked(trial, world):
    trial.start()
    trial.strikes()
    world.etcd.client.revoke(world.queue()[0].lease)
    trial.middle()
    trial.lost()
    trial.handed_over(RENEW, HAND_OVER)


# --- hosts


@row(60, short=(3,), proxies=True)
def host_lost_after_the_waiting_were_cut_off(trial, world):
    old = trial.start()
    waiting = world.followers(old)
    trial.strikes()
    for member in waiting:
        member.cut_off("blackhole")
    world.wait_for(lambda: len(world.queue()) == 1, 9, "end of their leases")
    trial.middle()
    trial.case.assertEqual(trial.changes(), [])
    for member in waiting:
        member.cut_off("pass")
    since = world.lose_host(old)
    trial.handed_over(HOST_LOST, since=since, other_than=old,
                      at_least=world.hold + QUIESCE + OVERTIME)


@row(50)
def host_lost(trial, world):
    old = trial.start()
    since = trial.strikes()
    world.lose_host(old)
    time.sleep(2)
    trial.middle()
    trial.handed_over(HOST_LOST, since=since, other_than=old,
                      at_least=world.hold + QUIESCE + OVERTIME)


@row(55, short=(3,))
def host_lost_with_its_etcd_leader(trial, world):
    index = world.etcd.leader()
    old = trial.start(first_endpoint=index)
    since = trial.strikes()
    world.etcd.stop(index)
    world.lose_host(old)
    time.sleep(1)
    trial.middle()
    if len(world.etcd.members) == 1:
        world.etcd.restart(index)
    trial.handed_over(HOST_AND_ETCD_LOST, since=since, other_than=old,
                      at_least=world.hold + QUIESCE + OVERTIME)


@row(55, sizes=(3,))
def host_lost_with_its_etcd_follower(trial, world):
    index = (world.etcd.leader() + 1) % 3
    old = trial.start(first_endpoint=index)
    since = trial.strikes()
    world.etcd.stop(index)
    world.lose_host(old)
    time.sleep(1)
    trial.middle()
    trial.handed_over(HOST_LOST, since=since, other_than=old,
                      at_least=world.hold + QUIESCE + OVERTIME)


# --- nodes


@row(30)
def node_restarts_into_standby(trial, world):
    old = trial.start()
    trial.strikes()
    world.nodes.fault("restart", old.index)
    trial.middle()
    trial.lost()
    # Up again too soon to count as dead: its marker knows no tip.
    trial.handed_over(DRAIN, BLIND_GATE, other_than=old, extra=("start of the node", BOOT))


def watch_the_barred(trial, world, member):
    """Its node was found active: alarm, standby, out of the queue for as long as A5 says."""
    found = world.wait_for(lambda: member.find("node_found_active", trial.since), 8, "alarm")[0]
    trial.case.assertEqual(found["alarm"], "true")
    down = world.wait_for(lambda: world.nodes.flag_changes(member.name, "active_off", trial.since),
                          8, "standby node")
    trial.case.figure("demoted", down[0] - found["at"])
    trial.case.assert_in_time(world, down[0] - found["at"], trial.budget[DRAIN])
    return found["at"]


def watch_it_come_back(trial, world, member, found):
    world.wait_for(lambda: member.role() == "candidate", BARRED + 8, "end of its exclusion")
    back = member.find("role_change", found, to="candidate")[-1]["at"]
    trial.case.figure("barred", back - found)
    trial.case.assertGreater(back - found, BARRED)


@row(55, node_options=("--producers", "2", "--start-delay", "10s"))
def node_restarts_into_active(trial, world):
    old = trial.start()
    trial.strikes()
    world.nodes.fault("restart_active", old.index)
    found = watch_the_barred(trial, world, old)
    trial.middle()
    # Its marker is good only once the node's start delay is over.
    trial.handed_over(DRAIN, other_than=old, extra=("its start delay, A5", BARRED * STRETCH))
    watch_it_come_back(trial, world, old, found)


@row(55)
def waiting_node_restarts_into_active(trial, world):
    world.overlap_excused = "a node active by configuration, before its elector sees it"
    world.double_excused = "residual risk: it may sign before its admin port opens"
    old = trial.start()
    member = trial.next_in_line()
    trial.strikes()
    world.nodes.fault("restart_active", member.index)
    found = watch_the_barred(trial, world, member)
    trial.middle()
    world.wait_for(lambda: "seen_active" in member.record()["blocked_by"], 5, "published reason")
    trial.case.assertFalse(member.record()["eligible"])
    watch_it_come_back(trial, world, member, found)
    trial.case.assertIs(trial.kept(), old)


@row(60, short=(1,))
def both_sets_of_a_node_land_late(trial, world):
    old = trial.start()
    late = trial.next_in_line()
    world.nodes.fault("late_set", late.index, ms=2500)
    world.order_switchover(old, late.name)
    world.wait_for(lambda: late.find("activation_sent"), 10, "activation")
    trial.leader = late
    trial.strikes()
    # Now the deactivation is sent, and lands before the activation does.
    world.nodes.fault("late_set", late.index, ms=500)
    world.etcd.client.delete(world.queue()[0].key)
    trial.middle()
    trial.lost()
    trial.handed_over(RENEW, LONGEST_DRAIN, BLIND_GATE, other_than=late)
    world.nodes.fault("heal", late.index)
    raised = world.nodes.flag_changes(late.name, "active_on", trial.since - 3)
    trial.case.assertTrue(raised, "the activation never landed")


class Matrix(IntegrationCase):
    """Its cases are made below."""


def make(name, size, reload):
    function, _, short, seconds, options = ROWS[name]

    def test(self):
        self.note("fault", name)
        self.note("etcd", size)
        self.note("reload", "yes" if reload else "no")
        with self.world(etcd=size, **options) as world:
            function(Trial(self, world, reload), world)
    members = "1_etcd_member" if size == 1 else f"{size}_etcd_members"
    test.__name__ = f"test_one_leads_after_{name}_with_{members}" + ("_and_a_reload" * reload)
    tier = "short" if size in short and not reload else "long"
    setattr(Matrix, test.__name__, takes(seconds, tier)(test))


for fault in ROWS:
    for count in ROWS[fault][1]:
        for reloaded in (False, True):
            make(fault, count, reloaded)


if __name__ == "__main__":
    unittest.main()
