#include <cstdio>
#include <fstream>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/etcd_files.hpp"
#include "config/support.hpp"

using namespace elector::config;
using namespace elector::config::testing;

namespace {

constexpr std::string_view kPassword =
    "[etcd]\nusername = \"u\"\npassword_file = \"/s/password\"\n";
constexpr std::string_view kToken = "[api]\ntoken_file = \"/s/token\"\n";

/// The problems of `text` on a machine that has one file.
Lines with_file(std::string_view text, const std::string& path, FakeFile file) {
    FakeMachine machine;
    machine.files[path] = std::move(file);
    return rendered(load_on(machine, text).problems);
}

Lines with_password(FakeFile file) { return with_file(kPassword, "/s/password", std::move(file)); }

Lines password_problem(const std::string& fault) {
    return {"elector.toml:3:17: etcd.password_file = \"/s/password\" " + fault};
}

}  // namespace

TEST_CASE("a secret is the one line of its file") {
    for (const char* const text : {"hunter2", "hunter2\n", "hunter2\r\n"}) {
        FakeMachine machine;
        machine.files["/s/password"] = {text};
        const LoadResult result = load_on(machine, kPassword);
        REQUIRE(rendered(result.problems) == Lines{});
        CHECK(result.config->etcd.password.reveal() == "hunter2");
    }
}

TEST_CASE("a secret file that everybody may read or write is refused with its mode") {
    const std::string chmod = "; run: chmod 0600 /s/password";
    CHECK(with_password({"x", 0644}) ==
          password_problem("is readable by everybody (mode 0644)" + chmod));
    CHECK(with_password({"x", 0604}) ==
          password_problem("is readable by everybody (mode 0604)" + chmod));
    CHECK(with_password({"x", 0602}) ==
          password_problem("is writable by everybody (mode 0602)" + chmod));
    CHECK(with_password({"x", 0640}) == Lines{});
}

TEST_CASE("a secret file that cannot serve says why and shows nothing of it") {
    CHECK(with_file(kPassword, "/elsewhere", {}) ==
          password_problem("cannot be read: No such file or directory"));
    CHECK(with_password({"x", 0600, false}) ==
          password_problem("cannot be read: it is not a file"));
    CHECK(with_password({"x", 0600, true, false}) ==
          password_problem("cannot be read: Permission denied"));
    CHECK(with_password({"\n"}) == password_problem("holds nothing on its first line"));
    CHECK(with_password({"a\nb\n"}) ==
          password_problem("holds more than one line, or control characters"));
    CHECK(with_password({std::string(5000, 'x')}) == password_problem("is longer than 4096 bytes"));
}

TEST_CASE("a secret may come from the environment, but not from two places") {
    FakeMachine machine;
    machine.variables["ELECTOR_ETCD_PASSWORD"] = "hunter2";
    machine.variables["ELECTOR_API_TOKEN"] = "0123456789abcdef";
    const LoadResult result = load_on(machine, "[etcd]\nusername = \"u\"\n");
    REQUIRE(rendered(result.problems) == Lines{});
    CHECK(result.config->etcd.password.reveal() == "hunter2");
    CHECK(result.config->api.token.reveal() == "0123456789abcdef");
    machine.files["/s/password"] = {"other"};
    CHECK(rendered(load_on(machine, kPassword).problems) ==
          password_problem("is set, and $ELECTOR_ETCD_PASSWORD too; keep one of them"));
}

TEST_CASE("an api token is long enough to be one") {
    CHECK(with_file(kToken, "/s/token", {"0123456789abcdef"}) == Lines{});
    CHECK(with_file(kToken, "/s/token", {"0123456789abcde"}) ==
          Lines{"elector.toml:2:14: api.token_file = \"/s/token\" holds fewer than 16 bytes; use a "
                "random token"});
    CHECK(
        with_file(kToken, "/s/token", {"01234567 89abcdef"}) ==
        Lines{"elector.toml:2:14: api.token_file = \"/s/token\" holds a token with spaces in it"});
    FakeMachine machine;
    machine.variables["ELECTOR_API_TOKEN"] = "short";
    CHECK(rendered(load_on(machine, "").problems) ==
          Lines{"elector.toml: $ELECTOR_API_TOKEN holds fewer than 16 bytes; use a random token"});
}

