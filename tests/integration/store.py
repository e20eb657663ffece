"""A real etcd of one or more members, and a client that speaks its JSON gateway.

The client is the test's own eye and hand: what it reads owes nothing to the program under test.
"""
import base64
import http.client
import json
import os
import shutil
import signal

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

    def leads(self):
        """True when this endpoint's member is the etcd leader."""
        status = self.call("maintenance/status", {})
        return status.get("leader") == status["header"]["member_id"]


class EtcdMember:
    """One etcd process that can be ended, started again on the same data, and frozen."""

    def __init__(self, name, folder, secured=None):
        self.name = name
        self.folder = folder
        self.secured = secured
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

    def start(self, cluster):
        command = [programs.tool("etcd"), "--name=" + self.name,
                   "--data-dir=" + os.path.join(self.folder, self.name + ".data"),
                   "--listen-client-urls=" + ",".join({self.endpoint, self.test_endpoint}),
                   "--advertise-client-urls=" + self.endpoint,
                   "--listen-peer-urls=" + self.peer,
                   "--initial-advertise-peer-urls=" + self.peer,
                   "--initial-cluster=" + cluster,
                   "--initial-cluster-token=" + self.token,
                   "--unsafe-no-fsync", "--logger=zap", "--log-level=warn"]
        if self.secured:
            command += self.secured.etcd_arguments()
        log = os.path.join(self.folder, self.name + ".log")
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin")}
        self.process = programs.Process(self.name, command, log, environment)

    def close(self):
        if self.process is not None:
            self.process.kill()
        for keeper in self.keepers:
            keeper.close()


class Etcd:
    """The cluster; `client` talks to the first member that answers."""

    def __init__(self, folder, size, secured=None):
        self.members = [EtcdMember(f"etcd{i}", folder, secured) for i in range(size)]
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
        """For a single member, or when the first one is unharmed."""
        for member in self.members:
            if member.process.running() and not member.process.frozen:
                return member.client
        raise AssertionError("no etcd member runs")

    def endpoints(self):
        return [member.endpoint for member in self.members]

    def stop(self, index=0):
        """Ends a member as a crash does."""
        self.members[index].process.kill()

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
        for member in self.members:
            member.close()
