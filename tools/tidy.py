#!/usr/bin/env python3
"""The house rules, executable. Each finding reads `file:line: rule: what to do`.

`tools/tidy.py` judges every file that git tracks or would track; `tools/tidy.py --list` prints the
rules with their reasons. What a rule allows where is in the tables below; a rule of its own kind is
a function with @rule, and its test goes to tests/house.
"""
import ast
import fnmatch
import functools
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import cpp_text

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# ------------------------------------------------------------------------------------ the tables

MAX_WIDTH = 100
MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 70
MAX_CORE_CODE_LINES = 1500
FORMATTER = "clang-format-14"

# Folders of src/ without I/O, clock, threads or chance, and which others of them each may include.
# Below the programs, the rest of src/ may include only `model` of them.
PURE = {
    "model": set(),
    "health": {"model"},
    "knowledge": {"model"},
    "session": {"model"},
    "fencing": {"model"},
    "sentinel": {"model"},
    "failback": {"model"},
    "core": {"model", "health", "knowledge", "session", "fencing", "sentinel"},
}
# Which folders of src/ a folder may include besides itself.
LOWER = {"support", "spawn", "notify", "etcd", "iotex", "config", "guardian", "report",
         "orders"} | set(PURE)
LAYERS = PURE | {
    "support": set(),
    "spawn": set(),
    "notify": {"support", "model", "spawn"},
    "etcd": {"support", "model"},
    "iotex": {"support", "model"},
    "config": {"support", "model"},
    "report": {"model"},
    "orders": {"support", "model", "etcd", "config", "report"},
    "cli": {"support", "model", "etcd", "iotex", "config", "guardian", "report",
            "orders"},
    "guardian": {"support", "model", "fencing", "spawn"},
    "admin": LOWER,
    "app": LOWER | {"admin", "cli"},
    "demo": {"model", "etcd", "config", "app", "simnode", "netproxy"},
}
MAIN = "src/app/main.cpp"  # the top: it may include every folder

# Standard headers without clock, thread, file or source of randomness: what they may include.
# (<chrono> is there for its durations; the rule `clock` keeps its clocks out.)
PURE_HEADERS = set("""
    algorithm any array bit bitset cassert cctype charconv chrono cinttypes climits cmath compare
    complex concepts cstddef cstdint cstdlib cstring deque exception forward_list functional
    initializer_list iterator limits list map memory new numbers numeric optional queue ranges ratio
    set source_location span sstream stack stdexcept string string_view system_error tuple
    type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector
    version""".split())

# Libraries that only the named places may include: (rule, include, places, reason).
CONFINED = [
    ("grpc", r"grpc|google/protobuf",
     ("src/etcd/transport.cpp", "bench/bare_client.cpp", "tests/"),
     "Its queue, threads and types stay behind etcd/transport.hpp, which speaks bytes."),
    ("protobuf", r"[\w/]*\.pb\.h",
     ("src/etcd/codec.cpp", "bench/bare_client.cpp", "tests/"),
     "The wire format is known in one file; everybody else has the plain values of etcd/kv.hpp."),
    ("openssl", r"openssl/", ("src/config/certificates.cpp", "src/admin/gate.cpp", "tests/"),
     "Its owning pointers and its queue of errors are handled in one file; gRPC does the rest."),
    ("beast", r"boost/beast",
     ("src/iotex/http_connection.cpp", "src/notify/webhook.cpp", "src/admin/connection.cpp",
      "src/support/boost_impl.cpp",
      "tools/simnode/", "tests/"),
     "It costs seconds of compile time in every file, and its types should not spread."),
    ("prometheus", r"prometheus/", ("src/admin/metrics.cpp", "tests/"),
     "Everybody else tells admin/metrics.hpp what has happened, in words of the model."),
    ("toml", r"toml\+\+", ("src/config/document.cpp", "tests/"),
     "Compiled once; everybody else reads config/document.hpp."),
]

