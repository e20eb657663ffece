"""The clocks of one member's host, bent by tools/bentclock: its file, and what preloads it.

CLOCK_BOOTTIME, on which every deadline of guardian and elector lies, may have another rate and may
jump ahead; the wall clock may be set. The kernel and all other programs keep the true time.
"""
import mmap
import struct
import time

import programs

LAYOUT = struct.Struct("=Qqqqq")  # as Bend in tools/bentclock/bentclock.cpp


def library():
    return programs.program("tools/bentclock/libbentclock.so")


class BentClock:
    def __init__(self, path):
        self.path = path
        self.sequence = 0
        self.since = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self.rate_ppm = 0
        self.boot_ns = 0
        self.wall_ns = 0
        with open(path, "w+b") as file:
            file.write(bytes(LAYOUT.size))
            file.flush()
            self.memory = mmap.mmap(file.fileno(), LAYOUT.size)
        self.write()

    def environment(self):
        return {"LD_PRELOAD": library(), "ELECTOR_BENT_CLOCK": self.path}

    def write(self):
        """Odd while it is written, so that nobody uses half of it."""
        self.memory[:8] = struct.pack("=Q", self.sequence + 1)
        self.memory[8:] = LAYOUT.pack(0, self.since, self.rate_ppm, self.boot_ns,
                                      self.wall_ns)[8:]
        self.sequence += 2
        self.memory[:8] = struct.pack("=Q", self.sequence)

    def set_rate(self, ppm):
        """From now on it goes faster by so much; it does not jump."""
        now = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self.boot_ns += (now - self.since) * self.rate_ppm // 1_000_000
        self.since = now
        self.rate_ppm = ppm
        self.write()

    def jump(self, seconds):
        """Ahead only: a clock that goes back is no CLOCK_BOOTTIME."""
        self.boot_ns += int(seconds * 1e9)
        self.write()

    def set_wall(self, seconds):
        """The wall clock is wrong by so much from now on."""
        self.wall_ns = int(seconds * 1e9)
        self.write()
