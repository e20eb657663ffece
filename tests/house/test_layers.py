"""Who may include whom."""
import unittest

from house import judge, tidy


def include(*names):
    return "".join(f"#include {name}\n" for name in names)


class Layers(unittest.TestCase):
    def test_a_pure_folder_includes_itself_and_pure_standard_headers(self):
        for layer in tidy.PURE:
            files = {f"src/{layer}/a.cpp": include(f'"{layer}/a.hpp"', "<chrono>", "<variant>")}
            self.assertEqual(judge("layer", files), [])

    def test_a_pure_folder_includes_nothing_else(self):
        for layer in tidy.PURE:
            for name in ("<boost/asio.hpp>", "<unistd.h>", "<thread>", "<random>", "<fstream>",
                         '"etcd/kv.hpp"', '"support/x.hpp"', '"kv.hpp"', '"../etcd/kv.hpp"'):
                with self.subTest(f"{layer} includes {name}"):
                    files = {f"src/{layer}/a.hpp": "// Owns a.\n" + include(name)}
                    self.assertEqual(judge("layer", files), [(f"src/{layer}/a.hpp", 2)])

    def test_only_the_core_stands_on_all_pure_folders(self):
        for layer in tidy.PURE:
            files = {"src/core/a.cpp": include(f'"{layer}/a.hpp"'),
                     f"src/{layer}/a.cpp": include('"model/a.hpp"', '"core/a.hpp"')}
            found = [] if layer == "core" else [(f"src/{layer}/a.cpp", 2)]
            if layer == "failback":  # it looks at the election from beside the core
                found.insert(0, ("src/core/a.cpp", 1))
            self.assertEqual(judge("layer", files), found)

    def test_adapters_and_commands_include_the_vocabulary_but_not_the_decision(self):
        for layer in ("etcd", "iotex", "config", "cli"):
            for other in set(tidy.PURE) - {"model"}:
                with self.subTest(f"{layer} includes {other}"):
                    files = {f"src/{layer}/a.cpp": include(f'"{other}/b.hpp"')}
                    self.assertEqual(judge("layer", files), [(f"src/{layer}/a.cpp", 1)])

    def test_adapters_include_the_vocabulary_and_support_but_not_each_other(self):
        for layer in ("etcd", "iotex", "config"):
            for other in ("model", "support", layer):
                files = {f"src/{layer}/a.cpp": include(f'"{other}/b.hpp"', "<boost/asio.hpp>")}
                self.assertEqual(judge("layer", files), [])
            for other in ({"etcd", "iotex", "config"} - {layer}) | {"guardian", "app", "cli"}:
                with self.subTest(f"{layer} includes {other}"):
                    files = {f"src/{layer}/a.cpp": include(f'"{other}/b.hpp"')}
                    self.assertEqual(judge("layer", files), [(f"src/{layer}/a.cpp", 1)])

    def test_the_guardian_includes_neither_clients_nor_the_configuration_loader(self):
        files = {"src/guardian/a.cpp": include('"etcd/a.hpp"', '"iotex/a.hpp"', '"config/a.hpp"',
                                               '"core/a.hpp"', '"model/a.hpp"', '"fencing/a.hpp"')}
        self.assertEqual(judge("layer", files),
                         [("src/guardian/a.cpp", line) for line in (1, 2, 3, 4)])

    def test_only_app_includes_admin_and_cli(self):
        files = {"src/app/a.cpp": include('"admin/a.hpp"', '"cli/a.hpp"', '"guardian/a.hpp"'),
                 "src/cli/a.cpp": include('"config/a.hpp"', '"app/a.hpp"'),
                 "src/admin/a.cpp": include('"guardian/a.hpp"', '"cli/a.hpp"')}
        self.assertEqual(judge("layer", files), [("src/admin/a.cpp", 2), ("src/cli/a.cpp", 2)])

    def test_the_demo_stands_on_app_and_only_main_on_the_demo(self):
        files = {"src/app/main.cpp": include('"demo/a.hpp"', '"cli/a.hpp"', '"simnode/a.hpp"'),
                 "src/app/run.cpp": include('"demo/a.hpp"'),
                 "src/demo/a.cpp": include('"app/a.hpp"', '"simnode/a.hpp"', '"cli/a.hpp"')}
        self.assertEqual(judge("layer", files), [("src/app/main.cpp", 3), ("src/app/run.cpp", 1),
                                                 ("src/demo/a.cpp", 3)])

    def test_production_code_does_not_include_tests_or_tools(self):
        files = {"src/app/a.cpp": include('"simnode/model/node.hpp"', '"support/ok.hpp"')}
        self.assertEqual(judge("layer", files), [("src/app/a.cpp", 1)])

    def test_an_unknown_layer_is_refused(self):
        files = {"src/misc/a.cpp": "", "src/loose.cpp": ""}
        self.assertEqual(judge("layer", files), [("src/loose.cpp", 1), ("src/misc/a.cpp", 1)])

    def test_tests_and_tools_include_what_they_like(self):
        files = {"tests/core/a_test.cpp": include('"etcd/kv.hpp"', '"iotex/url.hpp"'),
                 "tools/x/a.cpp": include('"app/a.hpp"')}
        self.assertEqual(judge("layer", files), [])

    def test_an_include_in_a_comment_is_none(self):
        files = {"src/core/a.cpp": '// #include "etcd/kv.hpp"\n/*\n#include "etcd/kv.hpp"\n*/\n'}
        self.assertEqual(judge("layer", files), [])


