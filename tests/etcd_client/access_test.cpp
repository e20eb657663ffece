// Another way to etcd: taken when it is proved, and TLS in both directions.
#include "etcd_client/fixture.hpp"
#include "support/authority.hpp"

using namespace elector::test;

namespace {

using Lines = std::vector<std::string>;
const std::string kStatus = "Maintenance/Status";

struct AccessFixture : Fixture {
    Lines notices;

    ClientOptions noticed(std::vector<std::string> endpoints, const Tls& tls = {}) {
        ClientOptions options = this->options(std::move(endpoints));
        options.tls = tls;
        options.on_access = [this](const AccessNotice& notice) {
            const bool failed = notice.kind == AccessNotice::Kind::kMoveFailed;
            notices.push_back(failed ? notice.error.text : "moved");
            if (notice.kind == AccessNotice::Kind::kLoggedIn) notices.back() = "logged in";
        };
        return options;
    }
};

/// Calls to one server, which answers every put.
Result<PutReply> put_to(Fixture& f, const FakeEtcd& server, const Tls& tls) {
    ClientOptions options = f.options({server.endpoint()});
    options.tls = tls;
    Client client(f.io, options);
    CallOptions once = patient();
    once.max_attempts = 1;
    return run(f.io, client.put({"k", "v", 0}, once));
}

}  // namespace

TEST_CASE_FIXTURE(AccessFixture, "the old way stays in use until the new one has answered") {
    always(a, "KV/Put", put_response(1));
    always(b, "KV/Put", put_response(2));
    always_fail(b, kStatus, 14, "not yet");
    Client client(io, noticed({a.endpoint()}));
    REQUIRE(client.set_access(noticed({b.endpoint()})));
    run_until(io, [this] { return notices.size() == 1; });
    CHECK(run(io, client.put({"k", "v", 0}, patient()))->header == header_at(1));
    always(b, kStatus, pb::StatusResponse());
    run_until(io, [this] { return notices.size() >= 2 && notices.back() == "moved"; });
    CHECK(notices.front() == "not yet");
    CHECK(run(io, client.put({"k", "v", 0}, patient()))->header == header_at(2));
    CHECK(client.endpoints() == Lines{b.endpoint()});
}

TEST_CASE_FIXTURE(AccessFixture,
                  "any answer is a proof, even that etcd does not know the question") {
    always(b, "KV/Put", put_response(2));
    always_fail(b, kStatus, 7, "etcdserver: permission denied");
    Client client(io, noticed({a.endpoint()}));
    REQUIRE(client.set_access(noticed({b.endpoint()})));
    run_until(io, [this] { return notices == Lines{"moved"}; });
    CHECK(run(io, client.put({"k", "v", 0}, patient()))->header == header_at(2));
}

TEST_CASE_FIXTURE(AccessFixture, "one endpoint that answers is enough, and is the first one used") {
    always(b, kStatus, pb::StatusResponse());
    always(b, "KV/Put", put_response(2));
    Client client(io, noticed({a.endpoint()}));
    REQUIRE(client.set_access(noticed({refused_endpoint(), a.endpoint(), b.endpoint()})));
    run_until(io, [this] { return notices == Lines{"moved"}; });
    CHECK(run(io, client.put({"k", "v", 0}, patient())).has_value());
    CHECK(rpcs.back() == "KV/Put 0 " + b.endpoint());
}

TEST_CASE_FIXTURE(AccessFixture, "a later order replaces an earlier one that is not proved yet") {
    always(a, "KV/Put", put_response(1));
    Client client(io, noticed({a.endpoint()}));
    REQUIRE(client.set_access(noticed({b.endpoint()})));
    run_until(io, [this] { return b.received() == Lines{kStatus}; });
    REQUIRE(client.set_access(noticed({a.endpoint()})));  // back to what is in use
    always(b, kStatus, pb::StatusResponse());
    CHECK(run(io, client.put({"k", "v", 0}, patient())).has_value());
    run(io, client.close());
    CHECK(notices == Lines{"moved"});
    CHECK(client.endpoints() == Lines{a.endpoint()});
}

