"""The lead is moved on purpose, by command and by API: what is done, and what is refused."""
import json
import os
import pty
import select
import subprocess
import threading
import time
import unittest

import programs
from case import IntegrationCase, takes
from test_api import ANY_PORT, ask
from world import SETTLE

DATA = "/iotex-server.d/"


class Orders(IntegrationCase):
    def command(self, member, *words):
        """(exit code, the JSON document, what stderr said) of a command."""
        code, output, errors = programs.run_elector(*words, "--json", "--config", member.config,
                                                    seconds=150)
        return code, json.loads(output) if output else None, errors

    def codes(self, document):
        return [r["code"] for r in document["refusals"]]

    def begin(self, world):
        """A leader, and all others in the queue, in its order."""
        leader = world.start()
        world.wait_for(lambda: len(world.queue()) == len(world.members), 10, "a whole queue")
        world.wait_for(lambda: leader.record()["node"] == "active", 5, "its word that it leads")
        others = [next(m for m in world.members if m.name == e.text) for e in world.queue()[1:]]
        return leader, others


class ByCommand(Orders):
    @takes(40)
    def test_a_switchover_returns_when_the_named_member_is_verified_active(self):
        with self.world() as world:
            old, (between, target) = self.begin(world)
            code, planned, errors = self.command(old, "switchover", "--to", target.name,
                                                 "--dry-run")
            self.assertEqual((code, errors, planned["outcome"]), (0, "", "planned"))
            plan = planned["plan"]
            self.assertEqual((plan["from"], plan["to"], plan["makes_way_first"]),
                             (old.name, target.name, [between.name]))
            self.assertEqual(plan["expected"]["total_at_most_ms"], 9065)
            before = world.holder().mod
            with self.nobody_moves(world, old, 2):
                code, refused, errors = self.command(old, "switchover", "--to", target.name)
                self.assertEqual((code, self.codes(refused)), (1, ["not_confirmed"]))
                self.assertIn("say --yes", errors)
                self.assertIsNone(world.etcd.client.get(DATA + "control/switchover"))
            self.assertEqual(world.holder().mod, before)
            since = time.time()
            code, done, errors = self.command(between, "switchover", "--to", target.name, "--yes")
            self.assertEqual((code, errors), (0, ""))
            self.assertEqual((done["outcome"], done["leader"]), ("verified", target.name))
            self.assertIs(world.leader(), target)
            self.figure("total", done["phases"]["total_ms"] / 1000)
            phases = done["phases"]
            self.assertEqual(phases["take_over_ms"] + phases["standby_ms"] + phases["marker_ms"],
                             phases["total_ms"])
            self.assertEqual([e["reason"] for e in old.find("role_change", since, to="draining")],
                             ["switchover"])
            # The order is taken back, so that nothing waits for its lease.
            self.assertIsNone(world.etcd.client.get(DATA + "control/switchover"))
            world.wait_for_signature(target)
            text = programs.run_elector("history", "--config", old.config)[1]
            self.assertIn("@", text)

    @takes(40)
    def test_what_would_be_refused_is_refused_beforehand_with_what_to_do(self):
        with self.world(members=2) as world:
            first, second = world.members
            second.settings["member"]["nofailover"] = True
            first.write_config()
            self.assertEqual(self.codes(self.command(first, "switchover", "--yes")[1]),
                             ["no_record", "nobody_else"])
            world.start_members()
            world.wait_for(lambda: first.record() and first.record()["eligible"], 10, "a member")
            world.create_first_record()
            self.assertIs(world.wait_for_leader(SETTLE + 6), first)
            world.wait_for(lambda: self.command(first, "status")[0] == 0, 5, "it says so")
            with self.nobody_moves(world, first, 2):
                for words, codes in ((("--to", second.name), ["target_unfit"]),
                                     (("--to", "nobody"), ["target_unknown"]),
                                     (("--to", first.name), ["target_leads"]),
                                     ((), ["nobody_else"])):
                    code, told, errors = self.command(second, "switchover", "--yes", *words)
                    self.assertEqual((code, self.codes(told)), (1, codes), words)
                    self.assertIn("Nothing was changed.", errors)
                self.assertIn("nofailover", errors)
                self.command(first, "pause", "--reason", "disks")
                told = self.command(first, "switchover", "--to", second.name, "--dry-run")[1]
                self.assertEqual(self.codes(told), ["paused", "target_unfit"])
                self.assertEqual(self.command(first, "drill", "--yes")[0], 1)
            self.assertEqual(first.find("switchover_refused"), [])
            for words in (("switchover", "--at", "noon"), ("switchover", "--frm", "x"),
                          ("switchover", "--to"), ("drill", "--dry-run"), ("remove",)):
                code, output, errors = programs.run_elector(*words, "--config", first.config)
                self.assertEqual((code, output), (2, ""), words)
                self.assertIn("usage: iotex-elector " + words[0], errors)

    @takes(60)
    def test_the_best_moment_is_right_after_our_own_block(self):
        with self.world(members=2, node_options=("--producers", "8")) as world:
            old, (target,) = self.begin(world)
            world.wait_for(lambda: old.record()["operator"], 15, "operator address")
            code, done, errors = self.command(old, "switchover", "--at", "best", "--yes")
            self.assertEqual((code, errors, done["leader"]), (0, "", target.name))
            drained = old.find("role_change", to="draining")[-1]["at"]
            made = [line["time_ns"] / 1e9 for line in world.nodes.read_log()
                    if line["kind"] == "proposal" and line["node"] == old.name]
            before = [at for at in made if at < drained]
            self.assertTrue(before, "it had made a block")
            # It proposes at a slot's start; the block is there within the slot of 2.5 s.
            self.figure("after_own_block", drained - before[-1])
            self.assert_in_time(world, drained - before[-1], 6.0)
            old.settings["node"]["web3"] = ""
            old.write_config()
            world.wait_for(lambda: len(world.queue()) == 2, 15, "both in the queue")
            code, told, errors = self.command(old, "switchover", "--at", "best", "--yes")
            self.assertEqual((code, self.codes(told)), (1, ["moment_unknown"]))
            self.assertIn("node.web3 is off", errors)
            self.assertIn("Run switchover without --at best", errors)

    def on_terminal(self, answer, *words):
        """(exit code, output, what the terminal showed) of a command with a terminal."""
        near, far = pty.openpty()
        with subprocess.Popen([programs.elector(), *words], stdin=far, stderr=far, text=True,
                              stdout=subprocess.PIPE) as running:
            os.close(far)
            os.write(near, answer.encode() + b"\n")
            output, shown = running.stdout.read(), b""
            while select.select([near], [], [], 0.1)[0]:
                try:
                    shown += os.read(near, 65536)
                except OSError:  # nobody has the other end any more
                    break
        os.close(near)
        return running.returncode, output, shown.decode()

    @takes(40)
    def test_on_a_terminal_it_asks_shows_how_far_it_is_and_says_the_phases(self):
        with self.world(members=2) as world:
            old, (target,) = self.begin(world)
            command = ("switchover", "--config", old.config)
            with self.nobody_moves(world, old, 2):
                code, output, shown = self.on_terminal("no", *command)
                self.assertEqual(code, 1)
                self.assertTrue(output.startswith(f"Plan: {old.name} (term "), output)
                self.assertIn("expected missed blocks", output)
                self.assertIn("Type yes to go on", shown)
                self.assertIn("the answer was not yes", shown)
            code, output, shown = self.on_terminal("yes", *command)
            self.assertEqual(code, 0, shown)
            self.assertIn(f"{target.name} leads, and its node is verified active.\nheld ", output)
            self.assertRegex(shown, r"\r\x1b\[K  \d\.\d s of about 3\.2 s: ")
            self.assertTrue(shown.endswith("\r\x1b[K"), repr(shown[-80:]))
            self.assertIs(world.leader(), target)

    @takes(60)
    def test_a_drill_goes_there_and_back_and_measures_both(self):
        with self.world() as world:
            leader, (following, _) = self.begin(world)
            code, done, errors = self.command(leader, "drill", "--yes")
            self.assertEqual((code, errors, done["done"]), (0, "", True))
            self.assertEqual([done[half]["leader"] for half in ("there", "back")],
                             [following.name, leader.name])
            self.assertIs(world.leader(), leader)
            for half in ("there", "back"):
                self.figure(half, done[half]["phases"]["total_ms"] / 1000)
            self.note("within_budget", done["within_budget"])
            reasons = [c[3] for c in world.role_changes(0) if c[2] == "draining"]
            self.assertEqual(reasons, ["switchover", "switchover"])

    @takes(60)
    def test_when_the_target_dies_on_the_way_it_is_told_who_leads_instead(self):
        with self.world() as world:
            old, (other, target) = self.begin(world)
            world.nodes.fault("slow_set", old.index, ms=1500)
            since, told = time.time(), []
            words = ("switchover", "--to", target.name, "--yes")
            waiting = threading.Thread(target=lambda: told.append(self.command(old, *words)))
            waiting.start()
            world.wait_for(lambda: old.find("role_change", since, to="draining"), 15, "the order")
            target.kill_all()
            waiting.join(120)
            code, done, errors = told[0]
            self.assertEqual((code, errors, done["outcome"]), (1, "", "elsewhere"))
            self.assertEqual(done["leader"], world.wait_for_leader(20, other_than=target).name)
            self.assertIn(done["leader"], (other.name, old.name))

    @takes(45)
    def test_only_what_a_dead_member_has_left_behind_is_removed(self):
        with self.world(members=2) as world:
            leader, (other,) = self.begin(world)
            for name, words in ((leader.name, "it holds the lead"),
                                (other.name, "it is registered, and its lease lives")):
                code, output, errors = programs.run_elector("remove", name, "--yes", "--config",
                                                            leader.config)
                self.assertEqual((code, output), (1, ""))
                self.assertIn(words, errors)
            # What a restored or a hand-written store may hold: a record without a lease.
            record = dict(other.record(), candidate_key="")
            world.etcd.client.put(DATA + "members/gone", json.dumps(record))
            code, output, errors = programs.run_elector("remove", "gone", "--config",
                                                        leader.config)
            self.assertEqual((code, output), (1, ""))
            self.assertIn("not confirmed", errors)
            self.assertIsNotNone(world.etcd.client.get(DATA + "members/gone"))
            code, done, errors = self.command(leader, "remove", "gone", "--yes")
            self.assertEqual((code, done, errors), (0, {"v": 1, "name": "gone", "removed": True},
                                                    ""))
            self.assertIsNone(world.etcd.client.get(DATA + "members/gone"))
            self.assertFalse(self.command(leader, "remove", "gone", "--yes")[1]["removed"])
            self.assertIs(world.leader(), leader)


