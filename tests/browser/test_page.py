"""The page by itself, before a member that a test plays: what it shows, to whom, and how."""
import unittest

from browser import Browser
from stage import Stage, member, status

LONG = "delegate" + "x" * 56  # nowhere to break
SCHEMES = ("light", "dark")
WORST = {
    "exit_code": 4, "verified_active": ["delegate-a", "delegate-b"],
    "verdict": f"More than one node is active: delegate-a and {LONG}; stop one of them now.",
    "pause": {"who": "alice", "why": "etcd " * 30, "expires_in_ms": 1_800_000},
    "members": [member("delegate-a", 1),
                member("delegate-b", 2, node={"activity": "active", "age_ms": 900, "stale": False,
                                              "stale_because": None}),
                member(LONG, 3, eligible=False, lag_blocks=12, version="0.1.0-rc1+" + "9" * 40,
                       node={"activity": "standby", "age_ms": 14000, "stale": True,
                             "stale_because": "not verified for 14 s when published"},
                       blocked_by=[{"code": "lagging", "sentence": "The node lags behind.",
                                    "what_would_change_it": "Wait."}])],
    "queue": [{"key": "/iotex-server/" + "7f" * 20, "name": LONG, "foreign": True}],
}


class Page(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.stage = Stage()
        self.addCleanup(self.stage.close)
        self.browser.screen()
        self.browser.complaints()  # those of the test before

    def show(self, **changes):
        self.stage.status = status(**changes)
        self.browser.open(self.stage.url)
        self.browser.wait_text("#verdict", self.stage.status["verdict"])
        return self.browser

    # --- what it shows

    def test_who_signs_and_everything_around_it_is_shown(self):
        page = self.show()
        page.wait_text("#link", "live")
        words = page.words()
        for expected in ("delegate-a", "delegate-b", "delegate-c", "41\u202f000\u202f123",
                         "at least", "of 5.0 s", "9.0 s", "within 24.7 s", "standard"):
            self.assertIn(expected, words)
        self.assertEqual([page.node("delegate-" + n) for n in "abc"],
                         ["active", "standby", "standby"])
        self.assertEqual(page.text("#queue"), "delegate-adelegate-bdelegate-c")
        self.assertIn("delegate-b → delegate-a", page.text("#line li"))
        self.assertIn("standby after 812 ms, marker after 104 ms more", page.text("#line li"))
        self.assertFalse(page.one("#alarms-part").is_displayed())
        self.assertEqual(page.complaints(), [])

    def test_the_holding_shrinks_until_it_is_confirmed_anew(self):
        page = self.show()
        at = "return document.querySelector('#holding-fill').getBoundingClientRect().width"
        whole = page.run("return document.querySelector('#holding').clientWidth")
        first = page.run(at)
        self.assertLess(first, 0.85 * whole)  # 4.2 s of 5 s
        page.wait(lambda: page.run(at) < first - 5, "holding that shrinks")
        self.assertEqual(page.one("#holding").get_attribute("aria-valuemax"), "5")

    def test_with_reduced_motion_the_holding_stands_still_between_two_answers(self):
        self.browser.screen(motion="reduce")
        page = self.show()
        self.assertEqual(page.run("return document.getAnimations().length"), 0)
        self.browser.screen()
        page = self.show()
        self.assertGreater(page.run("return document.getAnimations().length"), 0)

    def test_two_active_nodes_are_an_alarm_in_words_not_by_colour_alone(self):
        page = self.show(**WORST)
        page.wait(lambda: page.all("#alarms li"), "alarm")
        self.assertIn("More than one node is active", page.text("#alarms .bad"))
        self.assertEqual(page.text("#mark"), "✕")
        sign = "return getComputedStyle(document.querySelector('#alarms .bad'), '::before').content"
        self.assertIn("Alarm", page.run(sign))
        self.assertEqual(page.node(LONG), "last seen standby")

    def test_names_and_reasons_of_strangers_are_texts(self):
        evil = "<img src=x onerror=\"document.title='taken'\">"
        page = self.show(members=[member(evil, 1)], verdict=evil,
                         pause={"who": evil, "why": evil, "expires_in_ms": None})
        self.assertEqual(page.all("main img"), [])
        self.assertIn(evil, page.text("#alarms"))
        self.assertEqual(page.complaints(), [])

    # --- how it follows

    def test_a_change_is_shown_and_announced_without_a_reload(self):
        page = self.show()
        page.run("window.unchanged = true")
        self.stage.status = status(exit_code=1, verified_active=[], verdict="Nobody is active.")
        self.stage.tell("node_change", {"from": "active", "to": "standby"})
        page.wait_text("#announce", "Nobody is active.")
        page.wait_text("#news", "Its node: active → standby")
        self.assertEqual(page.one("#announce").get_attribute("aria-live"), "polite")
        self.assertTrue(page.run("return window.unchanged"))

    def test_without_events_it_asks_and_says_so(self):
        self.stage.events = False
        page = self.show()
        page.wait_text("#link", "no events; asking every 2 s")
        self.stage.status = status(verdict="Something else.")
        page.wait_text("#verdict", "Something else.")

    def test_without_a_connection_it_says_since_when_and_comes_back_by_itself(self):
        page = self.show()
        page.wait_text("#link", "live")
        self.stage.fall_silent()
        page.wait_text("#lost", "values are stale", 12)
        self.assertRegex(page.text("#lost"),
                         r"No connection since \d\d:\d\d:\d\d, values are stale")
        self.assertEqual(page.text("#link"), "no connection")
        self.assertEqual(page.node("delegate-a"), "last seen active")
        self.assertTrue(page.text("#verdict").startswith("Last known: "))
        self.assertEqual(page.text("#holding-text"), "not known")
        self.assertEqual([b.is_enabled() for b in page.all("main button")], [False] * 5)
        self.stage.silent = False
        page.wait_text("#link", "live", 10)
        self.assertEqual(page.node("delegate-a"), "active")
        self.assertFalse(page.one("#lost").is_displayed())

    # --- orders

    def test_an_order_says_what_it_costs_and_nothing_is_sent_before_it_is_confirmed(self):
        page = self.show()
        page.card("delegate-b").find_element("css selector", "button").click()
        self.assertEqual(page.text("#ask-title"), "Hand over to delegate-b?")
        for part in ("about 3.2 s", "at most 9.0 s", "0.05 of our own blocks", "0.15 when"):
            self.assertIn(part, page.text("#ask-cost"))
        page.press("ESCAPE")
        self.assertFalse(page.one("#dialog").is_displayed())
        self.assertEqual(self.stage.orders, [])
        self.assertEqual(page.focused(), page.run("return arguments[0].textContent", page.card(
            "delegate-b").find_element("css selector", "button")))

    def test_orders_are_sent_with_the_token_and_a_refusal_is_shown_with_the_next_step(self):
        page = self.show(pause={"who": "alice", "why": "upgrade", "expires_in_ms": 60000})
        self.stage.answers["/pause"] = (401, {"error": "the token is wrong [api:token]",
                                              "next": "send the right one"})
        page.one("#token").send_keys("seventeen-symbols")
        page.one("#pause").click()
        page.one("#reason").send_keys("an upgrade")
        page.one("#ask-yes").click()
        page.wait_text("#ask-wrong", "the token is wrong [api:token]. Next: send the right one.")
        page.one("#ask-no").click()
        page.one("#resume").click()
        page.one("#ask-yes").click()
        page.wait(lambda: len(self.stage.orders) == 2, "second order")
        bearer = "Bearer seventeen-symbols"
        self.assertEqual(self.stage.orders,
                         [("/pause", {"reason": "an upgrade", "for": "1h"}, bearer),
                          ("/resume", {}, bearer)])
        page.wait(lambda: not page.one("#dialog").is_displayed(), "closed dialog")
        kept = "return [sessionStorage.length, localStorage.length, document.cookie, location.href]"
        self.assertEqual(page.run(kept), [1, 0, "", self.stage.url])

    def test_a_pause_needs_a_reason(self):
        page = self.show()
        page.one("#pause").click()
        page.one("#ask-yes").click()
        self.assertTrue(page.one("#dialog").is_displayed())
        self.assertTrue(page.run("return document.querySelector('#reason').validity.valueMissing"))
        self.assertEqual(self.stage.orders, [])

    # --- for everybody

    def test_no_page_is_wider_than_a_phone(self):
        for width in (320, 360, 768, 1280):
            self.browser.screen(width=width)
            page = self.show(**WORST)
            page.wait(lambda: page.all("#line li"), "time line")
            wide = page.run("return [...document.querySelectorAll('body *')].map((e) => "
                            "[e.className, e.getBoundingClientRect().right])"
                            ".filter((e) => e[1] > innerWidth + 1)")
            self.assertEqual((width, wide), (width, []))
            self.assertEqual(page.run("return document.documentElement.scrollWidth"), width)
            page.one("#pause").click()
            box = page.run("return document.querySelector('dialog').getBoundingClientRect()")
            self.assertLessEqual(box["right"], width)

    def test_every_text_has_enough_contrast_in_both_schemes_and_all_states(self):
        grounds = set()
        for scheme in SCHEMES:
            self.browser.screen(scheme=scheme)
            for changes in ({}, WORST):
                self.stage.silent = False
                page = self.show(**changes)
                page.wait_text("#link", "live")
                self.stage.tell("alarm", {"name": "unfenced", "why": "Why.", "detail": ""})
                page.wait_text("#news", "Alarm, unfenced: Why.")
                page.wait(lambda: len(page.run("return document.getAnimations().filter((a) => "
                                               "a.effect.target.id !== 'holding-fill')")) == 0,
                          "end of all transitions")
                found = page.contrasts()
                self.assertGreater(len(found), 60)
                self.assertGreaterEqual(found[0][0], 4.5, found[:3])
                page.one("#pause").click()
                self.assertGreaterEqual(page.contrasts()[0][0], 4.5)
            grounds.add(page.run("return getComputedStyle(document.body).backgroundColor"))
        self.assertEqual(len(grounds), 2)

    def test_a_screen_reader_is_told_a_name_and_a_role_of_everything(self):
        page = self.show(**WORST)
        tree = page.tree()
        nameless = [(role, name) for role, name, _ in tree
                    if role in ("button", "textbox", "meter", "heading", "link") and not name]
        self.assertEqual(nameless, [])
        names = {name for role, name, _ in tree if role == "button"}
        self.assertEqual(names, {f"Hand over to {m} …" for m in ("delegate-a", "delegate-b", LONG)}
                         | {"Pause …", "Resume …"})
        levels = [p["level"] for role, _, p in tree if role == "heading"]
        self.assertEqual(levels[0], 1)
        self.assertEqual(levels.count(1), 1)
        self.assertTrue(all(b - a <= 1 for a, b in zip(levels, levels[1:])), levels)
        roles = {role for role, _, _ in tree}
        self.assertLessEqual({"main", "banner", "contentinfo", "meter", "log", "status", "list",
                              "region"}, roles)
        # A word that points at another element finds it, and an id is there once.
        self.assertEqual(page.run("""
            const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
            const aims = [...document.querySelectorAll('*')].flatMap((e) => ['for',
              'aria-labelledby', 'aria-describedby'].map((a) => e.getAttribute(a)).filter(Boolean));
            return [ids.length - new Set(ids).size, aims.filter((a) => !ids.includes(a)),
              document.documentElement.lang]"""), [0, [], "en"])

    def test_everything_can_be_reached_and_seen_with_the_keyboard(self):
        page = self.show(pause={"who": "a", "why": "b", "expires_in_ms": None})
        seen = []
        for _ in range(7):
            page.press("TAB")
            seen.append(page.focused())
            style = page.run("const s = getComputedStyle(document.activeElement);"
                             "return s.outlineStyle + ' ' + s.outlineWidth")
            self.assertEqual(style, "solid 3px", seen)
        self.assertEqual(seen[0], "Skip to the members")
        for wanted in ("token", "pause", "resume"):
            self.assertIn(wanted, seen)
        self.assertEqual(sum("Hand over to" in s for s in seen), 2)
        page.run("document.querySelector('#pause').focus()")
        page.press("ENTER")
        self.assertEqual(page.focused(), "reason")

    def test_the_focus_stays_where_it_is_when_values_change(self):
        page = self.show()
        button = page.card("delegate-b").find_element("css selector", "button")
        page.run("arguments[0].focus()", button)
        self.stage.status = status(verdict="New.", members=[
            member("delegate-c", 2), member("delegate-b", 3), member("delegate-a", 1)])
        page.wait_text("#verdict", "New.")
        self.assertTrue(page.run("return document.activeElement === arguments[0]", button))

    def test_nothing_is_asked_of_another_host_and_nothing_may_be(self):
        self.browser.requests()
        page = self.show(**WORST)
        page.wait_text("#link", "live")
        asked = page.requests()
        self.assertIn(self.stage.url + "status", asked)
        self.assertEqual([a for a in asked if not a.startswith(self.stage.url)], [])
        page.run("""
            window.refused = [];
            document.addEventListener('securitypolicyviolation', (e) => {
              window.refused.push(e.effectiveDirective); });
            fetch('http://127.0.0.2:9/').catch(() => {});
            new Image().src = 'http://127.0.0.2:9/';
            const s = document.createElement('script');
            s.textContent = 'window.inline = 1';
            document.body.append(s);""")
        page.wait(lambda: sorted(page.run("return window.refused"))
                  == ["connect-src", "img-src", "script-src-elem"], "three refusals")
        self.assertIsNone(page.run("return window.inline ?? null"))


if __name__ == "__main__":
    unittest.main()