SLEEP = r"\b(?:sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\("
# Words that may not occur in C++: (rule, pattern, where, except where, what to do, reason).
BANNED = [
    ("detached", r"\basio::detached\b", ("src/",), (),
     "spawn a named task whose escaped exception becomes an event",
     "It swallows exceptions: a task would die without a word."),
    ("thread", r"\bstd::(?:jthread|thread|async)\b|\bpthread_create\b", ("src/",),
     ("src/etcd/transport.cpp",), "run it on the io_context",
     "One thread and one completion-queue thread: no locks, no races to reason about."),
    ("sleep", SLEEP, ("src/",), (), "await a timer",
     "A sleeping reactor misses the deadline that keeps two nodes from signing."),
    ("print", r"\bstd::(?:cout|cerr|clog)\b|\b(?:printf|fprintf|puts|fputs)\s*\(", ("src/",),
     ("src/app/", "src/cli/", "src/demo/", "src/guardian/main.cpp"),
     "return a value or log an event",
     "Output is the business of the programs; elsewhere nobody could test or redirect it."),
    ("random", r"\brand\s*\(|\brandom_device\b", ("src/",), ("src/app/", "src/demo/"),
     "take a seed from the caller",
     "A run that cannot be repeated from its seed cannot be debugged."),
    ("clock", r"\b(?:steady|system|high_resolution|utc)_clock\b|\bclock_gettime\b|\btime\s*\(",
     tuple(f"src/{folder}/" for folder in [*PURE, "report"]), (),
     "use the `now` that step() was given",
     "Time is an argument there, or the simulator and the replay do not show the truth."),
    ("test-sleep", SLEEP, ("tests/",),
     ("tests/integration/", "tests/chaos/", "tests/support/etcd_process.cpp"),
     "use a fake, or await the thing itself",
     "A sleep makes a test slow on every machine and wrong on a slow one."),
    ("test-skip", r"\bdoctest::(?:skip|may_fail|should_fail|expected_failures)\b|"
     r"\*\s*(?:skip|may_fail|should_fail|expected_failures)\s*\(", ("tests/", "bench/"), (),
     "fix it or delete it", "A check that cannot fail is a defect."),
]

# The same for Python, where a rule of that table has a counterpart there.
BANNED_IN_PYTHON = {"test-sleep": r"\btime\.sleep\b"}

# Inputs of tests that are kept byte for byte, whatever they look like.
RAW = ("fuzz/corpus/",)

# Spelled so that this file does not find itself.
MARKERS = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b")
MACHINE_PATHS = re.compile(r"(?<![\w.$}])/(?:work|root|home/\w+)/")
TEMPORARY_PATHS = re.compile(r"(?<![\w.$}])/tmp/\w")

# ---------------------------------------------------------------------------- files and findings

class Source:
    """One text file. `path` is relative to the root, with forward slashes."""

    def __init__(self, root, path):
        self.path = path
        self.full_path = os.path.join(root, path)
        with open(self.full_path, "rb") as file:
            content = file.read()
        self.binary = b"\0" in content or path.startswith(RAW)
        self.text = "" if self.binary else content.decode(errors="replace")
        self.lines = re.sub(r"\n\Z", "", self.text).split("\n")

    @functools.cached_property
    def uncommented(self):
        return cpp_text.blank(self.text, strings=False)

    @functools.cached_property
    def code(self):
        return cpp_text.code_only(self.text)

    def line_at(self, position):
        return self.text.count("\n", 0, position) + 1

    def includes(self):
        """(line, name, quoted) of each include."""
        for found in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]',
                                 self.uncommented, re.M):
            yield self.line_at(found.start()), found[2], found[1] == '"'

    @property
    def is_cpp(self):
        return self.path.endswith((".cpp", ".hpp"))

    @property
    def is_header(self):
        return self.path.endswith(".hpp")

    @property
    def is_python(self):
        return self.path.endswith(".py")

    @property
    def is_markdown(self):
        return self.path.endswith(".md")


def known_to_git(root):
    """What git tracks or would track."""
    listed = subprocess.run(["git", "ls-files", "-coz", "--exclude-standard"], cwd=root, check=True,
                            stdout=subprocess.PIPE).stdout.decode()
    return sorted({path for path in listed.split("\0") if path})


class Tree:
    def __init__(self, root, paths):
        self.root = root
        sources = [Source(root, p) for p in paths
                   if os.path.isfile(os.path.join(root, p))]
        self.sources = {s.path: s for s in sources if not s.binary}
        self.known = {"."}  # files and their folders: what a link may point at
        for source in sources:
            path = source.path
            while path:
                self.known.add(path)
                path = os.path.dirname(path)


RULES = {}  # name -> (reason, function)


