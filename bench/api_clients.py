#!/usr/bin/env python3
"""Whether clients of the HTTP API move the holding: the delay of a confirmation, with and without.

Two groups of one member each on one etcd, side by side. One is left alone; at the API of the other
64 connections stand idle and 10 slow clients feed requests byte by byte, each coming back when it
is shut out. Delays are those that each elector itself has recorded (SIGUSR1), from the effect to
the answer of etcd. Half-way the two change places, so that the order of their start is in neither
figure. Programs come from $ELECTOR_BUILD (build/release).
"""
import argparse
import glob
import json
import os
import signal
import socket
import statistics
import sys
import threading
import time
from urllib.parse import urlparse

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))
os.environ.setdefault("ELECTOR_BUILD", "build/release")

from world import SETTLE, UNKNOWN_WAIT, World, say  # noqa: E402  (needs the path above)

RENEW_MS = 100
EVERY = 20.0  # seconds between two looks at a record, which keeps at least about 40
FROM_NOW_ON = 2.0  # seconds until clients have come or gone


class Clients(threading.Thread):
    """So many idle connections, and slow ones, kept up until stop()."""

    def __init__(self, url, idle=64, slow=10):
        super().__init__(daemon=True)
        at = urlparse(url)
        self.at = (at.hostname, at.port)
        self.lines = {number: None for number in range(idle + slow)}
        self.idle = idle
        self.ended = threading.Event()
        self.reconnects = 0
        self.bytes = 0

    def stop(self):
        self.ended.set()
        self.join()

    def tend(self, number):
        line = self.lines[number]
        try:
            if line is None:
                line = self.lines[number] = socket.create_connection(self.at, 5)
                line.setblocking(False)
                self.reconnects += 1
            if number >= self.idle:
                line.send(b"G" if not number % 2 else b"\r")
                self.bytes += 1
            if line.recv(4096) == b"":
                raise ConnectionResetError
        except BlockingIOError:
            pass
        except OSError:
            if line:
                line.close()
            self.lines[number] = None

    def run(self):
        while not self.ended.wait(0.5):
            for number in self.lines:
                self.tend(number)
        for line in self.lines.values():
            if line:
                line.close()


def delays(path):
    """{operation: (instant, seconds)} of the confirmations in a record."""
    sent, found, now = {}, {}, 0
    with open(path, encoding="utf-8") as file:
        for text in file:
            line = json.loads(text)
            if "event" in line:
                now = line["now_ns"]
                answer = line["event"].get("RecordAnswered")
                if answer and answer["op"]["value"] in sent:
                    began = sent.pop(answer["op"]["value"])
                    found[answer["op"]["value"]] = (now / 1e9, (now - began) / 1e9)
            elif "Confirm" in line.get("effect", {}):
                sent[line["effect"]["Confirm"]["op"]["value"]] = now
    return found


class Watched:
    def __init__(self, member):
        self.member = member
        self.seen = {}

    def look(self):
        before = len(self.member.find("dump"))
        self.member.signal_elector(signal.SIGUSR1)
        self.member.world.wait_for(lambda: len(self.member.find("dump")) > before, 5, "a record")
        for path in glob.glob(os.path.join(self.member.state_folder, "recorder-*.jsonl")):
            self.seen.update(delays(path))
            os.remove(path)

    def between(self, since, until):
        return [delay for at, delay in self.seen.values() if since <= at < until]


def measure(world, busy, quiet, seconds):
    """(delays with clients, delays without) of one half."""
    clients = Clients(busy.member.api())
    clients.start()
    time.sleep(FROM_NOW_ON)
    since = time.clock_gettime(time.CLOCK_BOOTTIME)
    end = since + seconds
    while time.clock_gettime(time.CLOCK_BOOTTIME) < end:
        left = end - time.clock_gettime(time.CLOCK_BOOTTIME)
        time.sleep(max(0.0, min(EVERY, left)))
        busy.look()
        quiet.look()
    clients.stop()
    world.check_processes()
    say(f"{busy.member.name}: {clients.reconnects} connections made, {clients.bytes} bytes fed")
    return busy.between(since, end), quiet.between(since, end)


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


def tell(name, values):
    say(f"{name:16} {len(values):5} confirmations: median {statistics.median(values) * 1000:.2f}, "
        f"p90 {percentile(values, 0.9):.2f}, p99 {percentile(values, 0.99):.2f}, "
        f"largest {max(values) * 1000:.2f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="of each half (60)")
    options = parser.parse_args()
    settings = {"api": {"listen": "127.0.0.1:0"},
                "election": {"hold": "5s", "renew": f"{RENEW_MS}ms"}}
    with World({}, members=2, settings=settings) as world:
        alone = "each member is a group of its own: their nodes are active at the same time"
        world.overlap_excused = world.double_excused = alone
        for member in world.members:
            member.settings["election"]["key"] = "/bench-" + member.name
            member.start()
        world.wait_for(lambda: all(m.believes_active() for m in world.members),
                       UNKNOWN_WAIT + SETTLE + 10, "both lead")
        first, second = [Watched(member) for member in world.members]
        with_clients, without = measure(world, first, second, options.seconds)
        more = measure(world, second, first, options.seconds)
        with_clients += more[0]
        without += more[1]
        for member in world.members:
            if len(member.find("role_change", to="leader")) != 1 or not member.believes_active():
                raise AssertionError(f"{member.name} did not keep the lead")
        tell("with clients", with_clients)
        tell("without", without)
        ratio = percentile(with_clients, 0.99) / percentile(without, 0.99)
        say(f"p99 with clients / without: {ratio:.3f}; load {os.getloadavg()[0]:.1f}")
        return 0


if __name__ == "__main__":
    sys.exit(main())
