"""Coroutine expressions that g++ 12.2 miscompiles."""
import unittest

from house import findings, judge

GOOD = [
    "co_await f(a, std::move(b));",
    "auto&& x = co_await f();",
    "const auto [a, b] = co_await f(x[1], kTuple);",
    "if (!co_await s.read()) break;",
    "if (a && b) co_await f();",
    "for (;;) {\n    if (!co_await s.read()) break;\n}",
    "const auto x = Foo{1};\nco_await f(x);",
    "co_await (read() || timer.async_wait(kToken));",
    "co_await f(a && b, std::chrono::milliseconds(5));",
    "f(a ? b : c, co_await g());",
    "auto task = [a]() -> Awaitable<void> {\n    co_await f();\n    co_await g();\n};",
    "co_spawn(io, [a]() -> Awaitable<void> { co_await f(); }, token);",
    "boxes[i].put(co_await f());",
    "{\n    co_await f();\n}\nco_await g();",
    "while (co_await f()) {\n    g(Foo{1});\n}",
    "const bool ok = a && b;\nco_await f(ok);",
    "// co_await f({a}) && co_await g()",
]

# The trap, and a word of the advice for it.
BAD = [
    ("f(co_await a(), co_await b());", "once"),
    ("co_return co_await a() + co_await b();", "once"),
    ("if (a && co_await f()) g();", "&&"),
    ("const bool x = a ||\n               co_await f();", "&&"),
    ("auto x = a ? co_await f() : g();", "&&"),
    ("h(a && f(b, co_await g()));", "&&"),
    ("switch (co_await f()) {\n    default:;\n}", "switch"),
    ("co_await f({a, b});", "braced"),
    ("co_await f(Foo{a, b});", "braced"),
    ("Foo x{co_await f(), a};", "braced"),
    ("auto x = Foo{co_await f()};", "braced"),
    ("co_await co_spawn(io, [a]() -> Awaitable<void> { co_return; }, token);", "lambda"),
    ("co_await f([a = b[0]] { return a; });", "lambda"),
    ("co_await f([&, a](int x) mutable { return a; });", "lambda"),
]


def inside_coroutine(body):
    indented = "".join(f"    {line}\n" for line in body.split("\n"))
    return {"src/etcd/a.cpp": f"Awaitable<void> g(Foo a = Foo{{}}) {{\n{indented}}}\n"}


class CoAwait(unittest.TestCase):
    def lines(self, body):
        return [line for _, line in judge("co-await", inside_coroutine(body))]

    def test_named_objects_in_plain_statements_are_fine(self):
        for body in GOOD:
            with self.subTest(body):
                self.assertEqual(self.lines(body), [])

    def test_each_trap_is_found_and_nothing_else(self):
        for body, word in BAD:
            with self.subTest(body):
                advice = {todo for *_, todo in findings("co-await", inside_coroutine(body))}
                self.assertEqual(len(advice), 1)
                self.assertIn(word, advice.pop())

    def test_the_line_of_the_co_await_is_told(self):
        self.assertEqual(self.lines("a();\nco_await f({b});\nco_await c();"), [3])

    def test_tests_and_tools_obey_too(self):
        text = "void g() {\n    co_await f({a});\n}\n"
        files = {"tests/a/a.cpp": text, "tools/a.cpp": text}
        self.assertEqual(judge("co-await", files), [("tests/a/a.cpp", 2), ("tools/a.cpp", 2)])


if __name__ == "__main__":
    unittest.main()