TEST_CASE("a password without a user, and a certificate without a key, are refused") {
    FakeMachine machine;
    machine.files["/s/password"] = {"x"};
    machine.files["/s/cert"] = {kCertificate, 0644};
    CHECK(
        rendered(load_on(machine, "[etcd]\npassword_file = \"/s/password\"\n").problems) ==
        Lines{"elector.toml:2:17: etcd.password_file = \"/s/password\" needs etcd.username beside "
              "it"});
    CHECK(rendered(load_on(machine,
                           "[etcd]\nendpoints = [\"https://h:1\"]\ncert_file = \"/s/cert\"\n"
                           "[api]\nclient_ca_file = \"/s/cert\"\nkey_file = \"/s/cert\"\n")
                       .problems) ==
          Lines{"elector.toml:3:13: etcd.cert_file = \"/s/cert\" needs etcd.key_file beside it",
                "elector.toml:5:18: api.client_ca_file = \"/s/cert\" needs api.cert_file and "
                "api.key_file beside it",
                "elector.toml:6:12: api.key_file = \"/s/cert\" is readable by everybody (mode "
                "0644); run: chmod 0600 /s/cert",
                "elector.toml:6:12: api.key_file = \"/s/cert\" needs api.cert_file beside it"});
}

TEST_CASE("what protects an api that others can reach is named when it is missing") {
    FakeMachine machine;
    machine.files["/s/token"] = {"0123456789abcdef"};
    machine.files["/s/cert"] = {"x"};
    const std::string open = "[api]\nlisten = \"[::]:9010\"\n";
    const std::string token = "token_file = \"/s/token\"\n";
    const std::string tls = "cert_file = \"/s/cert\"\nkey_file = \"/s/cert\"\n";
    const std::string reach =
        "elector.toml:2:10: api.listen = \"[::]:9010\" can be reached from other hosts and needs ";
    CHECK(rendered(load_on(machine, open + token + tls).problems) == Lines{});
    CHECK(rendered(load_on(machine, open + token).problems) ==
          Lines{reach + "TLS; set api.cert_file and api.key_file, or listen on 127.0.0.1"});
    CHECK(rendered(load_on(machine, open + tls).problems) ==
          Lines{reach + "a token; set api.token_file, or listen on 127.0.0.1"});
}

TEST_CASE("a command must be a program at an absolute path") {
    const auto fence = [](const std::string& command) {
        FakeMachine machine;
        machine.files["/bin/fence"] = {"", 0755, true, true, true};
        machine.files["/bin/text"] = {"", 0644};
        return rendered(
            load_on(machine, "[fence]\npolicy = \"try\"\ncommand = [\"" + command + "\"]\n")
                .problems);
    };
    const std::string place = "elector.toml:3:11: fence.command = [...] names ";
    CHECK(fence("/bin/fence") == Lines{});
    CHECK(fence("fence.sh") == Lines{place + "\"fence.sh\", which must be an absolute path, "
                                             "beginning with \"/\"; neither a shell nor PATH is "
                                             "used"});
    const auto rest = [&fence](std::size_t size) {
        const std::string word(1000, 'x');
        const std::string last(size - sizeof "/bin/fence" - 2 * 1001 - 1, 'x');
        return fence("/bin/fence\", \"" + word + "\", \"" + word + "\", \"" + last);
    };
    CHECK(rest(3000) == Lines{});
    CHECK(
        rest(3001) ==
        Lines{"elector.toml:3:11: fence.command = [...] has more than 3000 bytes; put what it does "
              "into a file and name that"});
    CHECK(fence("") == Lines{place + "\"\", which must not be empty"});
    CHECK(fence("/bin/none") ==
          Lines{place + "\"/bin/none\", which cannot be run: No such file or directory"});
    CHECK(fence("/bin/text") ==
          Lines{place + "\"/bin/text\", which is not a program that this user may run"});
}

TEST_CASE("paths are absolute") {
    CHECK(problems_of("[log]\nfile = \"elector.log\"\n") ==
          Lines{"elector.toml:2:8: log.file = \"elector.log\" must be an absolute path, beginning "
                "with \"/\""});
    CHECK(
        problems_of("[etcd]\nca_file = \"~/ca.pem\"\n") ==
        Lines{"elector.toml:2:11: etcd.ca_file = \"~/ca.pem\" must be an absolute path, beginning "
              "with \"/\""});
}

