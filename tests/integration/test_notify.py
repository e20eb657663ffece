"""Who is told of what a group does: a webhook and a command hear all of it in order, and one that
hangs holds up nobody."""
import http.server
import json
import os
import signal
import threading
import time
import unittest

from case import IntegrationCase, takes
from trial import HAND_OVER, LATE_BLOCK, printed_budget
from world import PATIENCE, toml

NOTE = """#!/bin/sh
read -r line
echo "$ELECTOR_EVENT $ELECTOR_ROLE $line" >> "$1"
"""


class Hook:
    """A web server that keeps what is posted to it, and at /hang takes it and never answers."""

    def __init__(self):
        self.posts = []  # (path, the object) in the order of arrival
        self.over = threading.Event()
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.posts.append((self.path, json.loads(body)))
                if self.path == "/hang":
                    hook.over.wait()
                    return
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_address[1]}{path}"

    def told(self, path, member, event):
        """The objects that arrived there of that member and event."""
        return [o for p, o in list(self.posts)
                if p == path and (o["member"], o["event"]) == (member, event)]


class Notify(IntegrationCase):
    def give_targets(self, member, targets):
        """The configuration's text for a member, with its tables of targets."""
        text = toml(member.settings)
        for target in targets:
            text += toml({"[notify]": target})
        member.write_config = lambda text=text: write(member.config, text)

    @takes(50)
    def test_a_failover_and_an_alarm_arrive_in_order_and_who_hangs_delays_nobody(self):
        with Hook() as hook, self.world() as world:
            program = os.path.join(world.folder, "note")
            write(program, NOTE)
            os.chmod(program, 0o755)
            files = {m.name: os.path.join(world.folder, m.name + ".told") for m in world.members}
            for m in world.members:
                self.give_targets(m, [
                    {"url": hook.url("/hang"), "events": ["role", "alarm", "warning", "node"],
                     "timeout": "60s"},
                    {"url": hook.url("/hook/secret-path")},
                    {"command": [program, files[m.name]]}])
            old = world.start()
            since = time.time()
            old.process.terminate()  # orderly: its last words have a second
            self.assertEqual(old.process.wait(15 * PATIENCE), 0)
            ended = time.time()
            bound = printed_budget(old.config)[HAND_OVER] + LATE_BLOCK
            new = world.wait_for_leader(bound + 4, other_than=old)
            decided = old.find("role_change", since, to="draining")[0]["at"]
            taken = new.find("activation_sent", decided)[0]["at"] - decided
            self.figure("taken", taken)
            self.assert_in_time(world, taken, bound)
            marker = old.find("marker_written", since)[0]["at"]
            self.figure("last_words", ended - marker)
            world.wait_for_signature(new)
            # An alarm that needs no fault: an older elector has come into the queue.
            client = world.etcd.client
            lease = client.grant(60)
            client.put(f"{world.key}/beef", "somebody", lease)
            event, path = "migration_foreign_candidate", "/hook/secret-path"
            world.wait_for(lambda: hook.told(path, new.name, event), 8, "alarm at the webhook")
            client.revoke(lease)
            for m in world.members:
                logged = [(e["from"], e["to"], e["reason"]) for e in m.find("role_change")]
                wanted = [f"from={a}, to={b}" for a, b, _ in logged]
                world.wait_for(lambda m=m, wanted=wanted: [
                    o["detail"] for o in hook.told(path, m.name, "role_change")]
                    == wanted, 8, "every role change at the webhook, in order")
                told = hook.told(path, m.name, "role_change")
                self.assertEqual([o["reason"] for o in told], [reason for _, _, reason in logged])
                self.assertEqual([o["role"] for o in told], [b for _, b, _ in logged])
                self.assertEqual({(o["v"], o["group"], o["lost_before"]) for o in told},
                                 {(1, world.key, 0)})
                world.wait_for(lambda m=m, logged=logged: [
                    line.split()[1] for line in read(files[m.name]).splitlines()
                    if line.startswith("role_change ")] == [b for _, b, _ in logged], 8,
                    "every role change at the command, in order")
                self.assertLessEqual(len([p for p, o in hook.posts
                                          if p == "/hang" and o["member"] == m.name]), 1)
                self.assertNotIn("secret-path", read(m.log))
            alarm = hook.told(path, new.name, event)[0]
            self.assertEqual((alarm["severity"], alarm["role"], alarm["node"]),
                             ("alarm", "leader", "active"))
            self.assertEqual(alarm["sentence"], new.find(event)[0]["why"])
            lines = [json.loads(line.split(" ", 2)[2])
                     for line in read(files[new.name]).splitlines()]
            self.assertIn(event, [o["event"] for o in lines])

    @takes(25)
    def test_a_reload_changes_who_is_told_and_a_bad_table_changes_nothing(self):
        with Hook() as hook, self.world(members=1) as world:
            member = world.members[0]
            self.give_targets(member, [{"url": hook.url("/first")}])
            world.start()
            world.wait_for(lambda: hook.told("/first", member.name, "role_change"), 5, "word")
            self.give_targets(member, [{"url": hook.url("/second"), "format": "slack",
                                        "events": ["warning"]}])
            member.write_config()
            member.process.signal(signal.SIGHUP)
            world.wait_for(lambda: member.find("reloaded"), 5, "word of success")
            before = len([p for p, _ in hook.posts if p == "/first"])
            self.give_targets(member, [{"url": "ftp://127.0.0.1/secret"}])
            member.write_config()
            member.process.signal(signal.SIGHUP)
            texts = world.wait_for(lambda: [o["text"] for p, o in list(hook.posts)
                                            if p == "/second"], 5, "refusal at the new target")
            self.assertTrue(texts[0].startswith(f"[error] {member.name} ({world.key}): "
                                                "reload_refused"), texts[0])
            self.assertEqual(len([p for p, _ in hook.posts if p == "/first"]), before)
            self.assertNotIn("ftp://127.0.0.1/secret", read(member.log))


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


if __name__ == "__main__":
    unittest.main()
