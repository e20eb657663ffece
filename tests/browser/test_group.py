"""The dashboard of real members: etcd, nodes and electors as in tests/integration."""
import os
import signal
import socket
import sys
import time
import unittest

from browser import Browser
from stage import ROOT

sys.path.insert(0, os.path.join(ROOT, "tests/integration"))

from world import QUIESCE, SETTLE, World  # noqa: E402  (needs the path above)

TOKEN = "a-token-of-forty-eight-letters-that-nobody-knows"
HANDOVER = SETTLE + QUIESCE


def free_ports(count):
    """Different ones: an elector that is started again finds its own."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for one in sockets:
        one.close()
    return ports


class Group(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)
        cls.figures = {}

    def setUp(self):
        self.browser.screen()
        self.browser.complaints()  # those of the test before

    def group(self, token=""):
        """A running group whose every member has a dashboard."""
        world = self.enterContext(World(self.figures, profile="fast"))
        for member, port in zip(world.members, free_ports(len(world.members))):
            member.settings["api"] = {"listen": f"127.0.0.1:{port}"}
            if token:
                file = os.path.join(world.folder, member.name + ".token")
                with open(file, "w", encoding="utf-8") as out:
                    os.chmod(file, 0o600)
                    out.write(token + "\n")
                member.settings["api"]["token_file"] = file
        return world, world.start()

    def show(self, member):
        self.browser.open(member.api() + "/")
        return self.browser

    def shows_leader(self, page, member, seconds=10):
        page.wait_text("#verdict", f"{member.name} is the only node verified active", seconds)
        page.wait(lambda: page.node(member.name) == "active", f"active {member.name}")

    def test_a_failover_is_watched_happening_on_the_page_of_a_follower_and_of_its_victim(self):
        world, leader = self.group()
        follower = world.followers(leader)[0]
        page = self.show(follower)
        self.shows_leader(page, leader)
        page.wait_text("#link", "live")
        page.run("window.unchanged = true")
        watching = page.driver.current_window_handle
        page.driver.switch_to.new_window("window")
        page.screen()
        self.show(leader)
        self.shows_leader(page, leader)
        page.run("window.unchanged = true")
        victim = page.driver.current_window_handle
        page.driver.switch_to.window(watching)
        killed = time.monotonic()
        leader.signal_elector(signal.SIGKILL)
        # From here on the world is not asked before the page has shown it.
        page.wait(lambda: leader.name not in page.text("#verdict"), "other verdict", HANDOVER)
        page.wait(lambda: "is the only node verified active" in page.text("#verdict")
                  and leader.name not in page.text("#verdict"), "new leader", HANDOVER)
        shown = time.monotonic() - killed
        successor = next(m for m in world.followers(leader) if m.name in page.text("#verdict"))
        print(f"the new leader was on the page {shown:.2f} s after the kill", flush=True)
        self.shows_leader(page, successor)
        page.wait(lambda: page.node(leader.name) == "standby", "standby of the old one", 20)
        page.wait_text("#line li", f"{leader.name} → {successor.name}", 20)
        page.wait_text("#announce", successor.name)
        self.assertTrue(page.run("return window.unchanged"))
        self.assertIs(world.leader(), successor)
        page.driver.switch_to.window(victim)
        self.shows_leader(page, successor, 20)
        page.wait_text("#link", "live", 20)
        self.assertTrue(page.run("return window.unchanged"))
        page.driver.close()
        page.driver.switch_to.window(watching)

    def test_a_switchover_is_done_with_a_click_and_ends_verified(self):
        world, leader = self.group(TOKEN)
        target = world.followers(leader)[1]
        page = self.show(leader)
        self.shows_leader(page, leader)
        page.wait_text("#holding-text", "at least")
        button = page.card(target.name).find_element("css selector", "button")
        page.wait(button.is_enabled, "candidate that can be handed over to", 20)
        button.click()
        self.assertIn("our own blocks", page.text("#ask-cost"))
        page.one("#ask-yes").click()
        page.wait_text("#ask-wrong", "[api:token]")
        self.assertIs(world.leader(), leader)
        page.one("#ask-no").click()
        page.one("#token").send_keys(TOKEN)
        button.click()
        page.one("#ask-yes").click()
        page.wait_text("#order", f"Done: {target.name} is verified active", HANDOVER)
        print(page.text("#order"), flush=True)
        self.shows_leader(page, target)
        self.assertIs(world.wait_for_leader(1), target)
        page.wait_text("#line li", f"{leader.name} → {target.name}", 20)
        self.assertEqual(page.run("return [localStorage.length, document.cookie]"), [0, ""])

    def test_a_pause_and_its_end_are_ordered_with_the_token(self):
        world, leader = self.group(TOKEN)
        page = self.show(world.followers(leader)[0])
        self.shows_leader(page, leader)
        page.one("#token").send_keys(TOKEN)
        page.one("#pause").click()
        page.one("#reason").send_keys("etcd is upgraded")
        page.one("#ask-yes").click()
        page.wait_text("#paused", "etcd is upgraded")
        page.wait_text("#alarms", "It ends by itself within 60 min.")
        key = world.data + "control/pause"
        self.assertEqual(world.etcd.client.get(key).json()["why"], "etcd is upgraded")
        page.wait(page.one("#resume").is_enabled, "resume that can be pressed")
        page.one("#resume").click()
        page.one("#ask-yes").click()
        page.wait_text("#paused", "The election is not paused.")
        self.assertIsNone(world.etcd.client.get(key))

    def test_the_page_of_a_member_asks_nobody_else(self):
        world, leader = self.group()
        page = self.browser
        page.requests()
        self.show(leader)
        self.shows_leader(page, leader)
        page.wait_text("#budget", "fast")
        asked = page.requests()
        self.assertIn(f"{leader.api()}/status", asked)
        self.assertEqual([a for a in asked if not a.startswith(leader.api() + "/")], [])
        self.assertEqual(page.complaints(), [])
        for scheme in ("light", "dark"):
            page.screen(360, 740, scheme)
            self.assertEqual(page.run("return document.documentElement.scrollWidth"), 360)


if __name__ == "__main__":
    unittest.main()
