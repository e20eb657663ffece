"""member.mode = "observe": everything is seen and told, nothing is touched."""
import http.client
import http.server
import json
import os
import signal
import threading
import unittest
import urllib.request

import programs
from case import IntegrationCase, takes
from store import encode


class RecordingPort:
    """Stands before a node's admin port and keeps every request that passes."""

    def __init__(self, target):
        requests = self.requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                requests.append(f"{self.command} {self.path}")
                connection = http.client.HTTPConnection("127.0.0.1", target, timeout=10)
                connection.request("GET", self.path)
                answer = connection.getresponse()
                body = answer.read()
                connection.close()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers["Content-Type"] or "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_PUT = do_HEAD = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Observe(IntegrationCase):
    def everything(self, world):
        """The store's revision and leases: no write leaves both as they are."""
        client = world.etcd.client
        answer = client.call("kv/range", {"key": encode("x")})
        return answer["header"]["revision"], client.call("lease/leases", {}).get("leases", [])

    def told(self, world, member, **fields):
        return world.wait_for(lambda: member.find("observed", **fields), 8, f"word of {fields}")

    @takes(45)
    def test_an_observer_sees_all_and_touches_neither_node_nor_etcd(self):
        with self.world(members=1) as world:
            client, member = world.etcd.client, world.members[0]
            port = RecordingPort(world.nodes.ports[0]["admin"])
            self.addCleanup(port.close)
            member.settings["member"]["mode"] = "observe"
            member.settings["node"]["admin"] = f"http://127.0.0.1:{port.port}"
            member.settings["api"] = {"listen": "127.0.0.1:0"}
            world.create_first_record()
            before = self.everything(world)
            # A free lead and a standby node: in mode control it would queue at once.
            member.start()
            self.told(world, member, node="standby", queue="nobody",
                      would="queue, then wait: record_unknown")
            with urllib.request.urlopen(member.api() + "/status", timeout=10) as answer:
                self.assertEqual(json.load(answer)["local"]["would"],
                                 "queue, then wait: record_unknown")
            world.stay(8, "it does not lead", lambda: not world.nodes.active())
            self.assertEqual(self.everything(world), before)
            # A node that nobody accounts for: in mode control it would be deactivated.
            world.nodes.set_active(0, True)
            self.told(world, member, node="active",
                      would="deactivate the node: this member does not hold the lead")
            world.wait_for(lambda: member.find("node_active_without_holder", alarm="true"), 5,
                           "alarm")
            world.stay(5, "the node stays active", lambda: world.nodes.active() == [0])
            self.assertEqual(self.everything(world), before)
            # The older elector of this name.
            lease = client.grant(60)
            client.put(f"{world.key}/{lease:x}", member.name, lease)
            before = self.everything(world)
            self.told(world, member, queue=member.name)
            world.wait_for(lambda: member.find("migration_foreign_candidate", alarm="true"), 5,
                           "alarm of the older elector")
            world.stay(8, "the node stays active", lambda: world.nodes.active() == [0])
            self.assertEqual(self.everything(world), before)
            member.process.terminate()
            self.assertEqual(member.process.wait(10), 0)
            self.assertEqual(world.nodes.active(), [0])
            self.assertEqual(self.everything(world), before)
            self.assertEqual(set(port.requests), {"GET /ha"})
            self.note("requests", len(port.requests))

    @takes(30)
    def test_an_observer_runs_beside_an_elector_on_the_same_node(self):
        with self.world(members=1) as world:
            leader = world.start()
            observer = world.make_member(0)
            observer.name = "observer"
            observer.config += ".observer"
            observer.log += ".observer"
            observer.tail.path = observer.log
            observer.settings["member"]["mode"] = "observe"
            with self.nobody_moves(world, leader, 6):
                observer.start()
                world.others.append(observer.process)
                self.told(world, observer, node="active", queue=leader.name)
            self.assertFalse(observer.find("node_active_without_holder"))
            observer.process.terminate()
            self.assertEqual(observer.process.wait(10), 0)
            by_unit = dict(os.environ, SERVICE_RESULT="success",
                           STATE_DIRECTORY=observer.state_folder)
            by_hand = {k: v for k, v in by_unit.items() if k != "SERVICE_RESULT"}
            codes = [programs.run_elector("fence", "--config", observer.config,
                                          environment=e)[0] for e in (by_unit, by_hand)]
            self.assertEqual(codes, [0, 1])
            self.assertIs(world.leader(), leader)

    @takes(20)
    def test_a_running_member_does_not_become_an_observer(self):
        with self.world(members=1) as world:
            leader = world.start()
            with self.nobody_moves(world, leader, 2) as since:
                leader.settings["member"]["mode"] = "observe"
                leader.write_config()
                leader.process.signal(signal.SIGHUP)
                world.wait_for(lambda: leader.find("reload_refused", since), 5, "refusal")
            self.assertIn("member.mode", leader.find("reload_refused", since)[0]["change"])


if __name__ == "__main__":
    unittest.main()
