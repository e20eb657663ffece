"""A real etcd of one or more members, and a client that speaks its JSON gateway.

The client is the test's own eye and hand: what it reads owes nothing to the program under test.
"""
import base64
import glob
import http.client
import json
import os
import shutil
import signal
import threading
import time

import programs

UNREACHABLE = (OSError, http.client.HTTPException)


def encode(text):
    return base64.b64encode(text.encode()).decode()


def decode(text):
    return base64.b64decode(text or "").decode()


def prefix_end(prefix):
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


class Entry:
    """One key of the store."""

    def __init__(self, raw):
        self.key = decode(raw["key"])
        self.text = decode(raw.get("value"))
        self.create = int(raw["create_revision"])
        self.mod = int(raw["mod_revision"])
        self.lease = int(raw.get("lease", 0))

    def json(self):
        return json.loads(self.text)


class StoreClient:
    """Requests to one endpoint, each on a connection of its own."""

    def __init__(self, port, timeout=3.0):
        self.port = port
        self.timeout = timeout
        self.credentials = None
        self.token = None

    def post(self, path, body):
        """(status, text) of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        headers = {"Authorization": self.token} if self.token else {}
        try:
            connection.request("POST", "/v3/" + path, json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def call(self, path, body):
        status, text = self.post(path, body)
        if status == 401 and self.credentials:  # etcd forgets tokens
            self.log_in(*self.credentials)
            status, text = self.post(path, body)
        if status != 200:
            raise OSError(f"etcd refused {path}: {status} {text}")
        return json.loads(text)

    def log_in(self, name, password):
        self.credentials = (name, password)
        self.token = None
        self.token = self.call("auth/authenticate", {"name": name, "password": password})["token"]

    def answers(self):
        """True when a linearizable read goes through."""
        try:
            self.get("health")
            return True
        except UNREACHABLE:
            return False

    def get(self, key):
        found = self.call("kv/range", {"key": encode(key)}).get("kvs")
        return Entry(found[0]) if found else None

    def range(self, prefix):
        """The keys under a prefix in the order of their creation."""
        body = {"key": encode(prefix), "range_end": encode(prefix_end(prefix))}
        found = [Entry(raw) for raw in self.call("kv/range", body).get("kvs", [])]
        return sorted(found, key=lambda entry: entry.create)

    def put(self, key, text, lease=0):
        self.call("kv/put", {"key": encode(key), "value": encode(text), "lease": str(lease)})

    def delete(self, key):
        self.call("kv/deleterange", {"key": encode(key)})

    def create(self, key, text):
        """Puts the key unless it exists; True when it was put."""
        body = {"compare": [{"target": "CREATE", "key": encode(key), "create_revision": "0"}],
                "success": [{"request_put": {"key": encode(key), "value": encode(text)}}]}
        return self.call("kv/txn", body).get("succeeded", False)

    def grant(self, seconds):
        return int(self.call("lease/grant", {"TTL": str(seconds)})["ID"])

    def revoke(self, lease):
        self.call("lease/revoke", {"ID": str(lease)})

    def compact(self):
        """Forgets every revision before the present one: a watch cannot resume there."""
        self.call("kv/compaction", {"revision": self.call("kv/range", {"key": encode("-")})
                                    ["header"]["revision"]})

    def raise_quota_alarm(self, on):
        """What a full quota does, and what an operator does once there is space again."""
        self.call("maintenance/alarm", {"action": "ACTIVATE" if on else "DEACTIVATE",
                                        "alarm": "NOSPACE"})

    def add_learner(self, peer):
        self.call("cluster/member/add", {"peerURLs": [peer], "isLearner": True})

    def leads(self):
        """True when this endpoint's member is the etcd leader."""
        status = self.call("maintenance/status", {})
        return status.get("leader") == status["header"]["member_id"]


