"""Reads clang-formatted C++ without a compiler, for tools/tidy.py: comments, functions, co_await.

It need not understand all of C++, only what our own formatted sources contain; every position it
gives is a position in the original text.
"""
import re

TOKENS = re.compile(
    r'//[^\n]*|/\*.*?\*/'
    r'|R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'", re.S)
DIRECTIVES = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)


def spaces(text):
    return re.sub(r"[^\n]", " ", text)


def blank(text, strings):
    """C++ without comments and, if asked, without the insides of strings; positions stay."""
    def replace(token):
        found = token[0]
        if found.startswith(("//", "/*")):
            return spaces(found)
        return '"' + spaces(found[1:-1]) + '"' if strings else found
    return TOKENS.sub(replace, text)


def code_only(text):
    """C++ without comments, preprocessor lines and the insides of strings; positions stay."""
    return DIRECTIVES.sub(lambda found: spaces(found[0]), blank(text, strings=True))


def is_initialiser(code, at):
    """Tells `T{…}`, `= {…}`, `f({…})` from a block, in code as clang-format writes it."""
    before = code[max(0, at - 200):at]
    if before and not before[-1].isspace():
        return before[-1] != ")"
    before = before.rstrip()
    if before.endswith("{"):
        return code[at + 1:at + 2] != "\n"  # else a block that opens a block
    return re.search(r"(?:[=,(]|\breturn|\bco_return)$", before) is not None


CONTAINER = re.compile(r"\s*(?:template\s*<.*>\s*)?(?:inline\s+)?"
                       r"(?:namespace|class|struct|union|enum|extern|TEST_SUITE\w*)\b", re.S)


def is_function_head(head):
    head = re.sub(r"template\s*<[^(]*>", " ", head)
    before = None
    while before != head:
        before, head = head, re.sub(r"\([^()]*\)", " \x01 ", head)
    assigned = re.search(r"(?<![=!<>+\-*/%&|^])=(?!=)", re.sub(r"operator\S+", "", head))
    return "\x01" in head and not assigned


def functions(code):
    """(start, end) of each outermost function body with its head; a lambda belongs to its owner."""
    frames = []
    head = parens = 0
    for found in re.finditer(r"[(){};]", code):
        at = found.start()
        if found[0] in "()":
            parens += 1 if found[0] == "(" else -1
        elif found[0] == ";":
            head = head if parens else found.end()
        elif found[0] == "{":
            text = re.sub(r"^\s*(?:(?:public|private|protected)\s*:\s*)+", "", code[head:at])
            free = parens == 0 and all(kind == "container" for kind, _, _ in frames)
            if is_initialiser(code, at):
                kind = "initialiser"
            elif free and CONTAINER.match(text):
                kind = "container"
            else:
                kind = "function" if free and is_function_head(text) else "block"
            frames.append((kind, head, parens))
            head, parens = found.end(), 0
        elif frames:
            kind, head, parens = frames.pop()
            if kind == "function":
                yield head + len(code[head:at]) - len(code[head:at].lstrip()), at
            if kind != "initialiser" and parens == 0:
                head = found.end()


def bracket_pairs(code):
    pairs, opened = {}, []
    for found in re.finditer(r"[()\[\]{}]", code):
        if found[0] in "([{":
            opened.append(found.start())
        elif opened:
            start = opened.pop()
            pairs[start], pairs[found.start()] = found.start(), start
    return pairs


class Expression:
    """The full expression around one co_await. Bodies of lambdas inside it are not part of it."""

    def __init__(self, code, pairs, at):
        self.code, self.pairs, self.at = code, pairs, at
        self.guarded = False  # to the right of &&, || or ?
        self.start = self._begin()
        self.text = self._text()

    def _inside(self, close):
        """The block that ends here is a lambda's body: the expression goes on around it."""
        return re.match(r"\s*[,).(]", self.code[close + 1:close + 200]) is not None

    def _begin(self):
        at, closed = self.at - 1, False
        while at >= 0:
            c = self.code[at]
            if c in ")]}" and at in self.pairs:
                opened = self.pairs[at]
                if c == "}" and not is_initialiser(self.code, opened) and not self._inside(at):
                    return at + 1
                at = opened
            elif c == ";" or (c == "{" and not is_initialiser(self.code, at)):
                return at + 1
            elif c in "([{":
                closed = False
            elif c == ",":
                closed = True  # an operator before it belongs to another operand
            elif not closed and re.match(r"&&|\|\||\?", self.code[at:at + 2]) \
                    and self.code[at - 1].isspace():
                self.guarded = True
            at -= 1
        return 0

    def _text(self):
        """The expression, with the bodies of lambdas left out."""
        at, parts = self.start, []
        while at < len(self.code):
            c = self.code[at]
            if c in ";}":
                break
            if c == "{" and not is_initialiser(self.code, at):
                close = self.pairs.get(at, len(self.code))
                if not self._inside(close):
                    break
                parts.append("{ ")
                at = close
                continue
            parts.append(c)
            if c == "{" and "}" == self.code[self.pairs.get(at, at)]:
                parts.append(self.code[at + 1:self.pairs[at]] + "}")
                at = self.pairs[at]
            at += 1
        return "".join(parts)


CAPTURING = re.compile(r"(?<![\w)\]\[])\[(?:[^\[\]]|\[[^\[\]]*\])+\]\s*(?:[({<]|mutable\b|->)")


def faults_of(expression):
    text = expression.text
    if text.count("co_await") > 1:
        yield "await once in a statement: give the first result a name"
    if expression.guarded:
        yield "no co_await to the right of &&, || or ?: write an if"
    if re.search(r"\bswitch\s*\(\s*co_await\b", text):
        yield "name the awaited value before the switch"
    if CAPTURING.search(text):
        yield "name the capturing lambda first"
    if any(is_initialiser(text, found.start()) for found in re.finditer(r"\{", text)):
        yield "name the braced value first"


def co_await_faults(code):
    """(position, what to do) for what g++ 12.2 miscompiles, or what comes too close to it."""
    pairs = bracket_pairs(code) if "co_await" in code else {}
    for found in re.finditer(r"\bco_await\b", code):
        for todo in faults_of(Expression(code, pairs, found.start())):
            yield found.start(), todo
