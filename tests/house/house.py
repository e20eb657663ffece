"""A throw-away tree of files, judged by the house rules of tools/tidy.py."""
import os
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

import tidy  # noqa: E402  (needs the path above)


def write(root, files, executable=()):
    for path, content in files.items():
        full_path = os.path.join(root, path)
        os.makedirs(os.path.dirname(full_path), exist_ok=True)
        with open(full_path, "w", encoding="utf-8") as file:
            file.write(content)
        os.chmod(full_path, 0o755 if path in executable else 0o644)


def findings(rule, files, executable=()):
    """(path, line, rule, what to do) that one rule says of `files` (path -> content)."""
    with tempfile.TemporaryDirectory() as root:
        write(root, files, executable)
        return tidy.findings(root, sorted(files), only={rule})


def judge(rule, files, executable=()):
    return [(path, line) for path, line, _, _ in findings(rule, files, executable)]
