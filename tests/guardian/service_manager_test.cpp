// What the service manager hears, over a real datagram socket; time is turned by hand.
#include "guardian/service_manager.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

using namespace elector::guardian;
using namespace std::chrono_literals;

namespace {

/// The service manager's end: a socket in a folder of its own, or an abstract one.
class Listener {
  public:
    explicit Listener(bool abstract = false) {
        std::string folder = std::filesystem::temp_directory_path() / "elector-notify-XXXXXX";
        REQUIRE(::mkdtemp(folder.data()) != nullptr);
        folder_ = folder;
        address = (abstract ? "@" : "") + folder + "/socket";
        fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        address.copy(name.sun_path, sizeof name.sun_path - 1);
        if (abstract) name.sun_path[0] = '\0';
        const auto size = offsetof(sockaddr_un, sun_path) + address.size() + (abstract ? 0 : 1);
        REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&name), static_cast<socklen_t>(size)) == 0);
    }
    ~Listener() {
        ::close(fd_);
        std::filesystem::remove_all(folder_);
    }
    /// The next datagram, its lines parted by '|'; empty: there is none.
    std::string next() {
        std::array<char, 2048> bytes;
        const auto n = ::recv(fd_, bytes.data(), bytes.size(), 0);
        std::string text(bytes.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
        for (auto& c : text)
            if (c == '\n') c = '|';
        return text;
    }
    std::string address;

  private:
    std::string folder_;
    int fd_ = -1;
};

Instant at(Duration since) { return Instant(1000s + since); }

std::string said_after(Listener& listener, ServiceManager& manager, Duration since,
                       bool well = true) {
    manager.proceed(at(since), well);
    return listener.next();
}

}  // namespace

TEST_CASE("ready, reload and stop are told when they happen, each once") {
    Listener listener;
    ServiceManager manager(listener.address, 0s);
    CHECK(said_after(listener, manager, 0s) == "");
    manager.reloading();  // nothing to wait for yet
    CHECK(said_after(listener, manager, 0s) == "");
    manager.ready();
    CHECK(said_after(listener, manager, 0s) == "READY=1|");
    CHECK(said_after(listener, manager, 1s) == "");
    manager.ready();
    CHECK(said_after(listener, manager, 1s) == "");
    timespec before{};
    ::clock_gettime(CLOCK_MONOTONIC, &before);
    manager.reloading();
    const auto reload = said_after(listener, manager, 2s);
    REQUIRE(reload.rfind("RELOADING=1|MONOTONIC_USEC=", 0) == 0);
    const auto usec = std::stoll(reload.substr(reload.rfind('=') + 1));
    CHECK(usec >= before.tv_sec * 1'000'000LL + before.tv_nsec / 1000);
    CHECK(usec <= (before.tv_sec + 60) * 1'000'000LL);
    manager.ready();
    CHECK(said_after(listener, manager, 2s) == "READY=1|");
    manager.stopping(31s);
    manager.ready();  // nothing leads back
    manager.reloading();
    CHECK(said_after(listener, manager, 3s) == "STOPPING=1|EXTEND_TIMEOUT_USEC=31000000|");
    CHECK(said_after(listener, manager, 4s) == "");
}

TEST_CASE("a reload that is over before it could be told is told all the same") {
    Listener listener;
    ServiceManager manager(listener.address, 0s);
    manager.ready();
    CHECK(said_after(listener, manager, 0s) == "READY=1|");
    manager.reloading();
    manager.ready();  // in the same turn
    CHECK(said_after(listener, manager, 1s).rfind("RELOADING=1|MONOTONIC_USEC=", 0) == 0);
    CHECK(listener.next() == "READY=1|");
    CHECK(said_after(listener, manager, 2s) == "");
    manager.reloading();
    manager.ready();
    manager.stopping(31s);
    CHECK(said_after(listener, manager, 3s) == "STOPPING=1|EXTEND_TIMEOUT_USEC=31000000|");
    CHECK(said_after(listener, manager, 4s) == "");
}

TEST_CASE("an abstract socket is told too") {
    Listener listener(true);
    ServiceManager manager(listener.address, 0s);
    manager.ready();
    CHECK(said_after(listener, manager, 0s) == "READY=1|");
    CHECK(manager.fault() == 0);
}

TEST_CASE("the status is told on change only, and at most once a second") {
    Listener listener;
    ServiceManager manager(listener.address, 0s);
    manager.status(status_text("starts"));
    CHECK(said_after(listener, manager, 0ms) == "STATUS=starts|");
    CHECK(manager.wake() == elector::model::kNever);
    manager.status(status_text("starts"));
    CHECK(said_after(listener, manager, 5000ms) == "");
    manager.status(status_text("follower"));
    manager.ready();
    CHECK(said_after(listener, manager, 5000ms) == "READY=1|STATUS=follower|");
    manager.status(status_text("candidate"));
    CHECK(said_after(listener, manager, 5400ms) == "");
    CHECK(manager.wake() == at(6000ms));
    manager.status(status_text("leader"));
    CHECK(said_after(listener, manager, 5999ms) == "");
    CHECK(said_after(listener, manager, 6000ms) == "STATUS=leader|");
    manager.status(status_text("draining"));
    manager.status(status_text("leader"));  // back before anybody was told
    CHECK(said_after(listener, manager, 9000ms) == "");
}