def rule(name, why):
    """The function is given the tree and yields (source, line, what to do)."""
    def register(check):
        RULES[name] = (why, check)
        return check
    return register


def file_rule(name, why, applies):
    """The function is given one source that applies and yields (line, what to do)."""
    def register(check):
        def check_tree(tree):
            for source in tree.sources.values():
                if applies(source):
                    for line, todo in check(source):
                        yield source, line, todo
        RULES[name] = (why, check_tree)
        return check
    return register


def within(source, places):
    return source.path.startswith(places) if places else False


def matches(source, pattern, text, todo):
    for found in re.finditer(pattern, text):
        yield source.line_at(found.start()), todo.format(found[0].strip())


# ------------------------------------------------------------------------------ layers and words

@file_rule("layer", "The core stays pure and an adapter replaceable only if includes go downwards; "
           "the linker cannot see it, as all headers are on one path.",
           lambda s: s.is_cpp and s.path.startswith("src/"))
def check_layer(source):
    layer = source.path.split("/")[1]
    if layer not in LAYERS:
        yield 1, f"name the layer src/{layer} in LAYERS of tools/tidy.py, or move the file"
        return
    allowed = (set(LAYERS) if source.path == MAIN else LAYERS[layer]) | {layer}
    for line, name, quoted in source.includes():
        if quoted and "/" in name:
            other = name.split("/")[0]
            if other not in allowed:
                yield line, f"{layer} may not include {other}; move the code or invert the call"
        elif layer in PURE and (quoted or name not in PURE_HEADERS):
            yield line, f"{layer} includes the pure part of the standard library, not {name}"


def confine(name, include, places, why):
    @file_rule(name, why, lambda s: s.is_cpp and not within(s, places))
    def check(source):
        for line, header, _ in source.includes():
            if re.match(include, header):
                yield line, f"include {header} only in {', '.join(places)}"


def ban(name, pattern, where, allowed, todo, why):
    @file_rule(name, why, lambda s: within(s, where) and not within(s, allowed))
    def check(source):
        if source.is_cpp:
            yield from matches(source, pattern, source.code, "instead of `{}` " + todo)
        elif source.is_python and name in BANNED_IN_PYTHON:
            pattern_there = BANNED_IN_PYTHON[name]
            yield from matches(source, pattern_there, source.text, "instead of `{}` " + todo)


for _confined in CONFINED:
    confine(*_confined)
for _banned in BANNED:
    ban(*_banned)


@file_rule("using-namespace", "It changes what names mean in every file that includes the header; "
           "the standard literals are made for it, and the vocabulary is the pure folders' own "
           "language.", lambda s: s.is_header and s.path.startswith("src/"))
def check_using_namespace(source):
    pure = source.path.split("/")[1] in PURE
    allowed = r"std::(?:\w+::)*\w*literals\b" + (r"|model;" if pure else "")
    yield from matches(source, rf"\busing\s+namespace\s+(?!{allowed})[\w:]+", source.code,
                       "write out the names instead of `{}`")


@file_rule("marker", "A promise in a comment is kept by nobody: do it now, or write it where work "
           "is planned.", lambda s: True)
def check_marker(source):
    yield from matches(source, MARKERS, source.text, "do it or drop it: {}")


@file_rule("machine-path", "A path of one machine is a lie on every other.", lambda s: True)
def check_machine_path(source):
    yield from matches(source, MACHINE_PATHS, source.text, "do not name {}, a place of one machine")
    if source.is_markdown:
        yield from matches(source, TEMPORARY_PATHS, source.text, "name a lasting place, not {}…")


# ------------------------------------------------------------------------------ sizes and shape

@file_rule("file-length", "A file that does not fit a head does two things.",
           lambda s: s.is_cpp or s.is_python)
def check_file_length(source):
    if len(source.lines) > MAX_FILE_LINES:
        yield MAX_FILE_LINES + 1, f"split it: {len(source.lines)} lines, {MAX_FILE_LINES} at most"


@file_rule("width", "Two files side by side, in a review and in a terminal.",
           lambda s: s.is_cpp or s.is_python)
def check_width(source):
    for number, line in enumerate(source.lines, 1):
        if len(line) > MAX_WIDTH:
            yield number, f"break the line: {len(line)} characters, {MAX_WIDTH} at most"


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno


