"""The log of one elector as a list of events, read as it grows."""
import calendar
import json
import re
import time

FIELD = re.compile(r'([A-Za-z_]+)=("(?:[^"\\]|\\.)*"|\S*)')


def parse_time(text):
    """Seconds since the epoch of 2026-08-01T10:00:00.123Z."""
    whole = calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
    return whole + float("0." + text[20:].rstrip("Z"))


def parse_line(line):
    """The fields of one logfmt line; `at` is its time in seconds. None: no such line."""
    fields = {}
    for key, value in FIELD.findall(line):
        fields[key] = json.loads(value) if value.startswith('"') else value
    if "time" not in fields or "event" not in fields:
        return None
    fields["at"] = parse_time(fields["time"])
    return fields


class LogTail:
    """Whole lines only; what is no event is kept in `strange`."""

    def __init__(self, path):
        self.path = path
        self.offset = 0
        self.events = []
        self.strange = []

    def read(self):
        try:
            with open(self.path, "rb") as file:
                file.seek(self.offset)
                data = file.read()
        except FileNotFoundError:
            return self.events
        whole = data[:data.rfind(b"\n") + 1]
        self.offset += len(whole)
        for line in whole.decode(errors="replace").splitlines():
            event = parse_line(line)
            if event is None:
                self.strange.append(line)
            else:
                self.events.append(event)
        return self.events

    def find(self, name, since=0.0, **fields):
        """The events of a name from `since` on whose fields are as given."""
        since -= 0.001  # the log's times are cut to the millisecond
        return [e for e in self.read() if e["event"] == name and e["at"] >= since
                and all(e.get(key) == value for key, value in fields.items())]
