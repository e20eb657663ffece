"""Where the programs under test are, and processes that are ended by their own id only."""
import ctypes
import glob
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def build_folder():
    """The build tree whose programs are tested: $ELECTOR_BUILD, else build/dev."""
    return os.path.join(ROOT, os.environ.get("ELECTOR_BUILD", "build/dev"))


def program(relative):
    """The path of a program we built; a missing one is an error that says what to do."""
    path = os.path.join(build_folder(), relative)
    if not os.access(path, os.X_OK):
        raise FileNotFoundError(f"{path} is not there: build it, or set ELECTOR_BUILD")
    return path


def elector():
    return program("src/app/iotex-elector")


def guardian():
    """What the elector's program becomes to guard."""
    return program("src/libexec/iotex-elector/iotex-elector-guardian")


def previous_elector():
    """The program of an earlier commit, which $ELECTOR_PREVIOUS names."""
    path = os.environ.get("ELECTOR_PREVIOUS", "")
    if not os.access(path, os.X_OK):
        raise FileNotFoundError(f"no earlier program at '{path}': set ELECTOR_PREVIOUS to what "
                                "tools/build_previous build/previous prints")
    return path


def simnode():
    return program("tools/simnode/iotex-simnode")


def checker():
    return program("tools/simnode/elector-checker")


def netproxy():
    return program("tools/netproxy/iotex-netproxy")


def tool(name):
    """A program of the system that the tests cannot do without."""
    path = shutil.which(name)
    if path is None:
        raise FileNotFoundError(f"no program {name} in PATH; tools/dev test installs it")
    return path


def reserve_port():
    """A bound socket that never listens, and its port.

    While it is open nobody else gets the port, not even as the near end of a connection; a server
    that sets SO_REUSEADDR, as etcd does, can still listen on it.
    """
    keeper = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.bind(("127.0.0.1", 0))
    return keeper, keeper.getsockname()[1]


def die_with_parent():
    """Runs in the child before exec: no process outlives a killed test, and none takes over from a
    terminal that is gone (nohup) that it ignores a hangup, which a shell could then not trap."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def run_delays(pid):
    """Thread -> seconds that it was ready to run and had no processor, so far."""
    found = {}
    for task in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        try:
            with open(task, encoding="ascii") as file:
                found[task] = int(file.read().split()[1]) / 1e9
        except OSError:
            continue  # the thread has just ended
    return found


def run_delay(pid):
    """The same of all threads of a process together."""
    return sum(run_delays(pid).values())


class Process:
    """One program with its standard error (and output) in a file."""

    def __init__(self, name, command, log, environment=None, commands=False):
        self.name = name
        self.command = command
        self.log = log
        self.frozen = False
        self.expected_end = False
        with open(log, "ab") as out:
            self.child = subprocess.Popen(
                command, stdout=subprocess.PIPE if commands else out, stderr=out,
                stdin=subprocess.PIPE if commands else subprocess.DEVNULL,
                env=environment, preexec_fn=die_with_parent)
        self.pid = self.child.pid

    def exit_code(self):
        """None while it runs."""
        return self.child.poll()

    def running(self):
        return self.exit_code() is None

    def signal(self, number):
        if not self.running():
            raise AssertionError(f"{self.name} has ended with {self.exit_code()}: see its log")
        self.frozen = number == signal.SIGSTOP or (self.frozen and number != signal.SIGCONT)
        os.kill(self.pid, number)

    def terminate(self):
        """Asks it to end; the caller waits."""
        self.expected_end = True
        self.signal(signal.SIGTERM)

    def kill(self):
        """Ends it at once, whatever it does."""
        self.expected_end = True
        if self.running():
            os.kill(self.pid, signal.SIGKILL)
        self.child.wait()
        for pipe in (self.child.stdin, self.child.stdout):
            if pipe is not None:
                pipe.close()

    def wait(self, seconds):
        """Its exit code; an AssertionError when it does not come in time."""
        self.expected_end = True
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} has not ended within {seconds:.1f} s") from None

    def last_lines(self, count=40):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as file:
                return file.readlines()[-count:]
        except FileNotFoundError:
            return []


class StallWatch(threading.Thread):
    """Measures by how much this process wakes up too late: what the machine did to the test."""

    NAP = 0.05
    ORDINARY = 0.05

    def __init__(self):
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.late = 0.0

    def run(self):
        while not self.over.is_set():
            began = time.monotonic()
            self.over.wait(self.NAP)
            late = time.monotonic() - began - self.NAP
            if late > self.ORDINARY:
                self.late += late

    def stop(self):
        """Ends it; the seconds that were lost."""
        self.over.set()
        return self.late


def run_elector(*arguments, seconds=30.0, environment=None):
    """Runs the program to its end: (exit code, output, errors)."""
    return run(elector(), *arguments, seconds=seconds, environment=environment)


def run(path, *arguments, seconds=30.0, environment=None):
    """The same of any program."""
    done = subprocess.run([path, *arguments], stdin=subprocess.DEVNULL, env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=seconds, preexec_fn=die_with_parent)
    return done.returncode, done.stdout, done.stderr


def wait_until(condition, seconds, every=0.05):
    """The first truthy value of `condition`, or None after `seconds`.

    What made it so is told apart by its time from all that comes after the return, though the
    log's times are cut to the millisecond.
    """
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() >= until:
            time.sleep(0.002)
            return value or None
        time.sleep(every)