@file_rule("function-length", "What does not fit a screen is not read as a whole.",
           lambda s: s.is_cpp or s.is_python)
def check_function_length(source):
    if source.is_cpp:
        spans = [(source.line_at(a), source.line_at(b)) for a, b in cpp_text.functions(source.code)]
    else:
        spans = python_functions(source.text)
    for first, last in spans:
        if last - first + 1 > MAX_FUNCTION_LINES:
            yield first, (f"split this function: {last - first + 1} lines, "
                          f"{MAX_FUNCTION_LINES} at most")


@rule("core-size", "A stranger reads in an evening what decides who signs; what can be told "
      "without roles and records is a folder of its own.")
def check_core_size(tree):
    sources = [s for s in tree.sources.values() if s.is_cpp and s.path.startswith("src/core/")]
    count = sum(1 for s in sources for line in s.uncommented.splitlines() if line.strip())
    if count > MAX_CORE_CODE_LINES:
        yield (sources[0], 1, f"src/core has {count} lines of code, {MAX_CORE_CODE_LINES} at most: "
               "move what can be told apart into a pure folder of its own")


@file_rule("header-comment", "A header is its own manual: what it owns, what it must never do, "
           "which thread may call it.", lambda s: s.is_header)
def check_header_comment(source):
    comment = re.match(r"(?://[^\n]*\n)+", source.text)
    words = re.sub(r"\s*\n//\s*", " ", comment[0]) if comment else ""
    if not words.startswith("// Owns "):
        yield 1, "begin with a comment: `// Owns …`, what it must never do, and the thread rule"
    elif "Thread rule" not in words:
        yield 1, "end the first comment with `Thread rule: …`"


@file_rule("pragma-once", "An include twice must not be an error.", lambda s: s.is_header)
def check_pragma_once(source):
    if not re.search(r"^#pragma once$", source.uncommented, re.M):
        yield 1, "add #pragma once below the first comment"


# ----------------------------------------------------------------------------------- coroutines

@file_rule("co-await", "g++ 12.2 miscompiles such expressions: temporaries are destroyed twice, "
           "short-circuits ignored. Only named objects are safe.", lambda s: s.is_cpp)
def check_co_await(source):
    faults = {(source.line_at(at), todo) for at, todo in cpp_text.co_await_faults(source.code)}
    yield from sorted(faults)


# ------------------------------------------------------------------------------------- documents

def prose(source):
    """Markdown without fenced blocks and inline code; line numbers stay."""
    code = re.compile(r"^( *)(```+|~~~+).*?^\1\2[ \t]*$|`[^`\n]+`", re.M | re.S)
    return code.sub(lambda found: cpp_text.spaces(found[0]), source.text)


@file_rule("one-h1", "A page has one subject.", lambda s: s.is_markdown)
def check_one_h1(source):
    titles = [source.line_at(f.start()) for f in re.finditer(r"^# .*", prose(source), re.M)]
    if len(titles) != 1:
        yield (titles or [1])[-1], f"have exactly one `# title`, not {len(titles)}"


