"""Holds answers against docs/openapi.json: the status is described, and the body fits it."""
import json

import jsonschema


def strict(schema):
    """The same, and a field that is not described is an error: the page lists all there are."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: strict(value) for name, value in schema.items()}
    if isinstance(made.get("properties"), dict) and made.get("type"):
        made.setdefault("additionalProperties", False)
    return made


class OpenApi:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.document = json.load(file)
        schemas = strict(self.document["components"]["schemas"])
        self.components = {"components": {"schemas": schemas}}

    def operations(self):
        return [(method.upper(), path) for path, methods in self.document["paths"].items()
                for method in methods]

    def response(self, method, path, status):
        operation = self.document["paths"][path].get(method.lower())
        if operation is None:
            return None
        found = operation["responses"].get(str(status))
        if found is None:
            raise AssertionError(f"{method} {path} answered {status}, which is not described")
        if "$ref" in found:
            found = self.document["components"]["responses"][found["$ref"].split("/")[-1]]
        return found

    def validate(self, text, schema):
        jsonschema.Draft202012Validator({**strict(schema), **self.components}).validate(
            json.loads(text))

    def check(self, method, path, status, header, text):
        """AssertionError, or jsonschema's own, when it is not as described."""
        head = method == "HEAD"
        method, path = "GET" if head else method, path.split("?")[0]
        refusal = {"$ref": "#/components/schemas/Refusal"}
        known = path in self.document["paths"]
        found = self.response(method, path, status) if known and status != 405 else None
        if found is None:
            if status not in ((405,) if known else (404, 405, 431)):
                raise AssertionError(f"{method} {path} answered {status} and is not described")
            return None if head else self.validate(text, refusal)
        kind = header["Content-Type"].split(";")[0]
        if kind not in found["content"]:
            raise AssertionError(f"{method} {path} answered with {kind}, which is not described")
        if kind == "application/json" and not head:
            self.validate(text, found["content"][kind]["schema"])
        return None