class ConfinedLibraries(unittest.TestCase):
    def test_grpc_stays_in_the_transport(self):
        grpc = include("<grpcpp/grpcpp.h>")
        files = {"src/etcd/transport.cpp": grpc, "src/etcd/call.cpp": grpc,
                 "src/etcd/transport.hpp": include("<grpc/grpc.h>"),
                 "tests/etcd_client/fake.cpp": grpc}
        self.assertEqual(judge("grpc", files),
                         [("src/etcd/call.cpp", 1), ("src/etcd/transport.hpp", 1)])

    def test_generated_messages_stay_in_the_codec(self):
        proto = include('"etcd.pb.h"')
        files = {"src/etcd/codec.cpp": proto, "src/etcd/client.cpp": proto}
        self.assertEqual(judge("protobuf", files), [("src/etcd/client.cpp", 1)])

    def test_certificates_are_judged_in_one_file(self):
        openssl = include("<openssl/x509.h>")
        files = {"src/config/certificates.cpp": openssl, "src/etcd/transport.cpp": openssl}
        self.assertEqual(judge("openssl", files), [("src/etcd/transport.cpp", 1)])

    def test_beast_stays_in_the_connection_and_the_simulated_node(self):
        beast = include("<boost/beast/http.hpp>")
        files = {"src/iotex/http_connection.cpp": beast, "src/iotex/port.cpp": beast,
                 "src/support/boost_impl.cpp": beast, "tools/simnode/host/a.cpp": beast,
                 "tests/iotex_client/fake.cpp": beast}
        self.assertEqual(judge("beast", files), [("src/iotex/port.cpp", 1)])

    def test_the_metrics_library_stays_in_the_metrics(self):
        library = include("<prometheus/registry.h>")
        files = {"src/admin/metrics.cpp": library, "src/app/run.cpp": library}
        self.assertEqual(judge("prometheus", files), [("src/app/run.cpp", 1)])

    def test_the_toml_parser_stays_in_the_document(self):
        toml = include("<toml++/toml.h>")
        files = {"src/config/document.cpp": toml, "src/config/read.cpp": toml}
        self.assertEqual(judge("toml", files), [("src/config/read.cpp", 1)])


if __name__ == "__main__":
    unittest.main()
