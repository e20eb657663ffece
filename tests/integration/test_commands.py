"""The commands that go through etcd: what they show, what they order, what they refuse."""
import json
import time
import unittest

import programs
from case import IntegrationCase, takes
from world import PATIENCE


class Commands(IntegrationCase):
    def said(self, member, *words):
        """(exit code, the JSON document) of a command."""
        code, output, errors = programs.run_elector(*words, "--json", "--config", member.config)
        self.assertEqual(errors, "")
        return code, json.loads(output)


class Shown(Commands):
    @takes(25)
    def test_status_says_who_signs_and_its_exit_code_is_the_number_of_signers(self):
        with self.world() as world:
            any_member = world.members[0]
            any_member.write_config()
            code, group = self.said(any_member, "status")
            self.assertEqual((code, group["exit_code"]), (1, 1))
            self.assertEqual(group["verdict"],
                             "No node is verified active: no member is registered.")
            leader = world.start()
            world.wait_for(lambda: self.said(leader, "status")[0] == 0, 5, "one verified active")
            code, group = self.said(leader, "status")
            self.assertEqual(group["verified_active"], [leader.name])
            self.assertEqual(group["holder"]["member"], leader.name)
            self.assertEqual([m["name"] for m in group["members"]],
                             [leader.name, *(e.text for e in world.queue()[1:])])
            shown = group["members"][0]
            self.assertEqual((shown["role"], shown["node"]["activity"], shown["node"]["stale"]),
                             ("holder", "active", False))
            self.assertLess(shown["node"]["age_ms"], 10000)
            took = []
            for _ in range(10):
                since = time.monotonic()
                self.said(leader, "status")
                took.append(time.monotonic() - since)
            self.figure("status", sorted(took)[5])
            code, text, _ = programs.run_elector("status", "--config", leader.config)
            self.assertEqual(code, 0)
            self.assertTrue(text.startswith(f"{leader.name} is the only node verified active"))
            self.assertNotIn("\x1b", text)

    @takes(30)
    def test_history_and_explain_name_what_ended_a_holding_and_who_ordered_it(self):
        with self.world() as world:
            old = world.start()
            world.wait_for(lambda: len(world.queue()) == 3, 5, "three candidates")
            code, why = self.said(old, "explain")
            self.assertEqual((code, why["leads"], why["because"]), (0, True, []))
            _, _, target = (entry.text for entry in world.queue())
            world.order_switchover(old, target)
            new = world.wait_for_leader(15, other_than=old)
            code, history = self.said(new, "history")
            newest = history["changes"][0]
            self.assertEqual((newest["from"], newest["to"], newest["reason"], newest["actor"]),
                             (old.name, target, "switchover", "test"))
            self.assertTrue(newest["sentence"].startswith("A switchover was ordered"))
            self.assertTrue(newest["at"].startswith("20"))
            world.wait_for(lambda: world.queue()[-1].text == old.name, 5, "it queues again")
            code, why = self.said(old, "explain")
            self.assertEqual((code, why["leads"]), (0, False))
            self.assertEqual([c["code"] for c in why["because"]], ["not_head", "held"])

    @takes(30)
    def test_who_takes_the_lead_leaves_the_newest_hundred_entries_of_the_history(self):
        with self.world(members=2) as world:
            entry = {"v": 1, "term": 1, "from": "x", "reason": "shutdown", "held_ms": 1}
            history = world.data + "history/"
            for term in range(1, 151):
                world.etcd.client.put(f"{history}{term:016x}",
                                      json.dumps(dict(entry, term=term)))
            old = world.start()
            world.wait_for(lambda: len(world.etcd.client.range(history)) == 100, 5, "a hundred")
            left = [e.json()["term"] for e in world.etcd.client.range(history)]
            self.assertEqual(left, list(range(51, 151)))
            code, told = self.said(old, "history")
            self.assertEqual((code, len(told["changes"])), (0, 100))

    @takes(10)
    def test_without_etcd_a_command_says_what_to_look_at(self):
        with self.world(members=1) as world:
            member = world.members[0]
            member.settings["etcd"]["endpoints"] = ["http://127.0.0.1:1"]
            member.write_config()
            for words in (("status",), ("history",), ("explain",), ("pause", "--reason", "x"),
                          ("resume",)):
                code, output, errors = programs.run_elector(*words, "--config", member.config)
                self.assertEqual((code, output), (1, ""), words)
                self.assertIn("goes through etcd: look at etcd.endpoints", errors, words)
            code, output, _ = programs.run_elector("status", "--json", "--config", member.config)
            self.assertEqual((code, json.loads(output)["read"]), (1, False))


class Paused(Commands):
    @takes(45)
    def test_a_pause_keeps_the_others_from_leading_until_it_expires_or_is_lifted(self):
        with self.world() as world:
            old = world.start()
            other = world.followers(old)[0]
            code, paused = self.said(old, "pause", "--reason", "new disks")
            self.assertEqual((code, paused["why"], paused["until"]), (0, "new disks", None))
            pause = self.said(other, "status")[1]["pause"]
            self.assertEqual((pause["why"], pause["expires_in_ms"]), ("new disks", None))
            self.assertIn("@", pause["who"])
            codes = [c["code"] for c in self.said(other, "explain")[1]["because"]]
            self.assertIn("paused", codes)
            old.process.terminate()
            self.assertEqual(old.process.wait(15 * PATIENCE), 0)
            world.stay(10, "nobody leads", lambda: not world.nodes.active())
            self.assertEqual(self.said(other, "resume"),
                             (0, {"v": 1, "paused": False, "was_paused": True}))
            world.wait_for_leader(15, other_than=old)
            self.assertFalse(self.said(other, "resume")[1]["was_paused"])
            code, paused = self.said(other, "pause", "--reason", "short", "--for", "4s")
            left = self.said(other, "status")[1]["pause"]["expires_in_ms"]
            self.assertTrue(0 < left <= 4000, left)
            world.wait_for(lambda: self.said(other, "status")[1]["pause"] is None, 12,
                           "the end of the pause")


if __name__ == "__main__":
    unittest.main()
