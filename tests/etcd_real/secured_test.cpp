// One etcd that asks who is there: TLS with client certificates, users with rights, tokens
// that are forgotten.
#include <fstream>

#include "etcd_real/fixture.hpp"
#include "support/authority.hpp"

using namespace elector::test;

namespace {

/// Etcd with certificates, where the user "elector" may use keys below "K/".
class Secured {
  public:
    Secured() : cluster_(issued(authority)) {
        ctl({"user", "add", "root:operator"});
        ctl({"role", "add", "electors"});
        ctl({"role", "grant-permission", "electors", "readwrite", "--prefix=true", "K/"});
        ctl({"user", "add", "elector:first"});
        ctl({"user", "grant-role", "elector", "electors"});
        ctl({"user", "grant-role", "root", "root"});
        ctl({"auth", "enable"});
        logged_in_ = {"--user=root:operator"};
    }

    void ctl(std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), logged_in_.begin(), logged_in_.end());
        etcdctl(cluster_.plain_endpoint(0), arguments);
    }

    /// In etcd. The program reads it from its standard input, or from a terminal.
    void change_password(const std::string& text) {
        const auto file = authority.folder() / "password";
        std::ofstream(file) << text;
        output_of({find_program("sh", "dash"), "-c",
                   find_program("etcdctl", "etcd-client") +
                       " --endpoints=" + cluster_.plain_endpoint(0) +
                       " --user=root:operator user passwd elector --interactive=false < " +
                       file.string()});
    }

    ClientOptions user() {
        ClientOptions options = RealFixture::options(cluster_.endpoints(), milliseconds(2000));
        options.tls = authority.issue("elector");
        options.username = "elector";
        options.password = [this] { return password; };
        options.on_access = [this](const AccessNotice& notice) {
            if (notice.kind == AccessNotice::Kind::kLoginFailed) ++failed_log_ins;
            if (notice.kind == AccessNotice::Kind::kMoved) ++moved;
        };
        return options;
    }

    EtcdCluster& cluster() { return cluster_; }

    Authority authority;
    std::string password = "first";
    int failed_log_ins = 0;
    int moved = 0;

  private:
    static EtcdOptions issued(Authority& authority) {
        authority.issue("etcd");
        const auto file = [&authority](const char* name) {
            const auto kept = authority.folder() / (std::string("etcd.") + name);
            std::filesystem::copy(authority.folder() / (std::string("issued.") + name), kept);
            return kept.string();
        };
        EtcdOptions options;
        options.tls = true;
        options.more = {"--cert-file=" + file("pem"), "--key-file=" + file("key"),
                        "--client-cert-auth",
                        "--trusted-ca-file=" + (authority.folder() / "ca.pem").string()};
        return options;
    }

    EtcdCluster cluster_;
    std::vector<std::string> logged_in_;
};

CallOptions patient() {
    CallOptions options;
    options.timeout = milliseconds(20'000);
    return options;
}

/// A client with a watch and a lease, as an elector has them.
struct Elector {
    Elector(boost::asio::io_context& context, const ClientOptions& options)
        : io(context), client(io, options) {
        lease = value_of(run(io, client.lease_grant(0x77, 60, patient()))).id;
        watch = client.watch(watch_prefix("K/", 0), heard.handler());
        run_until(io, [this] { return heard.connected > 0; });
    }
    ~Elector() {
        watch.stop();
        run(io, client.close());
    }

    /// A put, seen by the watch, and a keep-alive.
    void use() {
        const std::size_t seen = heard.events.size();
        value_of(run(io, client.put({"K/k", "v", lease}, patient())));
        run_until(io, [this, seen] { return heard.events.size() > seen; });
        CHECK(value_of(run(io, client.keep_alive(lease, milliseconds(20'000)))).ttl_seconds == 60);
    }

    boost::asio::io_context& io;
    Client client;
    std::int64_t lease = 0;
    Heard heard;
    Watch watch;
};

}  // namespace

TEST_CASE_FIXTURE(RealFixture,
                  "calls, lease and watch go on when certificate and password change") {
    Secured etcd;
    Elector elector(io, etcd.user());
    elector.use();
    ClientOptions renewed = etcd.user();
    REQUIRE(elector.client.set_access(renewed).has_value());
    run_until(io, [&etcd] { return etcd.moved == 1; });
    elector.use();
    etcd.password = "second";
    etcd.change_password("second");
    elector.use();
    CHECK(etcd.failed_log_ins == 0);
    CHECK(elector.heard.resyncs.empty());
}

TEST_CASE_FIXTURE(RealFixture, "an etcd that is started again has forgotten the token, no more") {
    Secured etcd;
    Elector elector(io, etcd.user());
    elector.use();
    etcd.cluster().kill(0);
    etcd.cluster().restart(0);
    elector.use();
    CHECK(elector.heard.resyncs.empty());
}

TEST_CASE_FIXTURE(RealFixture, "a key outside the rights is refused, and so is a wider watch") {
    Secured etcd;
    Client client(io, etcd.user());
    const auto put = run(io, client.put({"L/k", "v", 0}, patient()));
    REQUIRE(put.has_error());
    CHECK(put.error().kind == ErrorKind::kPermissionDenied);
    CHECK_FALSE(put.error().outcome_unknown);
    Heard heard;
    const Watch watch = client.watch(watch_prefix("K", 0), heard.handler());
    run_until(io, [&heard] { return heard.interrupted > 0; });
    CHECK(heard.connected == 0);
    run(io, client.close());
}

TEST_CASE_FIXTURE(RealFixture, "a wrong password is told as such and changes nothing") {
    Secured etcd;
    etcd.password = "wrong";
    Client client(io, etcd.user());
    const auto put = run(io, client.put({"K/k", "v", 0}, patient()));
    REQUIRE(put.has_error());
    CHECK(put.error().kind == ErrorKind::kWrongPassword);
    CHECK(put.error().text.find("wrong") == std::string::npos);
    etcd.password = "first";
    value_of(run(io, client.put({"K/k", "v", 0}, patient())));
    run(io, client.close());
}