def anchors(source):
    """What GitHub makes of the headings."""
    for heading in re.findall(r"^#+ +(.*?) *$", source.text, re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


LINKS = re.compile(r"\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|^\[[^\]]+\]:\s*(\S+)", re.M)


@rule("link", "A dead link costs the reader the trust in the page.")
def check_link(tree):
    for source in list(tree.sources.values()):
        if not source.is_markdown:
            continue
        for found in LINKS.finditer(prose(source)):
            target = found[1] or found[2]
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            path = os.path.normpath(os.path.join(os.path.dirname(source.path), path)) \
                if path else source.path
            aim = tree.sources.get(path)
            if path not in tree.known:
                yield source, source.line_at(found.start()), f"there is no {path}"
            elif anchor and aim and aim.is_markdown and anchor not in anchors(aim):
                yield source, source.line_at(found.start()), f"{path} has no heading #{anchor}"


# --------------------------------------------------------------------------------- tests and files

def names_source(cmake, name):
    """This CMakeLists.txt puts the file into a test program, by name or by pattern."""
    words = re.findall(r"[^\s()\"]+", re.sub(r"#[^\n]*|\$\{\w+\}/", "", cmake.text))
    return "elector_test" in words and any(fnmatch.fnmatch(name, word) for word in words
                                           if word.endswith(".cpp"))


@rule("registered", "A test that nothing runs passes for ever.")
def check_registered(tree):
    for source in tree.sources.values():
        if not source.path.startswith("tests/"):
            continue
        folder, name = os.path.split(source.path)
        if source.path.endswith(".cpp") and re.search(r"\bTEST_CASE\w*\(", source.code):
            cmake = tree.sources.get(f"{folder}/CMakeLists.txt")
            if not cmake or folder.count("/") != 1 or not names_source(cmake, name):
                yield source, 1, "name it in elector_test() of tests/<suite>/CMakeLists.txt"
        if source.path.endswith("/CMakeLists.txt"):
            for found in re.finditer(r"\bLABEL\s+(\w+)", source.text):
                if found[1] not in ("short", "long") and folder != "tests":
                    yield (source, source.line_at(found.start()),
                           f"use label short or long; nothing runs {found[1]}")
        if source.is_python and "(unittest.TestCase)" in source.text:
            discovered = ("tests/house", "tests/docs", "tests/packaging", "tests/package",
                          "tests/browser", "tests/bench")
            if folder not in discovered or not fnmatch.fnmatch(name, "test*.py"):
                yield source, 1, "name it tests/house/test_….py, where it is discovered"


@file_rule("trailing-space", "Noise in every diff.", lambda s: True)
def check_trailing_space(source):
    for number, line in enumerate(source.lines, 1):
        if line != line.rstrip():
            yield number, "delete the spaces at the end of the line"


@file_rule("conflict", "Half of a merge is read by users as what we say.", lambda s: True)
def check_conflict(source):
    yield from matches(source, r"(?m)^(?:<{7}|>{7}|[|]{7}) .*$", source.text,
                       "finish the merge: {0!r} is left of it")


@file_rule("last-newline", "Tools that join files or lines need it.", lambda s: s.text != "")
def check_last_newline(source):
    if not source.text.endswith("\n") or source.text.endswith("\n\n"):
        yield len(source.lines), "end the file with exactly one newline"


@file_rule("run-bit", "A script that says how to run it can be run.",
           lambda s: s.text.startswith("#!"))
def check_run_bit(source):
    if not os.access(source.full_path, os.X_OK):
        yield 1, f"chmod +x {source.path}"


@rule("format", "Nobody discusses layout.")
def check_format(tree):
    sources = [s for s in tree.sources.values() if s.is_cpp]
    if not sources:
        return
    if not shutil.which(FORMATTER):
        yield sources[0], 1, f"install {FORMATTER}, or run tools/dev test, which installs it"
        return
    workers = os.cpu_count() or 1

    def run(part):
        return subprocess.run([FORMATTER, "--dry-run", *(s.path for s in part)], cwd=tree.root,
                              stderr=subprocess.PIPE, text=True, errors="replace")
    with ThreadPoolExecutor(workers) as pool:
        parts = [part for part in (sources[i::workers] for i in range(workers)) if part]
        for done in pool.map(run, parts):
            first = {}
            for found in re.finditer(r"^(.+?):(\d+):\d+: (?:warning|error):", done.stderr, re.M):
                if found[1] in tree.sources:
                    first.setdefault(found[1], int(found[2]))
            for path, line in first.items():
                yield tree.sources[path], line, "run tools/dev format"
            if done.returncode != 0:
                yield sources[0], 1, f"{FORMATTER} failed: {done.stderr.strip()[-300:]}"


# ------------------------------------------------------------------------------------------- main

def findings(root, paths, only=None):
    """Sorted (path, line, rule, what to do) of these files of the tree at `root`."""
    tree = Tree(root, paths)
    found = []
    for name, (_, check) in RULES.items():
        if only is None or name in only:
            found += [(source.path, line, name, todo) for source, line, todo in check(tree)]
    return sorted(found)


def main(arguments):
    if arguments == ["--list"]:
        for name, (why, _) in RULES.items():
            print(f"{name}: {why}")
        return 0
    if arguments:
        print("usage: tools/tidy.py [--list]", file=sys.stderr)
        return 2
    found = findings(ROOT, known_to_git(ROOT))
    for path, line, name, todo in found:
        print(f"{path}:{line}: {name}: {todo}")
    for name in sorted({finding[2] for finding in found}):
        print(f"why {name}: {RULES[name][0]}")
    print(f"{len(RULES)} house rules, {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