TEST_CASE("a start that has to wait asks for more time until it is ready") {
    Listener listener;
    ServiceManager manager(listener.address, 0s);
    manager.waits(true);
    CHECK(said_after(listener, manager, 0s) == "EXTEND_TIMEOUT_USEC=30000000|");
    CHECK(manager.wake() == at(10s));
    CHECK(said_after(listener, manager, 9999ms) == "");
    CHECK(said_after(listener, manager, 10s) == "EXTEND_TIMEOUT_USEC=30000000|");
    CHECK(said_after(listener, manager, 25s, false) == "");  // one that stands still gets none
    manager.waits(false);
    CHECK(said_after(listener, manager, 40s) == "");
    manager.waits(true);
    manager.ready();
    CHECK(said_after(listener, manager, 50s) == "READY=1|");
    CHECK(manager.wake() == elector::model::kNever);
}

TEST_CASE("signs of life come at half the time that the watchdog allows, while all is well") {
    Listener listener;
    ServiceManager manager(listener.address, 10s);
    CHECK(said_after(listener, manager, 0ms) == "WATCHDOG=1|");
    CHECK(manager.wake() == at(5000ms));
    CHECK(said_after(listener, manager, 4999ms) == "");
    CHECK(said_after(listener, manager, 5000ms) == "WATCHDOG=1|");
    CHECK(said_after(listener, manager, 10s, false) == "");
    CHECK(manager.wake() == elector::model::kNever);  // nothing to wake up for
    CHECK(said_after(listener, manager, 16s, false) == "");
    manager.ready();
    CHECK(said_after(listener, manager, 17s, true) == "READY=1|WATCHDOG=1|");
}

TEST_CASE("what a full or missing socket did not take is sent again") {
    std::string address;
    {
        Listener gone;
        address = gone.address;
    }
    ServiceManager nobody(address, 10s);
    nobody.ready();
    nobody.proceed(at(0ms), true);
    CHECK(nobody.fault() == ENOENT);
    CHECK(nobody.fault() == 0);  // said once
    CHECK(nobody.wake() == at(250ms));

    Listener listener;
    ServiceManager other(listener.address, 1ms);
    Instant then = at(0s);
    for (int i = 0; i < 10000 && other.wake() != then + 250ms; ++i) {
        then += 1ms;
        other.proceed(then, true);
    }
    CHECK(other.wake() == then + 250ms);  // full
    CHECK(other.fault() == 0);            // it is only busy
    other.ready();
    while (!listener.next().empty()) {
    }
    other.proceed(then + 249ms, true);
    CHECK(listener.next() == "");
    other.proceed(then + 250ms, true);
    CHECK(listener.next() == "READY=1|WATCHDOG=1|");
}

TEST_CASE("the environment says where and how often, and no child hears of it") {
    Listener listener;
    const auto made = [&](const char* socket, const char* usec, const char* pid) {
        for (const auto& [name, value] :
             {std::pair("NOTIFY_SOCKET", socket), std::pair("WATCHDOG_USEC", usec),
              std::pair("WATCHDOG_PID", pid)})
            value ? ::setenv(name, value, 1) : ::unsetenv(name);
        auto manager = ServiceManager::from_environment();
        for (const auto* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
            CHECK(::getenv(name) == nullptr);
        manager.ready();
        std::string said = said_after(listener, manager, 0s);
        said += manager.wake() == elector::model::kNever
                    ? ""
                    : "then " + said_after(listener, manager, 10s);
        return said;
    };
    const auto* socket = listener.address.c_str();
    const auto own = std::to_string(::getpid());
    CHECK(made(socket, nullptr, nullptr) == "READY=1|");
    CHECK(made(socket, "10000000", nullptr) == "READY=1|WATCHDOG=1|then WATCHDOG=1|");
    CHECK(made(socket, "10000000", own.c_str()) == "READY=1|WATCHDOG=1|then WATCHDOG=1|");
    CHECK(made(socket, "10000000", "1") == "READY=1|");
    CHECK(made(socket, "soon", nullptr) == "READY=1|");
    CHECK(made(socket, "-5", nullptr) == "READY=1|");
    CHECK(made(socket, "0", nullptr) == "READY=1|");
    CHECK(made(nullptr, "10000000", nullptr) == "");
    CHECK(made("", nullptr, nullptr) == "");
}

TEST_CASE("an address of another kind is a fault, and nothing is sent") {
    for (const std::string& address :
         {std::string("vsock:2:1234"), std::string("relative"), "/" + std::string(200, 'x')}) {
        ServiceManager manager(address, 10s);
        CHECK(!manager.listens());
        manager.ready();
        manager.proceed(at(0s), true);
        CHECK(manager.wake() == elector::model::kNever);
        CHECK(manager.fault() == EAFNOSUPPORT);
    }
    ServiceManager none("", 10s);
    CHECK(none.fault() == 0);
}
