"""What the guardian is while it waits: one thread, locked memory, and nothing that it asks for."""
import glob
import os
import re
import signal
import struct
import time
import unittest

import programs
from case import IntegrationCase, takes
from manager import Manager


def status(pid, key):
    """A number of /proc/PID/status."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        return int(re.search(rf"^{key}:\s+(\d+)", file.read(), re.M)[1])


def page_faults(pid):
    """Minor and major ones so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(fields[7]), int(fields[9])


def may_lock(pid):
    """Whether the kernel lets the process lock whatever it has."""
    with open(f"/proc/{pid}/limits", encoding="ascii") as file:
        limit = re.search(r"^Max locked memory +(\S+)", file.read(), re.M)[1]
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        capable = int(re.search(r"^CapEff:\s+(\w+)", file.read(), re.M)[1], 16)
    return limit == "unlimited" or bool(capable >> 14 & 1)  # CAP_IPC_LOCK


def tcp_ports(pid):
    """The far ports of its TCP connections."""
    inodes = set()
    for link in glob.glob(f"/proc/{pid}/fd/*"):
        try:
            inodes |= set(re.findall(r"socket:\[(\d+)\]", os.readlink(link)))
        except OSError:
            continue  # closed meanwhile
    lines = []
    for table in ("tcp", "tcp6"):
        with open(f"/proc/{pid}/net/{table}", encoding="ascii") as file:
            lines += [line.split() for line in file.readlines()[1:]]
    return {int(line[2].split(":")[1], 16) for line in lines if line[9] in inodes}


class Allocations:
    """What tests/support/count_allocations.cpp counts."""

    def __init__(self, world):
        self.prefix = os.path.join(world.folder, "allocations")
        library = os.path.join(programs.build_folder(),
                               "tests/support/libelector_count_allocations.so")
        self.environment = {"LD_PRELOAD": library, "ELECTOR_ALLOCATIONS": self.prefix}

    def of(self, pid):
        with open(f"{self.prefix}.{pid}", "rb") as file:
            return struct.unpack("Q", file.read(8))[0]


class Footprint(IntegrationCase):
    @takes(30)
    def test_the_guardian_asks_for_no_memory_from_its_first_wait_on_not_even_when_it_acts(self):
        with self.world(members=1) as world, Manager(world.folder) as manager:
            member = world.members[0]
            allocations = Allocations(world)
            member.environment = {**allocations.environment, **manager.environment()}
            world.start_members()
            world.wait_for(lambda: member.elector() and manager.changes(), 10, "a start")
            pid = member.process.pid
            begun = allocations.of(pid)
            self.assertGreater(begun, 100)  # it counts
            world.bootstrap()
            world.wait_for_leader(15)
            elector = allocations.of(member.elector())
            time.sleep(3)  # arms, pings, words to the service manager
            self.assertGreater(allocations.of(member.elector()), elector)
            self.assertEqual(allocations.of(pid), begun, "while it waited")
            for number in (signal.SIGUSR1, signal.SIGHUP):
                member.process.signal(number)
            world.wait_for(lambda: manager.changes()[-2:] == ["RELOADING", "READY"], 5, "reload")
            self.assertEqual(allocations.of(pid), begun, "at signals")
            since = time.time()
            os.kill(member.elector(), signal.SIGKILL)
            world.wait_for(lambda: member.find("guardian_done", since) and member.elector(), 20,
                           "a demotion")
            self.assertEqual(allocations.of(pid), begun, "when it acted")

    @takes(25)
    def test_the_guardian_is_one_thread_in_locked_memory_without_a_connection_to_etcd(self):
        with self.world(members=1) as world:
            member = world.start()
            pid = member.process.pid
            locked, told = status(pid, "VmLck"), member.find("memory_not_locked")
            self.note("locked", f"{locked}kB" if locked else "not allowed here")
            self.assertEqual((locked > 0, told == []), (may_lock(pid), may_lock(pid)))
            etcd = {port for server in world.etcd.members for port in server.ports}
            self.assertTrue(tcp_ports(member.elector()) & etcd)
            before = page_faults(pid)
            time.sleep(3)
            if locked:
                self.assertEqual(page_faults(pid), before)
            self.assertEqual((status(pid, "Threads"), tcp_ports(pid) & etcd), (1, set()))
            since = time.time()
            os.kill(member.elector(), signal.SIGKILL)
            world.wait_for(lambda: member.find("guardian_done", since), 20, "a demotion")
            self.assertEqual((status(pid, "Threads"), tcp_ports(pid) & etcd), (1, set()))


if __name__ == "__main__":
    unittest.main()
