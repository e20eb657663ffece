"""The overview of many groups, before a member that a test plays."""
import unittest

from browser import Browser
from stage import Stage, all_of, row, status

SILENT = {"exit_code": 1, "leader": None, "state": None, "term": 0, "verified_active": [],
          "trouble": "No node is verified active."}
TWO = {"exit_code": 4, "trouble": "More than one node is active."}
SHOWN = ("return [...document.querySelectorAll('#groups tr')].filter((r) => !r.hidden)"
         ".map((r) => r.dataset.key)")


class Groups(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.stage = Stage()
        self.addCleanup(self.stage.close)
        self.browser.screen()
        self.browser.complaints()

    def show(self, *rows):
        self.stage.many = all_of(list(rows))
        self.browser.open("about:blank")
        self.browser.open(self.stage.url)
        self.browser.run("sessionStorage.clear()")
        self.browser.open("about:blank")
        self.browser.open(self.stage.url)
        self.browser.wait_text("#verdict", "with exactly one active node")
        return self.browser

    def test_every_group_has_a_row_and_trouble_comes_first(self):
        page = self.show(row("east"), row("north", **SILENT), row("south"), row("west", **TWO))
        self.assertEqual(page.run(SHOWN), ["west", "north", "east", "south"])
        self.assertEqual(page.text("#verdict"),
                         "2 with exactly one active node, 1 with none, 1 with more than one.")
        self.assertIn("2 of 4 groups need a look", page.text("#since"))
        self.assertIn("No node is verified active.", page.text("#groups tr:nth-child(2)"))
        self.assertFalse(page.one("#members-title").is_displayed())
        self.assertFalse(page.one("#holding-title").is_displayed())
        self.assertTrue(page.one("#search").is_displayed())
        self.assertEqual(page.complaints(), [])

    def test_a_search_keeps_what_fits(self):
        page = self.show(row("east"), row("north", **SILENT), row("west", leader="delegate-z"))
        page.one("#search").send_keys("DELEGATE-Z")
        page.wait(lambda: page.run(SHOWN) == ["west"], "one row")
        self.assertEqual(page.text("#groups-found"), "1 of 3 groups")

    def test_a_click_opens_the_group_with_its_own_events_and_orders_and_there_is_a_way_back(self):
        page = self.show(row("east"), row("west 1/2"))
        page.one("#groups tr:nth-child(2) a").click()
        page.wait_text("#verdict", status()["verdict"])
        page.wait(lambda: ("/events", "west 1/2") in self.stage.asked, "its events")
        self.assertIn(("/history", "west 1/2"), self.stage.asked)
        self.assertIn("west 1/2", page.text("#key"))
        self.assertTrue(page.one("#members-title").is_displayed())
        self.assertFalse(page.one("#search").is_displayed())
        page.one("#resume")
        page.run("document.querySelector('#pause').click()")
        page.one("#reason").send_keys("disks")
        page.one("#ask-yes").click()
        page.wait(lambda: self.stage.orders, "an order")
        self.assertEqual(self.stage.orders[0][0], "/pause?group=west%201%2F2")
        page.wait(lambda: not page.one("#dialog").is_displayed(), "closed dialog")
        page.one("#all").click()
        page.wait_text("#verdict", "with exactly one active node")
        self.assertTrue(page.one("#search").is_displayed())

    def test_a_group_that_is_not_there_leads_to_all(self):
        page = self.show(row("east"))
        page.open("about:blank")
        page.open(self.stage.url + "#group=gone")
        page.wait_text("#verdict", "with exactly one active node")

    def test_events_of_all_groups_say_whose_they_are(self):
        page = self.show(row("east"), row("west"))
        page.wait_text("#link", "live")
        self.stage.tell("role_change", {"group": "west", "from": "candidate", "to": "leader",
                                        "reason": "claimed", "why": "It is its turn."})
        page.wait_text("#news", "west: candidate → leader")

    def test_a_thousand_rows_are_shown_and_searched_and_fit_a_small_screen(self):
        rows = [row(f"group-{i:04}", **(SILENT if i % 97 == 0 else {})) for i in range(1000)]
        page = self.show(*rows)
        self.assertEqual(len(page.run(SHOWN)), 1000)
        self.assertEqual(page.run(SHOWN)[0], "group-0000")
        page.screen(width=360, height=800)
        self.assertLessEqual(page.run("return document.documentElement.scrollWidth"), 360)
        page.one("#search").send_keys("group-0777")
        page.wait(lambda: page.run(SHOWN) == ["group-0777"], "one row")

    def test_every_word_can_be_read_in_light_and_dark(self):
        for scheme in ("light", "dark"):
            page = self.show(row("east"), row("north", **SILENT), row("west", **TWO))
            page.screen(scheme=scheme, motion="reduce")
            ratio, words, *_ = page.contrasts()[0]
            self.assertGreaterEqual(ratio, 4.5, words)

    def test_lost_is_said_and_the_rows_stay(self):
        page = self.show(row("east"))
        self.stage.fall_silent()
        page.wait(lambda: page.one("#lost").is_displayed(), "that it is lost", 20)
        self.assertTrue(page.text("#verdict").startswith("Last known: "))
        self.assertEqual(page.run(SHOWN), ["east"])


if __name__ == "__main__":
    unittest.main()