TEST_CASE("a file that the configuration names is shorter than the configuration may be") {
    FakeMachine machine;
    machine.files["/s/password"] = {std::string(65 * 1024, 'x')};
    CHECK(rendered(load_on(machine, "[etcd]\nusername = \"u\"\npassword_file = \"/s/password\"\n")
                       .problems) ==
          Lines{"elector.toml:3:17: etcd.password_file = \"/s/password\" "
                "cannot be read, or is longer than 64 KiB"});
}

TEST_CASE("the real machine tells modes and contents of files") {
    const Environment real = system_environment();
    char name[] = "/tmp/elector-config-test-XXXXXX";
    const int handle = mkstemp(name);
    REQUIRE(handle >= 0);
    close(handle);
    std::ofstream(name) << "[health]\nfall = 7\n";
    REQUIRE(chmod(name, 0640) == 0);
    const FileFacts facts = real.inspect(name);
    CHECK(facts.error == "");
    CHECK(facts.regular);
    CHECK(facts.readable);
    CHECK(facts.mode == 0640U);
    CHECK(load_file(name, real).config->health.fall == 7);
    std::ofstream(name) << std::string(513 * 1024, '#');
    CHECK(rendered(load_file(name, real).problems) ==
          Lines{std::string(name) + ": cannot read the configuration: it cannot be opened, or is "
                                    "longer than 512 KiB"});
    REQUIRE(std::remove(name) == 0);
    CHECK(rendered(load_file(name, real).problems) ==
          Lines{std::string(name) + ": cannot read the configuration: No such file or directory"});
    CHECK(rendered(load_file("/", real).problems) ==
          Lines{"/: cannot read the configuration: it is not a file"});
    CHECK(real.host_name != "");
}

namespace {

constexpr std::string_view kMutual =
    "[etcd]\nendpoints = [\"https://h:1\"]\nca_file = \"/s/ca\"\ncert_file = \"/s/cert\"\n"
    "key_file = \"/s/key\"\n";

FakeMachine with_certificates() {
    FakeMachine machine;
    machine.files["/s/ca"] = {kCertificate, 0644};
    machine.files["/s/cert"] = {kCertificate, 0644};
    machine.files["/s/key"] = {kKey};
    return machine;
}

Lines problems_on(const FakeMachine& machine) {
    return rendered(load_on(machine, kMutual).problems);
}

}  // namespace

TEST_CASE("certificates and their key are read with the file that names them") {
    const LoadResult result = load_on(with_certificates(), kMutual);
    REQUIRE(rendered(result.problems) == Lines{});
    CHECK(result.config->etcd.ca_pem == kCertificate);
    CHECK(result.config->etcd.cert_pem == kCertificate);
    CHECK(result.config->etcd.key_pem.reveal() == kKey);
}

TEST_CASE("certificates and keys that cannot serve say why and show nothing of it") {
    const std::string ca = "elector.toml:3:11: etcd.ca_file = \"/s/ca\" ";
    const std::string cert = "elector.toml:4:13: etcd.cert_file = \"/s/cert\" ";
    const std::string key = "elector.toml:5:12: etcd.key_file = \"/s/key\" ";
    const auto with = [](const std::string& path, FakeFile file) {
        FakeMachine machine = with_certificates();
        machine.files[path] = std::move(file);
        return problems_on(machine);
    };
    CHECK(with("/s/ca", {"x"}) == Lines{ca + "holds no certificate in PEM form"});
    CHECK(with("/s/ca", {kKey}) == Lines{ca + "holds no certificate in PEM form"});
    CHECK(with("/s/cert", {""}) == Lines{cert + "holds no certificate in PEM form"});
    const std::string no_key = "holds no private key in PEM form, or one with a passphrase";
    CHECK(with("/s/key", {kCertificate}) == Lines{key + no_key});
    CHECK(with("/s/key", {kLockedKey}) == Lines{key + no_key});
    CHECK(with("/s/key", {kOtherKey}) ==
          Lines{key + "does not belong to the certificate in /s/cert"});
    CHECK(with("/s/key", {kKey, 0644}) ==
          Lines{key + "is readable by everybody (mode 0644); run: chmod 0600 /s/key"});
    CHECK(with("/s/cert", {kCertificate, 0644, true, false}) ==
          Lines{cert + "cannot be read: Permission denied"});
}