class EtcdMember:
    """One etcd process that can be ended, started again on the same data, and frozen.

    A durable one waits for its disk, which can then be made to stand still.
    """

    def __init__(self, name, folder, secured=None, durable=False):
        self.name = name
        self.folder = folder
        self.secured = secured
        self.durable = durable
        self.stall = None
        self.keepers = []
        self.ports = []
        for _ in range(3 if secured else 2):
            keeper, port = programs.reserve_port()
            self.keepers.append(keeper)
            self.ports.append(port)
        # A secured etcd has a way in for the test beside that of the electors, without TLS.
        self.test_port = self.ports[-1] if secured else self.ports[0]
        self.client = StoreClient(self.test_port)
        self.process = None
        self.token = os.path.basename(folder)

    @property
    def endpoint(self):
        scheme = self.secured.scheme if self.secured else "http"
        return f"{scheme}://127.0.0.1:{self.ports[0]}"

    @property
    def test_endpoint(self):
        return f"http://127.0.0.1:{self.test_port}"

    @property
    def peer(self):
        return f"http://127.0.0.1:{self.ports[1]}"

    def start(self, cluster, state="new"):
        command = [programs.tool("etcd"), "--name=" + self.name,
                   "--data-dir=" + os.path.join(self.folder, self.name + ".data"),
                   "--listen-client-urls=" + ",".join({self.endpoint, self.test_endpoint}),
                   "--advertise-client-urls=" + self.endpoint,
                   "--listen-peer-urls=" + self.peer,
                   "--initial-advertise-peer-urls=" + self.peer,
                   "--initial-cluster=" + cluster, "--initial-cluster-state=" + state,
                   "--initial-cluster-token=" + self.token,
                   "--logger=zap", "--log-level=warn"]
        command += [] if self.durable else ["--unsafe-no-fsync"]
        if self.secured:
            command += self.secured.etcd_arguments()
        log = os.path.join(self.folder, self.name + ".log")
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin")}
        self.process = programs.Process(self.name, command, log, environment)

    def stall_disk(self):
        """From now on no write to its write-ahead log comes back; all else goes on.

        A leader in that state still acknowledges keep-alives while the others elect anew. Where
        tracing is not permitted the whole process is stopped instead.
        """
        logs = os.path.join(self.folder, self.name + ".data", "member", "wal", "*.wal")
        paths = [word for path in glob.glob(logs) for word in ("-P", path)]
        command = [programs.tool("strace"), "-f", "-qq", "-p", str(self.process.pid), *paths,
                   "-e", "trace=fdatasync,fsync", "-e", "inject=fdatasync,fsync:delay_enter=120s"]
        log = os.path.join(self.folder, self.name + ".strace.log")
        self.stall = programs.Process("strace", command, log)
        if not programs.wait_until(self.traced, 10):
            print("stopped instead of stalled: " + "".join(self.stall.last_lines(3)), flush=True)
            self.process.signal(signal.SIGSTOP)

    def traced(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return "TracerPid:\t0\n" not in file.read()

    def resume_disk(self):
        if self.process.frozen:
            self.process.signal(signal.SIGCONT)
        if self.stall.running():
            self.stall.terminate()
            self.stall.wait(10)
        self.stall = None

    def kill(self):
        """Ends it as a crash does."""
        if self.stall is not None:
            # The tracer goes second, so that the disk never comes back, and is not waited behind:
            # the end of a traced process is told to its tracer first.
            os.kill(self.process.pid, signal.SIGKILL)
            self.stall.kill()
            self.stall = None
        if self.process is not None:
            self.process.kill()

    def close(self):
        self.kill()
        for keeper in self.keepers:
            keeper.close()


class Etcd:
    """The cluster; `client` talks to the first member that is unharmed."""

    def __init__(self, folder, size, secured=None, durable=False):
        self.folder = folder
        self.members = [EtcdMember(f"etcd{i}", folder, secured, durable) for i in range(size)]
        self.learner = None
        self.cluster = ",".join(f"{m.name}={m.peer}" for m in self.members)

    def start(self, seconds):
        for member in self.members:
            member.start(self.cluster)
        if not programs.wait_until(self.all_answer, seconds):
            words = "".join(self.members[0].process.last_lines(10))
            raise AssertionError(f"etcd does not come up within {seconds:.0f} s:\n{words}")

    def all_answer(self):
        return all(member.client.answers() for member in self.members)

    @property
    def client(self):
        """Of the first member that is unharmed."""
        for member in self.members:
            if member.process.running() and not member.process.frozen and not member.stall:
                return member.client
        raise AssertionError("no etcd member runs")

    def endpoints(self):
        return [member.endpoint for member in self.members]

    def leader(self):
        """The number of the member that leads the cluster; None: nobody, as far as can be seen."""
        for i, member in enumerate(self.members):
            if not member.process.running() or member.process.frozen or member.stall:
                continue
            try:
                if member.client.leads():
                    return i
            except UNREACHABLE:
                continue
        return None

    def start_learner(self):
        """Adds a member without a vote, which answers nothing that a client may ask."""
        self.learner = EtcdMember("learner", self.folder)

        def add():
            try:
                self.client.add_learner(self.learner.peer)
                return True
            except UNREACHABLE:
                return False  # "unhealthy cluster": it has to have been whole for 5 s
        if not programs.wait_until(add, 20, every=0.5):
            raise AssertionError("etcd takes no learner")
        self.learner.start(f"{self.cluster},learner={self.learner.peer}", "existing")
        return self.learner

    def stop(self, index=0):
        """Ends a member as a crash does."""
        self.members[index].kill()

    def restart(self, index=0):
        """Starts it again on the same data and ports; the caller waits until it answers."""
        self.members[index].start(self.cluster)

    def replace(self, seconds):
        """Another, empty cluster at the same addresses, as after a loss of all data."""
        for member in self.members:
            member.process.kill()
            shutil.rmtree(os.path.join(member.folder, member.name + ".data"))
            member.token += "-replaced"
        self.start(seconds)

    def freeze(self, index=0):
        self.members[index].process.signal(signal.SIGSTOP)

    def thaw(self, index=0):
        self.members[index].process.signal(signal.SIGCONT)

    def close(self):
        for member in [*self.members, *([self.learner] if self.learner else [])]:
            member.close()


class OutageWatch:
    """Reads from every endpoint all the time, to tell how long none of them answered."""

    def __init__(self, etcd):
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.answers = [time.monotonic()]
        self.threads = [threading.Thread(target=self.look, args=(member.ports[0],), daemon=True)
                        for member in etcd.members]
        for thread in self.threads:
            thread.start()

    def look(self, port):
        client = StoreClient(port, timeout=1.0)
        while not self.over.wait(0.05):
            if client.answers():
                with self.lock:
                    self.answers.append(time.monotonic())

    def stop(self):
        """Ends it; the longest span in seconds without an answer."""
        self.over.set()
        for thread in self.threads:
            thread.join()
        times = sorted([*self.answers, time.monotonic()])
        return max(after - before for before, after in zip(times, times[1:]))
