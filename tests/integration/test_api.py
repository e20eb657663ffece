"""The HTTP API and the metrics of running members, as a client sees them."""
import http.client
import json
import os
import re
import shlex
import socket
import ssl
import subprocess
import time
import unittest
from urllib.parse import urlparse

import programs
import secured
from case import IntegrationCase, takes
from openapi import OpenApi
from world import PATIENCE

ANY_PORT = {"api": {"listen": "127.0.0.1:0"}}
# Names and labels of the contract.
METRICS = {
    "role": {"role"}, "term": set(), "node_active": set(), "node_up": set(),
    "node_tip_height": set(), "node_lag_blocks": set(), "holding_remaining_seconds": set(),
    "confirm_seconds": set(), "renewals_total": {"result"},
    "role_changes_total": {"from", "to", "reason"}, "handover_phase_seconds": {"phase"},
    "double_active_observed_total": set(), "unfenced": set(), "guardian_up": set(),
    "guardian_actions_total": {"action"}, "etcd_requests_total": {"method", "code"},
    "etcd_endpoint_up": {"endpoint"}, "event_loop_lag_seconds": set(),
    "config_reloads_total": {"result"},
    "notifications_total": {"target", "result"}, "paused": set(), "build_info": {"version"},
}


def documented():
    """{name: labels} of the table in docs/metrics.md."""
    with open(os.path.join(programs.ROOT, "docs/metrics.md"), encoding="utf-8") as file:
        rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", file.read(), re.M)
    return {name: set(labels.replace(",", " ").split()) for name, labels in rows}


DESCRIBED = OpenApi(os.path.join(programs.ROOT, "docs", "openapi.json"))


def connection(member, context=None):
    at = urlparse(member.api())
    if context:
        return http.client.HTTPSConnection(at.hostname, at.port, timeout=20, context=context)
    return http.client.HTTPConnection(at.hostname, at.port, timeout=20)


def ask(member, path, method="GET", body=None, context=None, **fields):
    """(status, header, text) of one request; every answer has to be as docs/openapi.json says."""
    line = connection(member, context)
    try:
        line.request(method, path, body, {k.replace("_", "-"): v for k, v in fields.items()})
        answer = line.getresponse()
        found = answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        line.close()
    DESCRIBED.check(method, path, *found)
    return found


def told(member, path, method="GET", **more):
    """(status, JSON document)"""
    status, _, text = ask(member, path, method, **more)
    return status, json.loads(text)


def with_ports(world):
    """Commands have to know where the API is. The keepers of the ports, which have to live on."""
    keepers = []
    for member in world.members:
        keeper, port = programs.reserve_port()
        keepers.append(keeper)
        member.settings["api"] = {"listen": f"127.0.0.1:{port}"}
    return keepers


def samples(text):
    """{name: [(labels, value)]} of Prometheus' text format."""
    found = {}
    for line in text.splitlines():
        match = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if not line.startswith("#") and match:
            labels = dict(re.findall(r'(\w+)="([^"]*)"', match[2] or ""))
            found.setdefault(match[1], []).append((labels, float(match[3])))
    return found


