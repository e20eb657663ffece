"""A Debian 12 in a folder, and hosts that run on copies of it: each with a network, a name,
processes and files of its own, joined by a switch. It takes root, and goes with the process that
made it; $ELECTOR_DEBIAN names a folder to keep the system in, which saves a minute or more.
"""
import ctypes
import os
import re
import shutil
import signal
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
# A Debian without a service manager, for what starts services; policy-rc.d is debootstrap's.
PLAIN = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/root",
         "DEBIAN_FRONTEND": "noninteractive"}
# Beyond what a package depends on: what the pages have installed, without a mirror in reach.
ALSO = ("curl", "etcd-server")
# The shell stays: the first process of a host has to take in what others leave behind.
MAKE_HOST = """set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
hostname "$3"
ip link set lo up
echo ready
while :; do sleep 3600 & wait; done
"""


def die_with_parent():
    """Runs in the child before exec: no host outlives a killed test."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run(*command, folder=ROOT, timeout=600, environment=None):
    """(exit code, output)"""
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=timeout, env=environment)
    return done.returncode, done.stdout


def must(*command, **options):
    code, output = run(*command, **options)
    if code != 0:
        raise AssertionError(f"{' '.join(command)}: exit code {code}\n{output}")
    return output


def real(names):
    """Packages that can be installed, for names of which some are only provided by others."""
    listed = must("dpkg-query", "-W", "-f", "${Package}|${Provides}\n").splitlines()
    there = dict(line.split("|", 1) for line in listed)
    return [name if name in there else next(
        package for package, provides in there.items()
        if name in re.findall(r"(\S+)(?: \([^)]*\))?(?:, |$)", provides)) for name in names]


class Base:
    """The system, with all that the package depends on; made once, and never changed."""

    made = None

    @classmethod
    def of(cls, deb):
        if cls.made is None:
            cls.made = cls(deb)
        return cls.made

    def __init__(self, deb):
        if os.geteuid() != 0:
            raise PermissionError("cannot make a Debian to install into: that takes root")
        self.place = tempfile.TemporaryDirectory()
        self.root = os.environ.get("ELECTOR_DEBIAN", os.path.join(self.place.name, "debian"))
        if not os.path.exists(os.path.join(self.root, "usr/bin/etcd")):
            depends = must("dpkg-deb", "-f", deb, "Depends")
            names = [re.match(r"[^\s(|]+", part.strip())[0] for part in depends.split(",")]
            must("debootstrap", "--variant=minbase",
                 "--include=" + ",".join([*real(names), *ALSO]), "bookworm", self.root,
                 timeout=1800)
        # As the pages name it, where a shell of root begins.
        shutil.copy(deb, os.path.join(self.root, os.path.basename(deb)))


class Host:
    """Its processes end with `close`, and so do its files, which are in memory."""

    def __init__(self, base, name):
        self.name = name
        self.place = tempfile.TemporaryDirectory()
        self.holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--kill-child",
             "sh", "-c", MAKE_HOST, "sh", self.place.name, base.root, name],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            preexec_fn=die_with_parent)
        if self.holder.stdout.readline() != "ready\n":
            raise AssertionError(f"host {name} was not made; it ended with {self.holder.wait()}")
        with open(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children",
                  encoding="ascii") as file:
            self.pid = file.read().split()[0]

    def enter(self, *namespaces):
        return ["nsenter", "-t", self.pid, *namespaces]

    def outside(self, *command):
        """With the tools of the machine, in the host's network."""
        return must(*self.enter("-n"), *command)

    def run(self, text, timeout=180):
        """(exit code, output) of a shell of root that stops at the first failure."""
        return run(*self.enter("-n", "-m", "-u", "-p"), "chroot",
                   os.path.join(self.place.name, "root"), "sh", "-ec", text, environment=PLAIN,
                   timeout=timeout)

    def write(self, name, text, mode=0o644):
        path = f"/proc/{self.pid}/root{self.place.name}/root/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(path, mode)

    def read(self, name):
        path = f"/proc/{self.pid}/root{self.place.name}/root/{name}"
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def close(self):
        self.holder.kill()  # a request to end it would not hear; with it all of the host ends
        self.holder.wait()
        self.holder.stdout.close()
        self.place.cleanup()


class Lab:
    """Hosts by name, with addresses, on one switch."""

    def __init__(self, base, addresses):
        self.switch = Host(base, "switch")
        self.switch.outside("ip", "link", "add", "name", "switch0", "type", "bridge")
        self.switch.outside("ip", "link", "set", "switch0", "up")
        self.hosts = {}
        for number, (name, address) in enumerate(addresses.items()):
            self.hosts[name] = host = Host(base, name)
            self.switch.outside("ip", "link", "add", "name", f"port{number}", "type", "veth",
                                "peer", "name", "eth0", "netns", host.pid)
            self.switch.outside("ip", "link", "set", f"port{number}", "master", "switch0", "up")
            host.outside("ip", "address", "add", address + "/24", "dev", "eth0")
            host.outside("ip", "link", "set", "eth0", "up")
            # What an installed Debian has; there is no name server.
            host.write("etc/hosts", "127.0.0.1 localhost\n" + "".join(
                f"{where} {who}\n" for who, where in addresses.items()))
            host.write("etc/resolv.conf", "")

    def close(self):
        for host in [*self.hosts.values(), self.switch]:
            host.close()