TEST_CASE("a certificate serves on its days only; one valid authority of several is enough") {
    FakeMachine machine = with_certificates();
    machine.now_seconds = kTooLate;
    const std::string expired = "holds a certificate that expired at 2027-11-22T21:38:11Z";
    CHECK(problems_on(machine) ==
          Lines{"elector.toml:3:11: etcd.ca_file = \"/s/ca\" " + expired,
                "elector.toml:4:13: etcd.cert_file = \"/s/cert\" " + expired});
    machine.now_seconds = kTooEarly;
    const std::string early = "holds a certificate that is not valid before 2026-11-22T21:38:11Z";
    CHECK(problems_on(machine) ==
          Lines{"elector.toml:3:11: etcd.ca_file = \"/s/ca\" " + early,
                "elector.toml:4:13: etcd.cert_file = \"/s/cert\" " + early});
}

TEST_CASE("files that are looked at again give what they hold now, or a reason and the old") {
    FakeMachine machine = with_certificates();
    const Etcd before = load_on(machine, kMutual).config->etcd;
    CHECK(read_certificates_again(before, machine.environment()).etcd == before);

    const std::string renewed = std::string("renewed\n") + kCertificate;
    machine.files["/s/cert"] = {renewed};
    const EtcdFiles found = read_certificates_again(before, machine.environment());
    CHECK(found.faults == Lines{});
    CHECK(found.etcd.cert_pem == renewed);

    machine.files["/s/key"] = {kOtherKey};
    const EtcdFiles half = read_certificates_again(before, machine.environment());
    CHECK(half.etcd == before);
    CHECK(half.faults == Lines{"etcd.key_file = \"/s/key\" does not belong to the certificate in "
                               "/s/cert"});
    machine.files.erase("/s/key");
    CHECK(read_certificates_again(before, machine.environment()).faults ==
          Lines{"etcd.key_file = \"/s/key\" cannot be read: No such file or directory"});
}

TEST_CASE("a password that is looked at again is the one that the file holds now") {
    FakeMachine machine;
    machine.files["/s/password"] = {"hunter2"};
    const Etcd before = load_on(machine, kPassword).config->etcd;
    machine.files["/s/password"] = {"hunter3\n"};
    CHECK(read_password_again(before, machine.environment()).etcd.password.reveal() == "hunter3");
    machine.files["/s/password"] = {"hunter4", 0644};
    const EtcdFiles open = read_password_again(before, machine.environment());
    CHECK(open.etcd.password.reveal() == "hunter2");
    CHECK(open.faults ==
          Lines{"etcd.password_file = \"/s/password\" is readable by everybody (mode "
                "0644); run: chmod 0600 /s/password"});
}

TEST_CASE("a password that a network would see is warned of") {
    FakeMachine machine;
    machine.files["/s/password"] = {"hunter2"};
    const auto warnings = [&machine](const std::string& endpoint) {
        const std::string user = "username = \"u\"\npassword_file = \"/s/password\"\n";
        const LoadResult result =
            load_on(machine, "[etcd]\nendpoints = [\"" + endpoint + "\"]\n" + user);
        REQUIRE(rendered(result.problems) == Lines{});
        return rendered(result.warnings);
    };
    CHECK(warnings("http://127.0.0.1:1") == Lines{});
    CHECK(warnings("https://etcd:1") == Lines{});
    CHECK(warnings("http://etcd:1").back() ==
          "elector.toml:3:12: etcd.username = \"u\" shows its password to that network; write "
          "https://");
}

TEST_CASE("what will have expired is told with its key, file and time") {
    Etcd etcd;
    etcd.ca_file = "/s/ca";
    etcd.ca_pem = kCertificate;
    etcd.cert_file = "/s/cert";
    etcd.cert_pem = kCertificate;
    constexpr std::int64_t kEnd = 1826'919'491;
    CHECK(expiring(etcd, kEnd) == Lines{});
    const std::string end = " holds a certificate that expires at 2027-11-22T21:38:11Z";
    CHECK(expiring(etcd, kEnd + 1) ==
          Lines{"etcd.ca_file = \"/s/ca\"" + end, "etcd.cert_file = \"/s/cert\"" + end});
    etcd.cert_pem = etcd.ca_pem = "";
    CHECK(expiring(etcd, kEnd + 1) == Lines{});
}
