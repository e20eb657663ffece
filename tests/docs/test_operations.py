"""docs/operations.md against the code: every event that asks for action has a section, and no
section is about an event that does not exist."""
import glob
import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PARTS = ["Means", "By itself", "Do", "Over when"]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def notices():
    """{event name: severity letter} of the core's table."""
    rows = re.findall(r'NoticeRow\{Notice::\w+, ([IWA]), "(\w+)"', read("src/model/notice.cpp"))
    return {name: severity for severity, name in rows}


def logged():
    """{event name: the text of the level} of every line that the program itself logs."""
    found = {}
    paths = [path for folder in ("app", "guardian")
             for path in glob.glob(os.path.join(ROOT, "src", folder, "*.cpp"))]
    for path in paths:
        for level, name in re.findall(r'\blog_?\(([^,"]+), "(\w+)"', read(path)):
            found[name] = found.get(name, "") + level
        chosen = re.findall(r'\blog_\(level, [^"]*\? "(\w+)" : "(\w+)"', read(path))
        for name in [name for names in chosen for name in names]:
            found.setdefault(name, "level")
    return found


def sections():
    """{event name: its section}"""
    parts = re.split(r"^### `(\w+)`$", read("docs/operations.md"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


class Operations(unittest.TestCase):
    def test_the_tables_are_found(self):
        self.assertEqual(set(notices().values()), set("IWA"))
        self.assertGreater(len(notices()), 20)
        for name in ("node_locked", "reload_refused", "invariant_broken", "dump", "etcd_failing"):
            self.assertIn(name, logged())

    def test_every_event_that_asks_for_action_has_a_section(self):
        asking = {name for name, severity in notices().items() if severity in "WA"}
        asking |= {name for name, level in logged().items()
                   if "kError" in level or "kWarn" in level}
        self.assertEqual(asking - set(sections()), set())

    def test_every_section_is_about_an_event_that_exists(self):
        self.assertEqual(set(sections()) - set(notices()) - set(logged()), set())
        titles = re.findall(r"^### `(\w+)`$", read("docs/operations.md"), re.M)
        self.assertEqual(len(titles), len(set(titles)))

    def test_alarms_stand_under_alarms(self):
        alarms = read("docs/operations.md").split("## Alarms")[1].split("\n## ")[0]
        listed = set(re.findall(r"^### `(\w+)`$", alarms, re.M))
        self.assertEqual(listed, {name for name, severity in notices().items() if severity == "A"})

    def test_every_section_tells_what_it_means_what_is_done_what_to_do_and_when_it_is_over(self):
        for name, text in sections().items():
            self.assertEqual(re.findall(r"^- \*\*([\w ]+):\*\*", text, re.M), PARTS, name)

    def test_what_an_observer_is_told_to_say_is_what_it_says(self):
        words = read("src/app/observation.cpp")
        told = re.findall(r'would="([^"]+)"', read("docs/operations.md"))
        self.assertGreater(len(told), 0)
        for sentence in [*told, "stay out of the queue: "]:
            self.assertIn(f'"{sentence}"', words)
        member = read("src/app/member.cpp").split('"observed"')[1].split(";")[0]
        line = re.search(r"^event=observed (.*)$", read("docs/operations.md"), re.M).group(1)
        self.assertEqual(re.findall(r"(\w+)=", line), re.findall(r'\{"(\w+)",', member))

    def test_events_and_reasons_that_are_mentioned_exist(self):
        known = set(notices()) | set(logged())
        reasons = set(re.findall(r'"(\w+)"', read("src/model/transition_table.cpp")))
        text = read("docs/operations.md")
        over = " ".join(re.findall(r"^- \*\*Over when:\*\*(.*?)(?=\n- |\n\n|\Z)", text,
                                   re.M | re.S))
        for name in re.findall(r"`([a-z]+_[a-z_]+)`", over):
            self.assertIn(name, known | {"blocked_by", "operator_address"})
        for reason in re.findall(r"reason=(\w+)", text):
            self.assertIn(reason, reasons)


if __name__ == "__main__":
    unittest.main()
