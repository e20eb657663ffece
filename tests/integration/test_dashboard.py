"""How a member serves its dashboard; tests/browser looks at what it shows."""
import http.client
import os
import re
from urllib.parse import urlparse

import programs
from case import IntegrationCase, takes

FILES = {"/": ("index.html", "text/html"), "/app.js": ("app.js", "text/javascript"),
         "/groups.js": ("groups.js", "text/javascript"),
         "/style.css": ("style.css", "text/css"), "/icon.svg": ("icon.svg", "image/svg+xml")}


def source(name):
    with open(os.path.join(programs.ROOT, "src/admin", name), encoding="utf-8") as file:
        return file.read()


def ask(member, method, path):
    at = urlparse(member.api())
    line = http.client.HTTPConnection(at.hostname, at.port, timeout=20)
    try:
        line.request(method, path)
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        line.close()


class TheDashboard(IntegrationCase):
    @takes(10)
    def test_every_file_comes_from_the_program_with_a_policy_that_lets_nothing_else_in(self):
        with self.world(members=1, settings={"api": {"listen": "127.0.0.1:0"}}) as world:
            world.start_members()
            member = world.members[0]
            world.wait_for(member.api, 5, "API")
            for path, (name, kind) in FILES.items():
                status, fields, text = ask(member, "GET", path)
                self.assertEqual((status, text), (200, source("web/" + name)))
                self.assertEqual(fields["Content-Type"].split(";")[0], kind)
                self.assertEqual(fields["Cache-Control"], "no-store")
                self.assertEqual(fields["X-Content-Type-Options"], "nosniff")
                policy = dict(part.split(" ", 1) for part in
                              fields["Content-Security-Policy"].split("; "))
                self.assertEqual(policy, {
                    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'",
                    "img-src": "'self'", "connect-src": "'self'", "base-uri": "'none'",
                    "form-action": "'none'", "frame-ancestors": "'none'"})
                status, head, text = ask(member, "HEAD", path)
                self.assertEqual((status, text), (200, ""))
                self.assertEqual(head["Content-Length"], fields["Content-Length"])
                status, fields, _ = ask(member, "POST", path)
                self.assertEqual((status, fields["Allow"]), (405, "GET, HEAD"))
            # What a file names, the program has; and it names no other host.
            for name, _ in FILES.values():
                addresses = set(re.findall(r"https?://[^\s\"'`)]+", source("web/" + name)))
                self.assertLessEqual(addresses, {"http://www.w3.org/2000/svg"}, name)
            named = re.findall(r'(?:href|src)="([^"#]+)"', source("web/index.html"))
            self.assertEqual(sorted("/" + n for n in named), sorted(set(FILES) - {"/"}))
