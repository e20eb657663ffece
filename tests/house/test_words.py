"""Words that must not occur."""
import unittest

from house import judge, tidy

# Spelled so that this file does not break the rules it tests.
MARKERS = ["TO" "DO", "FIX" "ME", "X" "XX"]


class BannedWords(unittest.TestCase):
    def banned(self, rule, word, bad, good):
        """`word` is found in the second line of each bad file, and in no good one."""
        text = f"int a;\n{word};\n"
        for path in bad:
            with self.subTest(word, path=path):
                self.assertEqual(judge(rule, {path: text}), [(path, 2)])
        self.assertEqual(judge(rule, {path: text for path in good}), [])

    def test_detached_tasks_are_banned_in_production(self):
        self.banned("detached", "co_spawn(io, f(), boost::asio::detached)", ["src/etcd/a.cpp"],
                    ["tests/etcd_client/a.cpp", "tools/simnode/a.cpp"])

    def test_threads_are_banned_outside_the_bridge(self):
        for word in ("std::thread t(f)", "std::jthread t(f)", "std::async(f)",
                     "pthread_create(&t, 0, f, 0)"):
            self.banned("thread", word, ["src/core/a.cpp", "src/etcd/call.cpp", "src/app/a.cpp"],
                        ["src/etcd/transport.cpp", "tests/etcd_client/a.cpp"])
        self.assertEqual(judge("thread", {"src/app/a.cpp": "std::this_thread::get_id();\n"}), [])

    def test_production_never_sleeps(self):
        for word in ("std::this_thread::sleep_for(1s)", "usleep(5)", "::nanosleep(&a, &b)"):
            self.banned("sleep", word, ["src/app/a.cpp", "src/iotex/a.cpp"], ["tools/a.cpp"])

    def test_only_the_programs_print(self):
        for word in ("std::cout << 1", "std::cerr << 1", 'std::printf("1")', 'fputs("1", f)'):
            self.banned("print", word, ["src/core/a.cpp", "src/etcd/a.cpp"],
                        ["src/app/a.cpp", "src/cli/a.cpp", "src/demo/a.cpp", "tools/a.cpp"])
        self.assertEqual(judge("print", {"src/etcd/a.cpp": 'snprintf(b, 9, "1");\n'}), [])

    def test_only_the_programs_draw_randomness(self):
        for word in ("std::rand()", "std::random_device{}()"):
            self.banned("random", word, ["src/core/a.cpp", "src/etcd/a.hpp"], ["src/app/a.cpp"])
        self.assertEqual(judge("random", {"src/core/a.cpp": "operand(1);\n"}), [])

    def test_pure_folders_read_no_clock(self):
        for word in ("std::chrono::steady_clock::now()", "system_clock::now()",
                     "clock_gettime(CLOCK_BOOTTIME, &t)", "std::time(nullptr)"):
            self.banned("clock", word, [f"src/{folder}/a.cpp" for folder in tidy.PURE],
                        ["src/etcd/a.cpp", "tests/core/a.cpp"])

    def test_tests_do_not_sleep_outside_the_process_suites(self):
        self.banned("test-sleep", "std::this_thread::sleep_for(1s)",
                    ["tests/core/a.cpp", "tests/sim/a.hpp"],
                    ["tests/integration/a.cpp", "tests/chaos/a.cpp"])
        files = {"tests/docs/a.py": "import time\ntime.sl" "eep(1)\n"}
        self.assertEqual(judge("test-sleep", files), [("tests/docs/a.py", 2)])

    def test_tests_are_not_skipped_or_allowed_to_fail(self):
        for decorator in ("doctest::sk" "ip()", "doctest::may_" "fail()", "sk" "ip(true)"):
            self.banned("test-skip", f'TEST_CASE("a" * {decorator}) {{}}', ["tests/core/a.cpp"],
                        ["src/core/a.cpp"])

    def test_comments_and_strings_are_not_code(self):
        text = '// never std::thread\n/* std::thread */ auto a = "std::thread";\n' \
               'auto b = R"x(\nstd::thread " )x";\nchar c = \'"\'; int d = 1\'000;\n'
        self.assertEqual(judge("thread", {"src/core/a.cpp": text + "\n"}), [])
        self.assertEqual(judge("thread", {"src/core/a.cpp": text + "std::thread t;\n"}),
                         [("src/core/a.cpp", 6)])


class OtherWords(unittest.TestCase):
    def test_headers_do_not_use_namespaces(self):
        text = "namespace a {\nusing namespace std;\n}\n"
        files = {"src/core/a.hpp": text, "src/core/a.cpp": text, "tests/core/a.hpp": text}
        self.assertEqual(judge("using-namespace", files), [("src/core/a.hpp", 2)])

    def test_headers_may_use_the_standard_literals(self):
        files = {"src/core/a.hpp": "using namespace std::chrono_literals;\n"
                                   "using namespace std::literals::string_literals;\n"
                                   "using namespace my::literals;\n"}
        self.assertEqual(judge("using-namespace", files), [("src/core/a.hpp", 3)])

    def test_the_vocabulary_is_the_language_of_the_pure_folders_only(self):
        text = "using namespace model;\n"
        files = {f"src/{layer}/a.hpp": text for layer in tidy.PURE} | {"src/etcd/a.hpp": text}
        self.assertEqual(judge("using-namespace", files), [("src/etcd/a.hpp", 1)])
        files = {"src/core/a.hpp": "using namespace model::detail;\n"}
        self.assertEqual(judge("using-namespace", files), [("src/core/a.hpp", 1)])

    def test_markers_are_found_in_every_kind_of_file(self):
        for marker in MARKERS:
            for path in ("src/core/a.cpp", "docs/a.md", "tools/a.py", "CMakeLists.txt"):
                with self.subTest(marker, path=path):
                    self.assertEqual(judge("marker", {path: f"\n# {marker}: later\n"}), [(path, 2)])

    def test_a_template_for_a_temporary_name_is_no_marker(self):
        self.assertEqual(judge("marker", {"a.sh": "mktemp -d a.X" "XXXXX\n"}), [])

    def test_paths_of_one_machine_are_found_everywhere(self):
        for place in ("/wo" "rk/main/", "/ro" "ot/x", "/ho" "me/ann/x"):
            for path in ("src/core/a.cpp", "docs/a.md", "a.toml"):
                with self.subTest(place, path=path):
                    self.assertEqual(judge("machine-path", {path: f"see {place}\n"}), [(path, 1)])

    def test_temporary_paths_are_found_in_documents_only(self):
        text = "see /t" "mp/x\n"
        self.assertEqual(judge("machine-path", {"a.md": text, "a.py": text}), [("a.md", 1)])

    def test_other_paths_are_nobodys_business(self):
        inner = "/wo" "rk/a"
        text = f"/var/lib/iotex-elector docs{inner} $HOME{inner} https://a.b{inner} /home page\n"
        self.assertEqual(judge("machine-path", {"a.md": text}), [])


if __name__ == "__main__":
    unittest.main()
