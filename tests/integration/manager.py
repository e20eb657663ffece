"""A service manager for one member: the socket that $NOTIFY_SOCKET names, and what came there."""
import os
import socket
import struct
import threading
import time

WATCHDOG = 2.0  # seconds without a sign of life that it would accept


class Manager(threading.Thread):
    """Every datagram as (instant, process id of the sender, {key: value})."""

    def __init__(self, folder, abstract=False):
        super().__init__(daemon=True)
        path = os.path.join(folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind("\0" + path if abstract else path)
        self.socket.settimeout(0.1)
        self.address = ("@" if abstract else "") + path
        self.heard = []
        self.over = threading.Event()

    def environment(self):
        return {"NOTIFY_SOCKET": self.address, "WATCHDOG_USEC": str(int(WATCHDOG * 1e6))}

    def run(self):
        while not self.over.is_set():
            try:
                data, extra, _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(12))
            except socket.timeout:
                continue
            pid = struct.unpack("iII", extra[0][2])[0]
            fields = dict(line.split("=", 1) for line in data.decode().splitlines())
            self.heard.append((time.time(), pid, fields))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.over.set()
        self.join()
        self.socket.close()

    def times(self, key, since=0.0):
        """When it was told so, oldest first."""
        return [at for at, _, fields in list(self.heard) if key in fields and at >= since]

    def values(self, key, since=0.0):
        return [fields[key] for at, _, fields in list(self.heard) if key in fields and at >= since]

    def changes(self, since=0.0):
        """READY, RELOADING and STOPPING in the order in which they came."""
        states = ("READY", "RELOADING", "STOPPING")
        return [key for at, _, fields in list(self.heard) if at >= since
                for key in fields if key in states]

    def senders(self):
        return {pid for _, pid, _ in list(self.heard)}

    def longest_silence(self, since, until):
        """Seconds between two signs of life, or between one and the ends of the span."""
        times = [since, *(t for t in self.times("WATCHDOG", since) if t <= until), until]
        return max(b - a for a, b in zip(times, times[1:]))
