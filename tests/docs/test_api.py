"""docs/api.md and docs/openapi.json against the table of paths in the code."""
import json
import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def served():
    return sorted(re.findall(r'^\s+Row\{"((?:GET|POST) /\w*)"', read("src/admin/api.cpp"), re.M))


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from references(item)


class Api(unittest.TestCase):
    def setUp(self):
        self.document = json.loads(read("docs/openapi.json"))

    def operations(self):
        return [(method.upper(), path, operation)
                for path, methods in self.document["paths"].items()
                for method, operation in methods.items()]

    def test_the_table_of_paths_is_found(self):
        self.assertGreater(len(served()), 10)
        self.assertIn("GET /livez", served())

    def test_every_path_that_is_served_is_described_and_no_other(self):
        described = sorted(f"{method} {path}" for method, path, _ in self.operations())
        self.assertEqual(described, served())

    def test_the_page_lists_every_path_that_is_served(self):
        table = read("docs/api.md").split("\n## ")[0]
        listed = []
        for method, rest in re.findall(r"^\| `(GET|POST) (/[^|]*)\|", table, re.M):
            listed += [f"{method} {path}" for path in re.findall(r"/\w+", "/" + rest[1:])]
        self.assertEqual(sorted(listed), served())

    def test_every_reference_leads_somewhere_and_everything_is_referred_to(self):
        used = set(references(self.document))
        there = {f"#/components/{kind}/{name}" for kind in ("schemas", "responses", "parameters")
                 for name in self.document["components"][kind]}
        self.assertEqual(used, there)

    def test_what_changes_something_is_refused_without_token_and_from_elsewhere(self):
        for method, path, operation in self.operations():
            codes = {"401", "403", "415"} & set(operation["responses"])
            self.assertEqual(codes, {"401", "403", "415"} if method == "POST" else set(), path)
            self.assertEqual("security" in operation, method == "POST", path)

    def test_each_has_an_answer_of_success_and_a_name_of_its_own(self):
        names = [operation["operationId"] for _, _, operation in self.operations()]
        self.assertEqual(len(names), len(set(names)))
        for _, path, operation in self.operations():
            self.assertTrue({"200", "202"} & set(operation["responses"]), path)


if __name__ == "__main__":
    unittest.main()
