"""Docker, Compose and Kubernetes files: what one part names another has, the embedded configuration
is accepted by the program, and the probes' own shell lines say what they should. No container runs.
"""
import glob
import hashlib
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import tomllib
import unittest

import yaml

import units

FOLDER = os.path.join(units.ROOT, "packaging")
COMPOSE = os.path.join(FOLDER, "compose")
CHART = os.path.join(FOLDER, "kubernetes", "chart")
PROGRAM = os.path.join(units.ROOT, os.environ.get("ELECTOR_BUILD", "build/dev"),
                       "src/app/iotex-elector")
USER = "950"


def text(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def checked(case, toml):
    """The values in effect, when the program accepts the file."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(toml)
        file.flush()
        code, output = units.tool(PROGRAM, "check", file.name)
    case.assertEqual(code, 0, output)
    values = output.split("# effective values\n")[1].split("\n# time budget")[0]
    return tomllib.loads(values)


def port(url):
    return int(url.rsplit(":", 1)[1])


class Image(unittest.TestCase):
    lines = text(FOLDER, "docker", "Dockerfile")

    def test_bases_are_named_with_their_release_and_everything_copied_is_there(self):
        release = re.search(r"^ARG DEBIAN=(\S+)$", self.lines, re.M)[1]
        self.assertRegex(release, r"^12\.\d+-slim$")
        self.assertEqual(set(re.findall(r"^FROM (\S+)", self.lines, re.M)), {"debian:${DEBIAN}"})
        for source in re.findall(r"^COPY (?:--chmod=\d+ )?(packaging/\S+)", self.lines, re.M):
            self.assertTrue(os.access(os.path.join(units.ROOT, source), os.X_OK), source)

    def test_it_runs_as_the_one_user_that_the_package_takes_as_it_is(self):
        self.assertIn(f"USER {USER}:{USER}\n", self.lines)
        # adduser wants a number of the system's for a user of the system's.
        self.assertTrue(100 <= int(USER) <= 999)
        self.assertIn(f"useradd --system --uid {USER} --gid {USER} ", self.lines)
        postinst = text(FOLDER, "debian", "postinst")
        for name in ("--system", "--home /var/lib/iotex-elector"):
            self.assertIn(name, postinst)

    def test_the_health_check_asks_the_default_address(self):
        listen = checked(self, "")["api"]["listen"]
        self.assertIn(f'"http://{listen}/livez"]', self.lines)

    def test_the_package_is_made_by_a_command_that_there_is(self):
        for option in re.findall(r"tools/dev (\w+ --\w+)", self.lines):
            self.assertIn(option.split()[1], text(units.ROOT, "tools/dev"))
            self.assertIn(f"  {option.split()[0]})", text(units.ROOT, "tools/dev"))

    def test_what_the_build_needs_is_not_ignored(self):
        ignored = [line for line in text(units.ROOT, ".dockerignore").splitlines()
                   if line and not line.startswith("#")]
        self.assertEqual(ignored, [".git", "build", "**/__pycache__", "**/*.deb"])

    def test_the_shell_accepts_the_main_process(self):
        self.assertEqual(units.tool("sh", "-n", os.path.join(FOLDER, "docker", "container")),
                         (0, ""))


class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.file = yaml.safe_load(text(COMPOSE, "docker-compose.yml"))
        cls.services = cls.file["services"]

    def of(self, kind):
        return {name: service for name, service in self.services.items()
                if name.startswith(kind + "-")}

    def test_there_are_three_etcds_and_three_members(self):
        self.assertEqual([len(self.of(kind)) for kind in ("etcd", "net", "node", "elector")],
                         [3, 3, 3, 3])

    def test_node_and_elector_are_in_a_network_that_neither_takes_with_it(self):
        for name in ("a", "b", "c"):
            for kind in ("node", "elector"):
                service = self.services[f"{kind}-{name}"]
                self.assertEqual(service["network_mode"], f"service:net-{name}")
                self.assertNotIn("ports", service)
            self.assertIn(f"node-{name}", self.services[f"elector-{name}"]["depends_on"])
            self.assertEqual(self.services[f"net-{name}"]["entrypoint"][-2:], ["sleep", "infinity"])

    def test_volumes_networks_and_files_are_there(self):
        for name, service in self.services.items():
            self.assertEqual(set(service.get("networks", [])) - set(self.file["networks"]), set())
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                if source.startswith("./elector/"):
                    self.assertTrue(os.path.isfile(os.path.join(COMPOSE, source)), source)
                elif not source.startswith("./"):
                    self.assertIn(source, self.file["volumes"], name)
        used = {volume.split(":")[0] for service in self.services.values()
                for volume in service.get("volumes", [])}
        self.assertEqual(set(self.file["volumes"]) - used, set())

    def test_no_port_is_published_twice(self):
        ports = [p.split(":")[0] for service in self.services.values()
                 for p in service.get("ports", [])]
        self.assertEqual(len(ports), len(set(ports)))

    def test_each_member_has_a_name_of_its_own_and_asks_every_etcd(self):
        clients = sorted(flag.split("=", 1)[1] for service in self.of("etcd").values()
                         for flag in service["command"] if "advertise-client-urls" in flag)
        names = []
        for path in sorted(glob.glob(os.path.join(COMPOSE, "elector", "*.toml"))):
            values = checked(self, text(path))
            self.assertEqual(sorted(values["etcd"]["endpoints"]), clients)
            names.append(values["member"]["name"])
            self.assertEqual(os.path.basename(path), names[-1] + ".toml")
        self.assertEqual(len(set(names)), 3)

    def test_each_etcd_has_its_own_name_and_knows_all(self):
        peers = {name: f"http://{name}:2380" for name in self.of("etcd")}
        for name, service in self.of("etcd").items():
            flags = dict(flag.lstrip("-").split("=", 1) for flag in service["command"][1:])
            self.assertEqual(flags["name"], name)
            self.assertEqual(flags["initial-advertise-peer-urls"], peers[name])
            self.assertEqual(dict(p.split("=") for p in flags["initial-cluster"].split(",")), peers)

    def test_the_nodes_example_is_standby_and_has_the_ports_that_the_elector_asks(self):
        node = yaml.safe_load(text(COMPOSE, "node", "delegate.example.yaml"))["system"]
        values = checked(self, text(COMPOSE, "elector", "delegate-a.toml"))["node"]
        self.assertEqual(node, {"active": False, "httpAdminPort": port(values["admin"]),
                                "httpStatsPort": port(values["probe"])})

    def test_a_stop_has_more_time_than_the_budget(self):
        for service in self.of("elector").values():
            self.assertGreaterEqual(int(service["stop_grace_period"].rstrip("s")), 75)
            self.assertEqual(service["restart"], "always")

    def test_images_are_pinned(self):
        for service in self.services.values():
            self.assertRegex(service["image"], r":v?\d+\.\d+\.\d+$")


class Kubernetes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        documents = list(yaml.safe_load_all(text(FOLDER, "kubernetes/manifests/delegate.yaml")))
        cls.objects = {document["kind"]: document for document in documents}
        cls.pod = cls.objects["StatefulSet"]["spec"]["template"]["spec"]
        cls.containers = {one["name"]: one for one in cls.pod["containers"]}
        cls.toml = cls.objects["ConfigMap"]["data"]["elector.toml"]

    def values(self):
        return checked(self, self.toml)

    def lines(self):
        """{where: the shell line or command of a probe or hook}"""
        found = {}
        for name, container in self.containers.items():
            hooks = dict(container.get("lifecycle", {}))
            hooks |= {key: value for key, value in container.items() if key.endswith("Probe")}
            found |= {f"{name} {key}": value["exec"]["command"]
                      for key, value in hooks.items() if "exec" in value}
        return found

    def test_the_program_accepts_the_embedded_configuration(self):
        values = self.values()
        self.assertEqual(values["api"]["listen"].split(":")[0], "127.0.0.1")
        mounts = [m["mountPath"] for m in self.containers["elector"]["volumeMounts"]]
        self.assertIn(os.path.dirname(values["state"]["dir"]), mounts)
        self.assertIn(os.path.dirname(self.containers["elector"]["args"][2]), mounts)

    def test_probes_and_hooks_ask_ports_that_something_listens_at(self):
        values = self.values()
        there = {port(values["api"]["listen"]): {"/livez", "/readyz"},
                 port(values["node"]["admin"]): {"/ha"}}
        self.assertEqual(len(self.lines()), 5)
        for where, command in self.lines().items():
            asked = re.findall(r"http://127\.0\.0\.1:(\d+)(/\w+)", " ".join(command))
            self.assertGreater(len(asked), 0, where)
            for number, path in asked:
                self.assertIn(path, there[int(number)], where)
        probe = next(p for p in self.containers["node"]["ports"] if p["name"] == "probe")
        self.assertEqual(probe["containerPort"], port(values["node"]["probe"]))

    def test_every_volume_is_mounted_and_every_mount_has_a_volume(self):
        claims = self.objects["StatefulSet"]["spec"]["volumeClaimTemplates"]
        volumes = {v["name"] for v in self.pod["volumes"]} | {c["metadata"]["name"] for c in claims}
        mounted = {m["name"] for one in self.containers.values() for m in one["volumeMounts"]}
        self.assertEqual(mounted, volumes)
        named = next(v for v in self.pod["volumes"] if v["name"] == "elector-config")
        self.assertEqual(named["configMap"]["name"], self.objects["ConfigMap"]["metadata"]["name"])

    def test_selectors_select_the_pods(self):
        labels = self.objects["StatefulSet"]["spec"]["template"]["metadata"]["labels"]
        service = self.objects["Service"]
        self.assertEqual(service["spec"]["selector"], labels)
        self.assertEqual(service["metadata"]["name"],
                         self.objects["StatefulSet"]["spec"]["serviceName"])
        for kind in ("StatefulSet", "PodDisruptionBudget"):
            self.assertEqual(self.objects[kind]["spec"]["selector"]["matchLabels"], labels)
        targets = {p["targetPort"] for p in service["spec"]["ports"]}
        self.assertEqual(targets - {p["name"] for p in self.containers["node"]["ports"]}, set())

    def test_the_elector_runs_as_the_images_user_with_nothing_more_than_it_needs(self):
        context = self.containers["elector"]["securityContext"]
        self.assertEqual(context["runAsUser"], int(USER))
        self.assertEqual(self.pod["securityContext"]["fsGroup"], int(USER))
        self.assertEqual(context["capabilities"], {"drop": ["ALL"]})
        self.assertNotIn("cpu", self.containers["elector"]["resources"]["limits"])

    def test_a_node_without_its_elector_is_gone_before_another_may_be_active(self):
        probe = self.containers["node"]["livenessProbe"]
        gone = probe["failureThreshold"] * (probe["periodSeconds"] + probe["timeoutSeconds"])
        gone += probe["terminationGracePeriodSeconds"] + 2
        for profile, told in (("fast", 17.0), ("standard", 19.0), ("wan", 29.0)):
            toml = f'[election]\nprofile = "{profile}"\n'
            if profile == "wan":
                toml += '[etcd]\nrequest_timeout = "1s"\n'
            values = checked(self, toml)["election"]
            seconds = {key: float(values[key].rstrip("s"))
                       for key in ("hold", "quiesce", "overtime")}
            earliest = sum(seconds.values()) + 2 * float(values["margin"].rstrip("ms")) / 1000
            self.assertEqual(earliest, told)
            self.assertLess(gone, earliest)
            page = text(FOLDER, "kubernetes", "README.md")
            self.assertIn(f"= {told} s |", page)
            self.assertIn(f"**{gone} s**", page)

    def test_a_pod_has_time_to_drain_and_then_to_end(self):
        waits = int(re.search(r"-lt (\d+)", self.lines()["node preStop"][2])[1])
        self.assertGreater(self.pod["terminationGracePeriodSeconds"], waits + 30)


class Chart(unittest.TestCase):
    def test_templates_use_the_values_that_there_are_and_all_of_them(self):
        def leaves(tree, path=""):
            for key, value in tree.items():
                nested = isinstance(value, dict) and value and key not in ("resources",)
                yield from leaves(value, f"{path}{key}.") if nested else [path + key]
        templates = "".join(text(path) for path in glob.glob(os.path.join(CHART, "templates/*")))
        used = set(re.findall(r"\.Values\.([\w.]+)", templates))
        self.assertEqual(used, set(leaves(yaml.safe_load(text(CHART, "values.yaml")))))

    def test_the_version_is_that_of_the_program(self):
        version = re.search(r"project\(iotex-elector VERSION ([\d.]+)",
                            text(units.ROOT, "CMakeLists.txt"))[1]
        chart = yaml.safe_load(text(CHART, "Chart.yaml"))
        values = yaml.safe_load(text(CHART, "values.yaml"))
        self.assertEqual([chart["appVersion"], values["image"]],
                         [version, "iotex-elector:" + version])

    def test_the_schema_knows_the_same_values(self):
        schema = json.loads(text(CHART, "values.schema.json"))["properties"]
        values = yaml.safe_load(text(CHART, "values.yaml"))
        self.assertEqual(set(schema) - {"global"}, set(values))
        for name in ("node", "election", "etcd", "api"):
            self.assertEqual(set(schema[name]["properties"]), set(values[name]))

    def test_the_manifests_are_what_helm_has_made_of_it(self):
        # helm is in no package of Debian's: where it is, it is asked. Everywhere the sum of the
        # chart tells whether the manifests were made of another one.
        made = text(FOLDER, "kubernetes/manifests/delegate.yaml")
        _, noted, rendered = made.split("\n", 2)
        total = hashlib.sha256()
        for path in sorted(glob.glob(os.path.join(CHART, "**"), recursive=True)):
            if os.path.isfile(path):
                total.update(os.path.relpath(path, CHART).encode() + text(path).encode())
        self.assertEqual(noted, f"# Sum of the chart: {total.hexdigest()}", "make them again")
        if shutil.which("helm"):
            code, output = units.tool("helm", "template", "delegate", CHART, "--namespace", "iotex",
                                      "--kube-version", "1.34")
            self.assertEqual((code, output), (0, rendered))


class Answering(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.server.answers.get(self.path)
        self.send_response(200 if body is not None else 503)
        self.end_headers()
        self.wfile.write((body or "").encode())

    def log_message(self, *_):
        pass


class Probe(unittest.TestCase):
    """The node's liveness probe, by the shell and the wget of busybox that the node's image has."""

    def setUp(self):
        documents = yaml.safe_load_all(text(FOLDER, "kubernetes/manifests/delegate.yaml"))
        pod = next(d for d in documents if d["kind"] == "StatefulSet")["spec"]["template"]["spec"]
        node = next(one for one in pod["containers"] if one["name"] == "node")
        self.line = node["livenessProbe"]["exec"]["command"][2]
        self.seconds = node["livenessProbe"]["timeoutSeconds"]
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.busybox = shutil.which("busybox")
        for name in ("timeout", "wget", "grep"):
            os.symlink(self.busybox, os.path.join(folder.name, name))
        self.path = folder.name

    def serve(self, answers):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        server.answers = answers
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server.server_address[1]

    def silent(self, listens):
        """A port that takes connections and never answers, or one that refuses."""
        keeper = socket.socket()
        self.addCleanup(keeper.close)
        keeper.bind(("127.0.0.1", 0))
        if listens:
            keeper.listen()
        return keeper.getsockname()[1]

    def alive(self, elector, node):
        line = self.line.replace(":9010/", f":{elector}/").replace(":9009/", f":{node}/")
        done = subprocess.run([self.busybox, "sh", "-c", line], env={"PATH": self.path},
                              timeout=30, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        return done.returncode == 0

    def test_a_node_is_alive_with_an_elector_that_answers_or_when_it_is_standby(self):
        elector = self.serve({"/livez": "ok\n"})
        active = self.serve({"/ha": '{"active":true}\n'})
        standby = self.serve({"/ha": '{"active":false}\n'})
        for gone in (self.silent(listens=False), self.silent(listens=True), self.serve({})):
            self.assertTrue(self.alive(elector, active))
            self.assertTrue(self.alive(elector, gone))
            self.assertTrue(self.alive(gone, standby))
            self.assertFalse(self.alive(gone, active))
            self.assertFalse(self.alive(gone, gone))

    def test_the_line_ends_before_the_kubelet_gives_it_up(self):
        waits = [int(seconds) for seconds in re.findall(r"timeout (\d+)", self.line)]
        self.assertEqual(len(waits), 2)
        self.assertLess(sum(waits), self.seconds)


if __name__ == "__main__":
    unittest.main()
