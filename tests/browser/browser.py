"""A headless Chromium for one test class, and what is asked of every page in it.

It cannot reach anything but this host: names are not resolved, so that a request to another host
fails here as it would be noticed by who looks at the log of requests.
"""
import json
import os

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = float(os.environ.get("ELECTOR_PATIENCE", "3"))
ARGUMENTS = ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--disable-extensions", "--hide-scrollbars", "--lang=en-GB",
             "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")

# The lowest contrast of all texts that are shown: [ratio, text, colour, ground].
CONTRASTS = """
const parse = (c) => { const n = c.match(/[\\d.]+/g).map(Number);
  return [n[0], n[1], n[2], n[3] ?? 1]; };
const over = (a, b) => [0, 1, 2].map((i) => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
const light = (c) => { const [r, g, b] = c.slice(0, 3).map((v) => { v /= 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const ground = (e) => { const layers = [];
  for (let n = e; n; n = n.parentElement) layers.push(parse(getComputedStyle(n).backgroundColor));
  return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]); };
const found = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const e = walk.currentNode.parentElement, words = walk.currentNode.textContent.trim();
  const box = e.getBoundingClientRect(), style = getComputedStyle(e);
  if (!words || box.width < 2 || style.visibility === 'hidden' || e.closest('noscript')) continue;
  const back = ground(e), front = over(parse(style.color), back);
  const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
  found.push([(a + 0.05) / (b + 0.05), words, style.color, back.join()]);
}
return found.sort((a, b) => a[0] - b[0]);
"""


class Browser:
    def __init__(self):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in ARGUMENTS:
            options.add_argument(argument)
        if os.geteuid() == 0:
            options.add_argument("--no-sandbox")  # Chromium refuses to have one as root
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)

    def close(self):
        self.driver.quit()

    # --- what the page is shown on

    def screen(self, width=1280, height=900, scheme="light", motion="no-preference"):
        self.order("Emulation.setDeviceMetricsOverride", width=width, height=height,
                   deviceScaleFactor=1, mobile=width < 500)
        self.order("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": motion}])

    def order(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def open(self, url):
        self.driver.get(url)

    # --- looking

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector):
        """As it stands in the document, shown or not."""
        return self.run("return document.querySelector(arguments[0])?.textContent ?? ''", selector)

    def wait(self, condition, what, seconds=5):
        return WebDriverWait(self.driver, seconds * PATIENCE, 0.05).until(
            lambda _: condition(), f"there was no: {what}; the page says: {self.words()!r}")

    def wait_text(self, selector, part, seconds=5):
        self.wait(lambda: part in self.text(selector), f"{part!r} in {selector}", seconds)

    def words(self):
        return self.run("return document.body.innerText")

    def card(self, member):
        """The element of a member."""
        return self.wait(lambda: self.run(
            "return [...document.querySelectorAll('#members > li')]"
            ".find((c) => c.dataset.key === arguments[0])", member), f"card of {member}")

    def node(self, member):
        """What is said of its node, without its age."""
        return self.run("return arguments[0].querySelector('.word').textContent",
                        self.card(member))

    def contrasts(self):
        return self.run(CONTRASTS)

    def tree(self):
        """The accessibility tree: what a screen reader is told, as (role, name, properties)."""
        self.order("Accessibility.enable")
        nodes = self.order("Accessibility.getFullAXTree")["nodes"]
        return [(n["role"]["value"], n.get("name", {}).get("value", ""),
                 {p["name"]: p["value"].get("value") for p in n.get("properties", [])})
                for n in nodes if not n.get("ignored")]

    # --- doing

    def press(self, *keys):
        for key in keys:
            self.driver.switch_to.active_element.send_keys(getattr(Keys, key, key))

    def focused(self):
        """The id, or else the words, of what has the focus."""
        return self.run("const e = document.activeElement; return e.id || e.textContent;")

    # --- what it has asked for

    def requests(self):
        """Every address since the last look, by Chromium's own log; data: and the like too."""
        entries = [json.loads(e["message"])["message"] for e in self.driver.get_log("performance")]
        return [e["params"]["request"]["url"] for e in entries
                if e["method"] == "Network.requestWillBeSent"]

    def complaints(self):
        """What the page's console says: a refused inline script, a script that fell over."""
        return [e["message"] for e in self.driver.get_log("browser") if e["source"] != "network"]