class TheApi(IntegrationCase):
    @takes(30)
    def test_who_leads_is_told_by_status_code_and_by_metrics(self):
        told = {"[notify]": {"command": ["/bin/true"]}}
        with self.world(members=2, settings={**ANY_PORT, **told}) as world:
            leader = world.start()
            other = world.followers(leader)[0]
            self.assertEqual([ask(m, path)[0] for m in (leader, other)
                              for path in ("/livez", "/readyz", "/leader", "/standby")],
                             [200, 200, 200, 503, 200, 200, 503, 200])
            self.assertEqual(json.loads(ask(other, "/leader")[2])["leader"], False)
            world.wait_for(lambda: "result=\"confirmed\"} 0" not in ask(leader, "/metrics")[2], 10,
                           "confirmation counted")
            self.assertEqual(documented(), METRICS)
            text = ask(leader, "/metrics")[2]
            found = samples(text)
            for name, labels in METRICS.items():
                full = "iotex_elector_" + name
                self.assertIn(f"# HELP {full} ", text)
                rows = found.get(full) or found.get(full + "_count", [])
                if name != "config_reloads_total":
                    self.assertTrue(rows, name)
                for given, _ in rows:
                    self.assertEqual(set(given), labels, name)
            told = {re.sub(r"_(bucket|sum|count)$", "", name) for name in found}
            self.assertEqual(told, {"iotex_elector_" + name for name in METRICS})
            self.assertEqual(found["iotex_elector_node_active"], [({}, 1.0)])
            self.assertEqual(found["iotex_elector_guardian_up"], [({}, 1.0)])
            self.assertIn(({"role": "leader"}, 1.0), found["iotex_elector_role"])
            self.assertGreater(found["iotex_elector_holding_remaining_seconds"][0][1], 0)
            self.assertGreater(found["iotex_elector_confirm_seconds_count"][0][1], 0)

    @takes(25)
    def test_a_taken_port_is_told_and_does_not_keep_the_member_from_leading(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            at = f"127.0.0.1:{taken.getsockname()[1]}"
            with self.world(members=1, settings={"api": {"listen": at}}) as world:
                leader = world.start()
                told = leader.find("api_unavailable", alarm="true")
                self.assertEqual(len(told), 1)
                self.assertIn(at, told[0]["error"])
                self.assertIsNone(leader.api())
                taken.close()
                world.wait_for(leader.api, 5, "API on the port that is free now")
                self.assertEqual(ask(leader, "/leader")[0], 200)

    @takes(25)
    def test_what_is_not_there_or_not_allowed_is_refused_with_the_next_step(self):
        with self.world(members=1, settings=ANY_PORT) as world:
            leader = world.start()
            here = urlparse(leader.api()).netloc
            refused = [ask(leader, "/nothing"), ask(leader, "/livez", "POST"),
                       ask(leader, "/reload"), ask(leader, "/reload", "POST", Host="evil.example"),
                       ask(leader, "/reload", "POST", Origin="http://evil.example"),
                       ask(leader, "/reload", "POST", "x"), ask(leader, "/" + "x" * 9000),
                       ask(leader, "/reload", "POST", b"x" * (64 * 1024 + 1))]
            self.assertEqual([r[0] for r in refused], [404, 405, 405, 403, 403, 415, 431, 413])
            self.assertEqual(refused[1][1]["Allow"], "GET, HEAD")
            self.assertEqual(refused[2][1]["Allow"], "POST")
            for _, _, text in refused:
                self.assertEqual(sorted(json.loads(text)), ["error", "next"])
            head = ask(leader, "/livez", "HEAD")
            self.assertEqual((head[0], head[2]), (200, ""))
            self.assertEqual(head[1]["Content-Length"], str(len(ask(leader, "/livez")[2])))
            self.assertEqual(ask(leader, "/reload", "POST", Origin="http://" + here)[0], 200)
            leader.write_config("[election]\nhold = \"2s\"\n")
            self.assertEqual(ask(leader, "/reload", "POST")[0], 409)
            self.assertEqual([[v for _, v in samples(ask(leader, "/metrics")[2])
                               ["iotex_elector_config_reloads_total"]]], [[1.0, 1.0]])

    @takes(25)
    def test_64_idle_connections_keep_nobody_out_and_end(self):
        with self.world(members=1, settings=ANY_PORT) as world:
            leader = world.start()
            at = urlparse(leader.api())
            with self.nobody_moves(world, leader, 2):
                idle = [socket.create_connection((at.hostname, at.port)) for _ in range(64)]
                status = ask(leader, "/livez")[0]
                self.assertEqual(status, 200)  # the one that was silent for longest made room
                began = time.monotonic()
                for one in idle:
                    one.settimeout(30)
                    self.assertEqual(one.recv(1), b"")
                    one.close()
                self.assertLess(time.monotonic() - began, 20)
                self.assertEqual(ask(leader, "/livez")[0], 200)

    @takes(25)
    def test_events_tell_a_change_of_roles_as_it_happens(self):
        with self.world(members=2, settings=ANY_PORT) as world:
            leader = world.start()
            other = world.followers(leader)[0]
            line = connection(other)
            line.request("GET", "/events")
            stream = line.getresponse()
            self.assertEqual(stream.getheader("Content-Type"), "text/event-stream")
            world.wait_for(lambda: world.registered() or len(world.queue()) == 2, 10, "a queue")
            world.order_switchover(leader, other.name)
            names, deadline = [], time.monotonic() + 40
            while time.monotonic() < deadline:
                text = stream.readline().decode().rstrip("\n")
                if text.startswith("event: "):
                    names.append(text[7:])
                if text.startswith("data: ") and names[-1] == "role_change" and \
                        json.loads(text[6:])["to"] == "leader":
                    break
            line.close()
            self.assertEqual(names[0], "status")
            self.assertIn("role_change", names)
            world.wait_for(lambda: ask(other, "/leader")[0] == 200, 20, "new leader by the API")
            self.assertEqual(ask(leader, "/leader")[0], 503)

    @takes(35)
    def test_status_history_and_explain_are_the_documents_of_the_commands(self):
        with self.world(members=2, settings=ANY_PORT) as world:
            leader = world.start()
            other = world.followers(leader)[0]
            world.wait_for(lambda: told(leader, "/status")[1]["exit_code"] == 0, 10, "verified")
            command = ("status", "--json", "--config", leader.config)
            world.wait_for(lambda: programs.run_elector(*command)[0] == 0, 10, "published")
            code, output, _ = programs.run_elector(*command)
            by_command, by_api = json.loads(output), told(leader, "/status")[1]
            self.assertEqual((code, by_api["verdict"]), (0, by_command["verdict"]))
            self.assertEqual(set(by_api), set(by_command))
            local = by_api["local"]
            self.assertEqual((local["role"], local["alarms"], local["resigned"]),
                             ("leader", [], None))
            self.assertTrue(0 < local["holding_remaining_ms"] <= 1000 * world.hold, local)
            self.assertEqual(by_api["verified_active"], [leader.name])
            world.wait_for(lambda: len(told(other, "/status")[1]["queue"]) == 2, 10, "a queue")
            status, why = told(other, "/explain")
            self.assertEqual((status, why["leads"]), (200, False))
            self.assertEqual([c["code"] for c in why["because"]], ["not_head", "held"])
            self.assertEqual(told(leader, "/explain")[1]["because"], [])
            self.assertEqual(told(leader, "/switchover", "POST")[0], 202)
            world.wait_for_leader(30, other_than=leader)
            status, history = told(leader, "/history")
            newest = history["changes"][0]
            self.assertEqual((status, newest["from"], newest["reason"], newest["actor"]),
                             (200, leader.name, "switchover", "api"))
            code, output, _ = programs.run_elector("history", "--json", "--config", leader.config)
            self.assertEqual(json.loads(output), history)
            world.etcd.members[0].process.signal(19)
            try:
                world.wait_for(lambda: told(other, "/history")[0] == 503, 10, "a refusal")
                world.wait_for(lambda: told(other, "/status")[1]["exit_code"] == 1, 20,
                               "a status that does not claim to know")
                self.assertEqual(ask(other, "/readyz")[0], 503)
            finally:
                world.etcd.members[0].process.signal(18)
            world.wait_for_leader(60)


class Resigning(IntegrationCase):
    def command(self, member, *words):
        return programs.run_elector(*words, "--config", member.config, seconds=120)

    @takes(60)
    def test_a_member_that_resigns_hands_over_and_stays_so_over_restarts_until_it_rejoins(self):
        with self.world(members=2) as world:
            keepers = with_ports(world)
            old = world.start()
            other = world.followers(old)[0]
            world.wait_for(lambda: len(world.queue()) == 2, 10, "two candidates")
            world.wait_for(lambda: ask(old, "/leader")[0] == 200, 10, "a leader")
            code, output, errors = self.command(old, "resign", "--wait")
            self.assertEqual((code, errors), (0, ""))
            self.assertIn(f"{other.name} is verified active", output)
            self.assertIs(world.wait_for_leader(5), other)
            self.assertEqual(told(old, "/history")[1]["changes"][0]["actor"], "resign")
            self.assertEqual(old.process.terminate(), None)
            self.assertEqual(old.process.wait(15 * PATIENCE), 0)
            old.start()
            world.wait_for(old.api, 10, "the API after the restart")
            world.wait_for(lambda: ask(old, "/readyz")[0] == 200, 15, "a ready member")
            self.assertTrue(told(old, "/readyz")[1]["resigned"])
            self.assertEqual(len(old.find("resigned", old.started_at())), 1)
            self.assertEqual(told(old, "/reload", "POST")[0], 200)
            code, document = told(old, "/explain")
            self.assertEqual(document["because"][0]["code"], "resigned")
            self.assertEqual([e.text for e in world.queue()], [other.name])
            # The other one is the last that can lead: it is kept from letting go.
            code, output, errors = self.command(other, "resign")
            self.assertEqual((code, output), (1, ""))
            self.assertIn("No other member is fit to lead", errors)
            self.assertIsNone(told(other, "/status")[1]["local"]["resigned"])
            self.assertEqual(self.command(old, "rejoin")[0], 0)
            world.wait_for(lambda: len(world.queue()) == 2, 15, "it queues again")
            self.assertEqual(self.command(old, "rejoin")[1],
                             "It had not resigned; nothing was changed.\n")
            del keepers

    @takes(20)
    def test_a_command_that_cannot_reach_the_elector_says_so(self):
        with self.world(members=1) as world:
            keepers = with_ports(world)
            member = world.members[0]
            member.write_config()
            for word in ("resign", "rejoin"):
                code, output, errors = self.command(member, word)
                self.assertEqual((code, output), (1, ""))
                self.assertIn("does not answer at http://127.0.0.1:", errors)
            member.settings["api"]["listen"] = ""
            member.write_config()
            self.assertIn("api.listen is empty", self.command(member, "resign")[2])
            del keepers


FIRST = "the-first-token-of-the-test"
SECOND = "the-second-token-of-the-test"


class Secured(IntegrationCase):
    def protect(self, world, clients=False):
        """(authority, folder, keepers) of an API with token, TLS and perhaps client certificates"""
        keepers = with_ports(world)
        authority = secured.Authority(world.folder, "api")
        folder = authority.folder
        secured.write(os.path.join(folder, "token"), FIRST + "\n")
        self.renew(authority)
        for member in world.members:
            member.settings["api"].update({
                "token_file": os.path.join(folder, "token"),
                "cert_file": os.path.join(folder, "api.pem"),
                "key_file": os.path.join(folder, "api.key")})
            if clients:
                member.settings["api"]["client_ca_file"] = authority.certificate
        return authority, folder, keepers

    def renew(self, authority):
        certificate, key = authority.issue("api")
        secured.write(os.path.join(authority.folder, "api.key"), key)
        secured.write(os.path.join(authority.folder, "api.pem"), certificate)

    def context(self, authority, own=False):
        context = ssl.create_default_context(cafile=authority.certificate)
        if own:
            context.load_cert_chain(os.path.join(authority.folder, "api.pem"),
                                    os.path.join(authority.folder, "api.key"))
        return context

    def serial(self, member, context):
        at = urlparse(member.api())
        with socket.create_connection((at.hostname, at.port), 10) as plain, \
                context.wrap_socket(plain, server_hostname=at.hostname) as line:
            return line.getpeercert()["serialNumber"], line.version()

    @takes(30)
    def test_tls_and_token_protect_it_and_are_renewed_by_a_reload(self):
        with self.world(members=1) as world:
            authority, folder, keepers = self.protect(world)
            member = world.start()
            context = self.context(authority)
            self.assertTrue(member.api().startswith("https://"))
            with self.assertRaises((OSError, http.client.HTTPException)):
                ask(member, "/livez")
            with self.assertRaises(ssl.SSLError):
                ask(member, "/livez", context=ssl.create_default_context())
            old = ssl.create_default_context(cafile=authority.certificate)
            old.maximum_version = ssl.TLSVersion.TLSv1_1
            with self.assertRaises((ssl.SSLError, OSError)):
                ask(member, "/livez", context=old)
            self.assertEqual(ask(member, "/livez", context=context)[0], 200)
            bearer = {"Authorization": "Bearer " + FIRST}
            codes = [ask(member, "/reload", "POST", context=context, **fields)[0] for fields in (
                {}, {"Authorization": "Bearer " + FIRST[:-1] + "x"}, {"Authorization": FIRST},
                {"Authorization": "Basic " + FIRST}, {"Authorization": f"Bearer {FIRST}2"},
                {**bearer, "Host": "evil.example"}, {**bearer, "Origin": "https://evil.example"})]
            self.assertEqual(codes, [401] * 5 + [403] * 2)
            before, version = self.serial(member, context)
            self.assertIn(version, ("TLSv1.2", "TLSv1.3"))
            kept = connection(member, context)
            kept.request("GET", "/livez")
            self.assertEqual(kept.getresponse().read(), b'{"alive":true}\n')
            self.renew(authority)
            secured.write(os.path.join(folder, "token"), SECOND + "\n")
            member.process.signal(1)
            world.wait_for(lambda: member.find("reloaded"), 10, "a reload")
            self.assertNotEqual(self.serial(member, context)[0], before)
            kept.request("GET", "/livez")  # the connection from before goes on
            self.assertEqual(kept.getresponse().status, 200)
            kept.close()
            self.assertEqual(ask(member, "/reload", "POST", context=context, **bearer)[0], 401)
            bearer = {"Authorization": "Bearer " + SECOND}
            self.assertEqual(ask(member, "/reload", "POST", context=context, **bearer)[0], 200)
            code, _, errors = programs.run_elector("rejoin", "--config", member.config)
            self.assertEqual((code, errors), (0, ""))
            for token in (FIRST, SECOND):
                self.assertNotIn(token, secured.read(member.log))
            del keepers

    @takes(25)
    def test_who_shows_no_certificate_is_not_served_where_clients_have_to(self):
        with self.world(members=1) as world:
            authority, _, keepers = self.protect(world, clients=True)
            member = world.start()
            with self.assertRaises((ssl.SSLError, OSError, http.client.HTTPException)):
                ask(member, "/livez", context=self.context(authority))
            stranger = secured.Authority(world.folder, "stranger")
            self.renew(stranger)
            wrong = self.context(authority)
            wrong.load_cert_chain(os.path.join(stranger.folder, "api.pem"),
                                  os.path.join(stranger.folder, "api.key"))
            with self.assertRaises((ssl.SSLError, OSError, http.client.HTTPException)):
                ask(member, "/livez", context=wrong)
            self.assertEqual(ask(member, "/livez", context=self.context(authority, True))[0], 200)
            code, _, errors = programs.run_elector("rejoin", "--config", member.config)
            self.assertEqual((code, errors), (0, ""))
            del keepers

    @takes(5)
    def test_an_address_that_others_reach_is_refused_without_token_and_tls(self):
        with self.world(members=1) as world:
            member = world.members[0]
            for listen in ("0.0.0.0:9010", "[::]:9010", "192.0.2.1:9010"):
                member.settings["api"] = {"listen": listen}
                member.write_config()
                code, _, errors = programs.run_elector("run", "--config", member.config)
                self.assertEqual(code, 2)
                self.assertIn("can be reached from other hosts and needs a token and TLS", errors)


class Described(IntegrationCase):
    @takes(25)
    def test_every_path_that_is_described_is_served_and_no_other_method(self):
        with self.world(members=1, settings=ANY_PORT) as world:
            leader = world.start()
            world.wait_for(lambda: ask(leader, "/readyz")[0] == 200, 10, "ready")
            for method, path in DESCRIBED.operations():
                if path == "/events":
                    continue  # has no end; see above
                self.assertNotIn(ask(leader, path, method)[0], (404, 405), path)
                other = {"GET": "POST", "POST": "GET"}[method]
                self.assertEqual(ask(leader, path, other)[0], 405, path)

    @takes(40)
    def test_every_curl_line_of_the_page_does_what_is_said_beside_it(self):
        with open(os.path.join(programs.ROOT, "docs/api.md"), encoding="utf-8") as file:
            page = file.read()
        lines = re.findall(r"^(curl .*?)(?: +# (\d+))?$", page, re.M)
        self.assertGreater(len(lines), 8)
        with self.world(members=2, settings=ANY_PORT) as world:
            leader = world.start()
            world.wait_for(lambda: len(world.queue()) == 2, 10, "two candidates")
            world.wait_for(lambda: told(leader, "/status")[1]["exit_code"] == 0, 10, "a leader")
            token = os.path.join(world.folder, "token")
            secured.write(token, "unused")
            for line, code in lines:
                line = line.replace("http://127.0.0.1:9010", leader.api())
                line = line.replace("/etc/iotex-elector/api-token", token)
                words = ["timeout", "3"] * ("/events" in line) + shlex.split(line)
                if "$(" in line:
                    words = ["/bin/sh", "-c", line]
                done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True, timeout=30)
                with self.subTest(line):
                    self.assertTrue(code, "the page says no status")
                    if "/events" in line:
                        self.assertIn("event: status", done.stdout)
                        continue
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertIn(f"HTTP/1.1 {code} ", done.stdout)


if __name__ == "__main__":
    unittest.main()