TEST_CASE_FIXTURE(AccessFixture, "another user is proved by a log-in, whose token is then used") {
    b.on<pb::AuthenticateRequest>(
        "Auth/Authenticate", [](const FakeCall& call, const pb::AuthenticateRequest& request) {
            pb::AuthenticateResponse response;
            response.set_token("of " + request.name() + " " + request.password());
            call.answer(response);
        });
    std::string token;
    b.on_bytes("KV/Put", [&token](const FakeCall& call, const std::string&) {
        token = call.metadata("token");
        call.answer(put_response(2));
    });
    ClientOptions options = noticed({a.endpoint()});
    options.password = [] { return std::string("secret"); };
    Client client(io, options);
    options.endpoints = {b.endpoint()};
    options.username = "another";
    REQUIRE(client.set_access(options));
    run_until(io, [this] { return notices == Lines{"logged in", "moved"}; });
    CHECK(run(io, client.put({"k", "v", 0}, patient())).has_value());
    CHECK(token == "of another secret");
    CHECK(b.received() == Lines{"Auth/Authenticate", "KV/Put"});
}

TEST_CASE_FIXTURE(Fixture, "etcd's certificate must come from the authority and bear its name") {
    Authority ours;
    Authority other("another authority");
    Tls shown = ours.issue("etcd");
    shown.ca_pem.clear();  // clients need none
    FakeEtcd server(io, shown);
    always(server, "KV/Put", put_response(3));
    CHECK(put_to(*this, server, ours.trusting()).has_value());
    CHECK(error_of(put_to(*this, server, other.trusting())).kind == ErrorKind::kUnavailable);
    Tls named = ours.trusting();
    named.server_name = "etcd.example";
    CHECK(error_of(put_to(*this, server, named)).kind == ErrorKind::kUnavailable);

    shown = ours.issue("etcd", "DNS:etcd.example");
    shown.ca_pem.clear();
    FakeEtcd elsewhere(io, shown);
    always(elsewhere, "KV/Put", put_response(3));
    CHECK(put_to(*this, elsewhere, named).has_value());
    CHECK(error_of(put_to(*this, elsewhere, ours.trusting())).kind == ErrorKind::kUnavailable);
    server.forget_scripts();
    elsewhere.forget_scripts();
}

TEST_CASE_FIXTURE(Fixture, "an etcd that asks for a certificate is shown one") {
    Authority ours;
    Authority other("another authority");
    FakeEtcd server(io, ours.issue("etcd"));
    always(server, "KV/Put", put_response(3));
    CHECK(put_to(*this, server, ours.issue("elector")).has_value());
    CHECK(error_of(put_to(*this, server, ours.trusting())).kind == ErrorKind::kUnavailable);
    Tls stranger = other.issue("elector");
    stranger.ca_pem = ours.trusting().ca_pem;
    CHECK(error_of(put_to(*this, server, stranger)).kind == ErrorKind::kUnavailable);
    server.forget_scripts();
}

TEST_CASE_FIXTURE(AccessFixture, "a certificate that etcd refuses does not replace one in use") {
    Authority ours;
    Authority other("another authority");
    FakeEtcd server(io, ours.issue("etcd"));
    always(server, "KV/Put", put_response(3));
    always(server, kStatus, pb::StatusResponse());
    Client client(io, noticed({server.endpoint()}, ours.issue("elector")));
    CHECK(run(io, client.put({"k", "v", 0}, patient())).has_value());
    Tls stranger = other.issue("elector");
    stranger.ca_pem = ours.trusting().ca_pem;
    REQUIRE(client.set_access(noticed({server.endpoint()}, stranger)));
    run_until(io, [this] { return !notices.empty(); });
    CHECK(notices.front() != "moved");
    CHECK(run(io, client.put({"k", "v", 0}, patient())).has_value());
    REQUIRE(client.set_access(noticed({server.endpoint()}, ours.issue("elector"))));
    run_until(io, [this] { return notices.back() == "moved"; });
    CHECK(run(io, client.put({"k", "v", 0}, patient())).has_value());
    run(io, client.close());
    server.forget_scripts();
}
