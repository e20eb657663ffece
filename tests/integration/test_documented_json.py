"""What docs/commands.md says of JSON: each field occurs, and none that occurs is missing there."""
import json
import os
import re
import unittest

import programs
from case import IntegrationCase, takes

# Those that move the lead have tests of their own.
COMMANDS = {"status", "history", "explain", "doctor", "pause", "resume"}
PAGE = os.path.join(programs.ROOT, "docs", "commands.md")


def words(text):
    """Names in backticks; what stands in parentheses are values."""
    return set(re.findall(r"`(\w+)(?:\[\])?`", re.sub(r"\([^)]*\)", "", text)))


def documented():
    """{command: names of fields}; those of a running elector alone are left out."""
    with open(PAGE, encoding="utf-8") as file:
        page = file.read().split("\n## JSON\n")[1]
    found = {}
    for title, text in re.findall(r"^### ([a-z, ]+)\n(.*?)(?=^### |\Z)", page, re.M | re.S):
        # What is told of many groups at once is test_groups_commands'.
        text = re.sub(r"(?s)Of all\s+groups:.*", "", text)
        for command in set(title.split(", ")) & COMMANDS:
            if "," in title:
                text_of_it = re.search(rf"`{command}`: (.*)", text)[1].split(". `")[0]
            else:
                text_of_it = re.sub(r"(?m)^\| `(local|budget)` \|.*$", r"| `\1` | its own |", text)
            rows = re.findall(r"(?m)^\| (.*?) \| (.*) \|$", text_of_it)
            names = words(text_of_it) if not rows else set()
            for field, holds in rows:
                names |= words(field)
                # What a plain field holds is told in words; an object's or a list's are its fields.
                names |= words(holds.split("; `null`")[0])
            found[command] = names
    return found


def names_in(document):
    if isinstance(document, list):
        return set().union(*map(names_in, document)) if document else set()
    if not isinstance(document, dict):
        return set()
    return set(document) | names_in(list(document.values()))


class Documented(IntegrationCase):
    def names_of(self, member, *command):
        _, output, _ = programs.run_elector(*command, "--json", "--config", member.config)
        return names_in(json.loads(output))

    @takes(40)
    def test_every_field_that_is_documented_occurs_and_the_other_way_round(self):
        with self.world(members=2) as world:
            old = world.start()
            world.wait_for(lambda: len(world.queue()) == 2, 10, "two candidates")
            world.order_switchover(old, world.followers(old)[0].name)
            leader = world.wait_for_leader(15, other_than=old)
            world.nodes.fault("unready", old.index)
            world.wait_for(lambda: old.record()["blocked_by"], 15, "a member that cannot lead")
            order = json.dumps({"v": 1, "term": 1, "to": "x", "who": "test", "why": "test"})
            world.etcd.client.put(world.data + "control/switchover", order,
                                  world.etcd.client.grant(60))
            seen = {"pause": self.names_of(leader, "pause", "--reason", "x")}
            for command in ("status", "history", "explain", "doctor", "resume"):
                seen[command] = self.names_of(old, command)
            told = documented()
            self.assertEqual(set(told), set(seen))
            for command, names in seen.items():
                self.assertEqual(told[command] | {"v"}, names, command)


if __name__ == "__main__":
    unittest.main()
