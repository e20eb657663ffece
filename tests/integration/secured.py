"""An etcd that asks who is there: an authority of our own, certificates, users and rights."""
import os
import re
import subprocess

import programs

CONFIGURATION = os.path.join(programs.ROOT, "docs", "configuration.md")


def write(path, text, mode=0o600):
    """At once, for whoever looks at it meanwhile."""
    with open(path + ".new", "w", encoding="utf-8", opener=lambda name, flags:
              os.open(name, flags, mode)) as file:
        file.write(text)
    os.rename(path + ".new", path)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def run(command, environment=None):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=30, env=environment,
                          preexec_fn=programs.die_with_parent)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} failed:\n{done.stdout}")
    return done.stdout


class Authority:
    """Signs certificates; a folder of its own."""

    def __init__(self, folder, name="authority"):
        self.folder = os.path.join(folder, name)
        os.mkdir(self.folder, 0o700)
        self.certificate = os.path.join(self.folder, "ca.pem")
        self.key = os.path.join(self.folder, "ca.key")
        self.make(self.key, self.certificate, name)

    def make(self, key, certificate, name, *more, days=30):
        run([programs.tool("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", str(days), "-subj",
             f"/CN={name}", "-keyout", key, "-out", certificate, *more])

    def issue(self, name, address="IP:127.0.0.1", days=30):
        """(certificate, key) as text, new ones each time."""
        key, certificate = (os.path.join(self.folder, f"issued.{end}") for end in ("key", "pem"))
        self.make(key, certificate, name, "-CA", self.certificate, "-CAkey", self.key,
                  "-addext", f"subjectAltName={address}",
                  "-addext", "basicConstraints=critical,CA:false", days=days)
        return read(certificate), read(key)


class Secured:
    """What etcd demands, and how electors and tests meet it."""

    USER = "elector"
    OPERATOR = "root"

    def __init__(self, tls=True, mutual=False, auth=False, token_seconds=None):
        self.tls = tls or mutual
        self.mutual = mutual
        self.auth = auth
        self.logged_in = False
        self.token_seconds = token_seconds
        self.left_out = None  # one of the documented commands that is not run
        self.folder = None
        self.authority = None
        self.password = "first-password"
        self.operator_password = "operator-password"

    def path(self, name):
        return os.path.join(self.folder, name)

    def prepare(self, folder):
        self.folder = os.path.join(folder, "secrets")
        os.mkdir(self.folder, 0o700)
        write(self.path("root-password"), self.operator_password)
        self.write_password(self.password)
        if self.token_seconds:
            run([programs.tool("openssl"), "genrsa", "-out", self.path("jwt.key"), "2048"])
            run([programs.tool("openssl"), "rsa", "-in", self.path("jwt.key"), "-pubout",
                 "-out", self.path("jwt.pub")])
        if not self.tls:
            return
        self.authority = Authority(folder)
        write(self.path("ca.pem"), read(self.authority.certificate))
        self.write_pair("etcd", *self.authority.issue("etcd"))
        if self.mutual:
            self.write_pair("elector", *self.authority.issue("elector"))

    def write_pair(self, name, certificate, key):
        write(self.path(name + ".key"), key)
        write(self.path(name + ".pem"), certificate)

    def write_password(self, password):
        self.password = password
        write(self.path("password"), password + "\n")

    # --- etcd

    @property
    def scheme(self):
        return "https" if self.tls else "http"

    def etcd_arguments(self):
        arguments = []
        if self.token_seconds:
            arguments.append(f"--auth-token=jwt,pub-key={self.path('jwt.pub')},priv-key="
                             f"{self.path('jwt.key')},sign-method=RS256,ttl={self.token_seconds}s")
        if self.tls:
            arguments += ["--cert-file=" + self.path("etcd.pem"),
                          "--key-file=" + self.path("etcd.key")]
        if self.mutual:
            arguments += ["--client-cert-auth", "--trusted-ca-file=" + self.path("ca.pem")]
        return arguments

    def documented_commands(self):
        """The commands that docs/configuration.md gives an operator."""
        section = read(CONFIGURATION).split("### Users and rights")[1].split("\n### ")[0]
        return re.findall(r"^etcdctl .*$", section, re.M)

    def etcdctl(self, endpoint, command):
        """As an operator types it in a shell; logged in as one once that is needed."""
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "ETCDCTL_API": "3",
                       "ETCDCTL_ENDPOINTS": endpoint}
        command = command.replace("/etc/iotex-elector/etcd-password", self.path("password"))
        command = command.replace("root-password", self.path("root-password"))
        if self.logged_in:
            environment["ETCDCTL_USER"] = f"{self.OPERATOR}:{self.operator_password}"
        return run(["/bin/sh", "-c", command], environment)

    def enable_auth(self, etcd):
        """Users, rights, and the demand for them."""
        if not self.auth:
            return
        for command in self.documented_commands():
            if command != self.left_out:
                self.etcdctl(etcd.members[0].test_endpoint, command)
        self.logged_in = True
        for member in etcd.members:
            member.client.log_in(self.OPERATOR, self.operator_password)

    def change_password(self, etcd, password):
        """In etcd; not in the file."""
        write(self.path("new-password"), password)
        self.etcdctl(etcd.members[0].test_endpoint,
                     f"etcdctl user passwd {self.USER} --interactive=false "
                     f"< {self.path('new-password')}")

    # --- the electors

    def settings(self):
        etcd = {}
        if self.tls:
            etcd["ca_file"] = self.path("ca.pem")
        if self.mutual:
            etcd["cert_file"] = self.path("elector.pem")
            etcd["key_file"] = self.path("elector.key")
        if self.auth:
            etcd["username"] = self.USER
            etcd["password_file"] = self.path("password")
        return etcd
