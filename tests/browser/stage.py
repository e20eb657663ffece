"""A stand-in for a member: the dashboard's own files, and documents that a test writes.

It answers as src/admin does, with the same content policy, so that what the page must show in rare
states (two active nodes, no etcd, a silent member) needs no group that is really in them.
"""
import json
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ADMIN = os.path.join(ROOT, "src/admin")
TYPES = {"/": ("index.html", "text/html"), "/app.js": ("app.js", "text/javascript"),
         "/groups.js": ("groups.js", "text/javascript"),
         "/style.css": ("style.css", "text/css"), "/icon.svg": ("icon.svg", "image/svg+xml")}


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def content_policy():
    """As src/admin/web.hpp has it."""
    value = re.search(r"kContentPolicy =((?:\s*\"[^\"]*\")+);", read(ADMIN, "web.hpp"))[1]
    return "".join(re.findall(r"\"([^\"]*)\"", value))


def member(name, place, **changes):
    active = place == 1
    return {"name": name, "role": "holder" if active else "candidate", "queue_place": place,
            "node": {"activity": "active" if active else "standby", "age_ms": 400 * place,
                     "stale": False, "stale_because": None},
            "tip": 41_000_123, "lag_blocks": 0, "priority": 0, "eligible": not active,
            "blocked_by": [], "operator_address": "io1x", "version": "0.1.0", "api": "", **changes}


def status(**changes):
    names = ["delegate-a", "delegate-b", "delegate-c"]
    document = {
        "v": 1, "key": "/iotex-server", "exit_code": 0,
        "verdict": "delegate-a is the only node verified active and holds the lead (term 1234).",
        "verified_active": ["delegate-a"], "maybe_active": [], "read": True, "read_age_ms": 20,
        "revision": 4321, "members": [member(n, i + 1) for i, n in enumerate(names)],
        "queue": [{"key": "/iotex-server/" + n, "name": n, "foreign": False} for n in names],
        "holder": {"state": "active", "term": 1234, "member": "delegate-a", "reason": "claimed",
                   "key_in_queue": True, "since": "2026-08-01T10:20:30Z", "foreign": []},
        "pause": None, "switchover": None,
        "local": {"member": "delegate-a", "role": "leader", "term": 1234,
                  "holding_remaining_ms": 4200, "blocked_by": [],
                  "node": {"activity": "active", "age_ms": 400}, "alarms": []},
        "budget": {"profile": "standard", "block_interval_ms": 2500, "hold_ms": 5000,
                   "renew_ms": 1000, "etcd_outage_survived_ms": 3248, "handover_ms": 3200,
                   "handover_at_most_ms": 9001, "node_gone_ms": 5002, "host_lost_ms": 24700}}
    document.update(changes)
    return document


def row(name, **changes):
    """One group of many, which is well."""
    return {"group": name, "key": "/of/" + name, "leader": "delegate-a", "state": "active",
            "term": 7, "verified_active": ["delegate-a"], "trouble": None, "exit_code": 0,
            "verdict": "delegate-a is the only node verified active.",
            "local": {"role": "leader", "node": "active", "alarms": [], "resigned": False},
            **changes}


def all_of(rows):
    return {"v": 1, "member": "delegate-a", "exit_code": max(r["exit_code"] for r in rows),
            "groups": rows}


def change(term, origin, to, sentence, actor="", standby=0, marker=0, held=0, at=None):
    return {"revision": term + 5, "at": at or f"2026-08-01T10:{term % 60:02}:30Z", "term": term,
            "from": origin, "to": to, "reason": "code", "sentence": sentence, "actor": actor,
            "held_ms": held, "phases": {"standby_ms": standby, "marker_ms": marker}}


def history():
    return {"v": 1, "changes": [
        change(1233, "delegate-b", "delegate-a", "An operator ordered a switchover.", "alice", 812,
               104, 7_300_000),
        change(1200, "delegate-a", "delegate-b", "The node is not healthy any more.", "", 2460, 96,
               86_000_000),
        change(1100, "delegate-c", "delegate-a", "The holding was not confirmed in time.", "", 640,
               1210, 412_000)]}


class Stage:
    """`status`, `history` and `answers` may be exchanged at any time; `orders` is what was sent."""

    def __init__(self):
        self.status = status()
        self.history = history()
        self.answers = {"/switchover": (202, {"v": 1}), "/pause": (200, {"v": 1}),
                        "/resume": (200, {"v": 1})}
        self.many = None  # the status of all groups, where there are some
        self.asked = []  # (path, group)
        self.orders = []
        self.silent = False  # takes connections and says nothing good
        self.events = True
        self.streams = []
        self.hung_up = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.fall_silent()
        self.server.shutdown()
        self.server.server_close()

    def tell(self, event, document):
        text = f"event: {event}\ndata: {json.dumps(document)}\n\n".encode()
        for stream in list(self.streams):
            try:
                stream.write(text)
                stream.flush()
            except (OSError, ValueError):
                self.streams.remove(stream)

    def fall_silent(self):
        """As a member that has gone: streams end, and questions are not answered."""
        self.silent = True
        self.end_streams()

    def end_streams(self):
        self.hung_up.set()
        self.hung_up = threading.Event()
        self.streams = []

    def handler(self):
        stage = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def reply(self, code, content_type, text):
                body = text.encode()
                self.send_response(code)
                self.send_header("Content-Type", content_type + "; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("Content-Security-Policy", content_policy())
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True  # the page has gone on meanwhile

            def do_GET(self):
                self.path, _, query = self.path.partition("?")
                group = unquote(query.removeprefix("group="))
                stage.asked.append((self.path, group))
                known = [g["group"] for g in stage.many["groups"]] if stage.many else []
                if group and group not in known:
                    return self.reply(404, "application/json", "{}")
                if self.path in TYPES:
                    name, content_type = TYPES[self.path]
                    self.reply(200, content_type, read(ADMIN, "web", name))
                elif stage.silent:
                    self.close_connection = True
                elif self.path not in ("/status", "/history", "/events"):
                    self.reply(404, "application/json", "{}")
                elif self.path == "/events":
                    self.follow()
                else:
                    document = stage.status if self.path == "/status" else stage.history
                    if self.path == "/status" and stage.many and not group:
                        document = stage.many
                    self.reply(200, "application/json", json.dumps(document))

            def follow(self):
                if not stage.events:
                    self.reply(503, "application/json", "{}")
                    return
                self.close_connection = True
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                hung_up = stage.hung_up
                stage.streams.append(self.wfile)
                hung_up.wait()

            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                body = json.loads(self.rfile.read(length))
                stage.orders.append((self.path, body, self.headers.get("Authorization")))
                code, document = stage.answers[self.path.partition("?")[0]]
                self.reply(code, "application/json", json.dumps(document))

        return Handler