class ByApi(Orders):
    def post(self, member, path, document=None, **fields):
        body = None if document is None else json.dumps(document)
        if body is not None:
            fields["Content_Type"] = "application/json"
        status, _, text = ask(member, path, "POST", body, **fields)
        return status, json.loads(text)

    @takes(45)
    def test_a_switchover_by_the_api_is_done_by_any_member_and_ends_verified(self):
        with self.world(settings=ANY_PORT) as world:
            old, (between, target) = self.begin(world)
            status, told = self.post(between, "/switchover", {"to": target.name, "at": "now"})
            self.assertEqual((status, told["plan"]["to"]), (202, target.name))
            self.assertIs(world.wait_for_leader(15, other_than=old), target)
            world.wait_for_signature(target)
            _, history, _ = self.command(old, "history")
            self.assertEqual(history["changes"][0]["actor"], "api")
            world.wait_for(lambda: len(world.queue()) == 3, 15, "a whole queue")
            world.wait_for(lambda: target.record()["node"] == "active", 5, "its word that it leads")
            # The order to the holder before still has its lease: it is in nobody's way.
            self.assertIsNotNone(world.etcd.client.get(DATA + "control/switchover"))
            status, told = self.post(old, "/switchover")
            self.assertEqual(status, 202, told)
            self.assertEqual(world.wait_for_leader(15, other_than=target).name, told["plan"]["to"])

    @takes(30)
    def test_pause_and_resume_by_the_api_and_what_is_refused(self):
        with self.world(members=2, settings=ANY_PORT) as world:
            leader, (other,) = self.begin(world)
            with self.nobody_moves(world, leader, 2):
                bad = [self.post(leader, "/switchover", ["x"]),
                       self.post(leader, "/switchover", {"to": 7}),
                       self.post(leader, "/switchover", {"whom": "x"}),
                       self.post(leader, "/switchover", {"at": "best"}),
                       self.post(leader, "/pause"), self.post(leader, "/pause", {"reason": ""}),
                       self.post(leader, "/pause", {"reason": "x", "for": "soon"}),
                       self.post(leader, "/resume", {"now": "x"})]
                self.assertEqual([status for status, _ in bad], [400] * len(bad))
                for _, told in bad:
                    self.assertEqual(sorted(told), ["error", "next"])
                status, told = self.post(other, "/pause", {"reason": "disks", "for": "5m"})
                self.assertEqual((status, told["who"], told["why"]), (200, "api", "disks"))
                self.assertTrue(told["until"].startswith("20"))
                status, told = self.post(leader, "/switchover", {"to": leader.name})
                self.assertEqual((status, self.codes(told)), (409, ["paused", "target_leads"]))
                self.assertIn("paused by api: disks", told["error"])
                self.assertEqual(self.post(leader, "/resume"),
                                 (200, {"v": 1, "paused": False, "was_paused": True}))
                self.assertFalse(self.post(leader, "/resume", {})[1]["was_paused"])

    @takes(25)
    def test_with_a_token_nothing_is_ordered_without_it(self):
        token = "a-token-of-more-than-sixteen-letters"
        with self.world(members=2, settings=ANY_PORT) as world:
            for member in world.members:
                member.environment["ELECTOR_API_TOKEN"] = token
            leader, _ = self.begin(world)
            with self.nobody_moves(world, leader, 2):
                for path in ("/switchover", "/pause", "/resume"):
                    self.assertEqual(self.post(leader, path)[0], 401)
                    self.assertEqual(self.post(leader, path, Authorization="Bearer x")[0], 401)
            self.assertEqual(self.post(leader, "/resume", Authorization="Bearer " + token)[0], 200)


if __name__ == "__main__":
    unittest.main()
