// What a guardian of its own is told: all of it comes back, and nothing else is taken for it.
#include "guardian/settings.hpp"

#include <cerrno>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace elector;
using namespace elector::guardian;
using namespace std::chrono_literals;

namespace {

Settings settings() {
    Settings s;
    s.json = true;
    s.least = Level::kWarn;
    s.options.version = "1.2.3";
    s.options.elector = {"iotex-elector", "elector", "west=http://127.0.0.1:9009", ""};
    s.options.closer_tail = {"--config", "/etc/iotex-elector/a b.toml"};
    for (const char* group : {"west", ""}) {
        auto& ward = s.options.wards.emplace_back();
        ward.group = group;
        ward.admin = {false, {127, 0, 0, 9}, 9009};
        ward.probe = {true, {}, 8080};
        ward.bounds = {250ms, 11s, 3500ms, 4s, 200ms};
        ward.set_timeout = 4s;
        ward.fence_identity = {"a", "boot net:[1]", "http://127.0.0.1:9009"};
    }
    s.options.wards[0].fence = KeptWords(*fence_words("http://x", {"/sbin/off", "now"}, 9s));
    return s;
}

/// Everything of it as text: what differs there differs.
std::string told(const Settings& s) { return encode(s); }

}  // namespace

TEST_CASE("settings come back whole") {
    const auto back = decode_settings(encode(settings()));
    REQUIRE(back);
    CHECK(told(*back) == told(settings()));
    CHECK(back->json);
    CHECK(back->least == Level::kWarn);
    CHECK(back->options.version == "1.2.3");
    CHECK(back->options.elector == settings().options.elector);
    CHECK(back->options.closer_tail == settings().options.closer_tail);
    REQUIRE(back->options.wards.size() == 2);
    const auto& ward = back->options.wards[0];
    CHECK(ward.group == "west");
    CHECK(back->options.wards[1].group == "");
    CHECK(ward.admin == Address{false, {127, 0, 0, 9}, 9009});
    CHECK(ward.probe == Address{true, {}, 8080});
    CHECK(ward.bounds == Bounds{250ms, 11s, 3500ms, 4s, 200ms});
    CHECK(ward.set_timeout == 4s);
    CHECK(ward.fence_identity.member == "a");
    CHECK(ward.fence_identity.instance == "boot net:[1]");
    CHECK(ward.fence_identity.admin_url == "http://127.0.0.1:9009");
    CHECK(ward.fence.words() == *fence_words("http://x", {"/sbin/off", "now"}, 9s));
    CHECK(!back->options.wards[1].fence.any());
}

TEST_CASE("settings that are cut, longer, of another stamp or of no node are none") {
    const auto whole = encode(settings());
    for (std::size_t size = 0; size < whole.size(); ++size)
        REQUIRE(!decode_settings(std::string_view(whole).substr(0, size)));
    CHECK(!decode_settings(whole + '\0'));
    for (std::size_t at = sizeof(std::size_t); at < sizeof(std::size_t) + stamp().size(); ++at) {
        auto other = whole;
        ++other[at];
        CHECK(!decode_settings(other));
    }
    auto nobody = settings();
    nobody.options.wards.clear();
    CHECK(!decode_settings(encode(nobody)));
}

TEST_CASE("the stamp names version and link") {
    CHECK(stamp().starts_with("iotex-elector-guardian "));
    CHECK(stamp().find(" link " + std::to_string(kLinkVersion) + " ") != std::string::npos);
}

TEST_CASE("sealed settings can be read once by whoever gets them, and not be written") {
    const int fd = seal(settings());
    REQUIRE(fd >= 0);
    CHECK(::pwrite(fd, "x", 1, 0) == -1);
    CHECK(errno == EPERM);
    CHECK(::ftruncate(fd, 0) == -1);
    const auto back = unseal(fd);
    REQUIRE(back);
    CHECK(told(*back) == told(settings()));
    CHECK(::fcntl(fd, F_GETFD) == -1);
}

TEST_CASE("what somebody could still write is no settings, nor is what is no file in memory") {
    const auto bytes = encode(settings());
    const int open = ::memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    REQUIRE(::write(open, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    CHECK(!unseal(open));
    ::close(open);
    CHECK(!unseal(-1));
    CHECK(!unseal(STDIN_FILENO));
}
