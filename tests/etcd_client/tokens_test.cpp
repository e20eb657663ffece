// Log-ins: who waits for a token, what an answer does to it, and that nothing is lost by a new one.
#include <boost/asio/co_spawn.hpp>

#include "etcd_client/fixture.hpp"

using namespace elector::test;
namespace asio = boost::asio;

namespace {

constexpr const char* kLogIn = "Auth/Authenticate";
using Lines = std::vector<std::string>;

std::string word(AccessNotice::Kind kind) {
    switch (kind) {
        case AccessNotice::Kind::kLoggedIn:
            return "logged in";
        case AccessNotice::Kind::kLoginFailed:
            return "login failed";
        case AccessNotice::Kind::kMoved:
            return "moved";
        case AccessNotice::Kind::kMoveFailed:
            return "move failed";
    }
    return "";
}

struct TokenFixture : Fixture {
    std::string password = "right";
    int given = 0;
    std::string valid;  ///< the token that the servers accept
    Lines notices;

    ClientOptions user(std::vector<std::string> endpoints) {
        ClientOptions options = this->options(std::move(endpoints));
        options.username = "elector";
        options.password = [this] { return password; };
        options.on_access = [this](const AccessNotice& n) { notices.push_back(word(n.kind)); };
        return options;
    }

    /// Gives "token-1", "token-2" ... to whoever knows the password.
    void gives_tokens(FakeEtcd& server) {
        server.on<pb::AuthenticateRequest>(kLogIn, [this](const FakeCall& call,
                                                          const pb::AuthenticateRequest& request) {
            if (request.name() != "elector" || request.password() != "right") {
                call.finish(3, "etcdserver: authentication failed, invalid user ID or password");
                return;
            }
            valid = "token-" + std::to_string(++given);
            pb::AuthenticateResponse response;
            response.set_token(valid);
            call.answer(response);
        });
    }

    /// Executes the method for a valid token only.
    template <class Message>
    void guards(FakeEtcd& server, const std::string& method, Message answer) {
        server.on_bytes(method, [this, answer](const FakeCall& call, const std::string&) {
            if (call.metadata("token") != valid) {
                call.finish(16, "etcdserver: invalid auth token");
            } else {
                call.answer(answer);
            }
        });
    }
};

}  // namespace

TEST_CASE_FIXTURE(TokenFixture, "a call logs in first, and the next one carries the same token") {
    gives_tokens(a);
    guards(a, "KV/Put", put_response(5));
    Client client(io, user({a.endpoint()}));
    CHECK(run(io, client.put({"k", "v", 0}, patient())).has_value());
    CHECK(run(io, client.put({"k", "v", 0}, patient())).has_value());
    CHECK(a.received() == Lines{kLogIn, "KV/Put", "KV/Put"});
    CHECK(notices == Lines{"logged in"});
}

TEST_CASE_FIXTURE(TokenFixture, "calls that begin together share one log-in") {
    gives_tokens(a);
    guards(a, "KV/Put", put_response(5));
    Client client(io, user({a.endpoint()}));
    int done = 0;
    for (int i = 0; i < 3; ++i) {
        asio::co_spawn(
            io, client.put({"k", "v", 0}, patient()),
            [&done](std::exception_ptr, Result<PutReply> put) { done += put ? 1 : 100; });
    }
    run_until(io, [&done] { return done >= 3; });
    CHECK(done == 3);
    CHECK(given == 1);
}

TEST_CASE_FIXTURE(TokenFixture, "a forgotten token costs a log-in, not the write that met it") {
    gives_tokens(a);
    guards(a, "KV/Put", put_response(5));
    Client client(io, user({a.endpoint()}));
    CHECK(run(io, client.put({"k", "v", 0}, patient())).has_value());
    valid = "none, etcd was restarted";
    CHECK(run(io, client.put({"k", "v", 0}, patient())).has_value());
    CHECK(a.received() == Lines{kLogIn, "KV/Put", "KV/Put", kLogIn, "KV/Put"});
    CHECK(notices == Lines{"logged in"});
}

TEST_CASE_FIXTURE(TokenFixture,
                  "each of etcd's words for a token that is no good brings a new one") {
    const std::vector<std::pair<int, std::string>> words{
        {16, "etcdserver: invalid auth token"},
        {3, "etcdserver: user name is empty"},
        {3, "etcdserver: revision of auth store is old"},
        {2, "auth: revision in header is old"},
    };
    for (const auto& [code, text] : words) {
        CAPTURE(text);
        gives_tokens(a);
        int puts = 0;
        a.on_bytes("KV/Put", [&puts, code, text](const FakeCall& call, const std::string&) {
            if (++puts == 1) return call.finish(code, text);
            call.answer(put_response(5));
        });
        Client client(io, user({a.endpoint()}));
        const int before = given;
        CHECK(run(io, client.put({"k", "v", 0}, patient())).has_value());
        CHECK(given == before + 2);
        CHECK(puts == 2);
    }
}

TEST_CASE_FIXTURE(TokenFixture, "a token refused again and again ends the call, not in a loop") {
    gives_tokens(a);
    always_fail(a, "KV/Put", 16, "etcdserver: invalid auth token");
    Client client(io, user({a.endpoint()}));
    const Error error = error_of(run(io, client.put({"k", "v", 0}, patient())));
    CHECK(error.kind == ErrorKind::kUnauthenticated);
    CHECK_FALSE(error.outcome_unknown);
    CHECK(a.received() == Lines{kLogIn, "KV/Put", kLogIn, "KV/Put", kLogIn, "KV/Put"});
}

TEST_CASE_FIXTURE(TokenFixture, "a refused password is not tried again at once, another one is") {
    gives_tokens(a);
    guards(a, "KV/Put", put_response(5));
    password = "wrong";
    Client client(io, user({a.endpoint()}));
    for (int i = 0; i < 2; ++i) {
        const Error error = error_of(run(io, client.put({"k", "v", 0}, patient())));
        CHECK(error.kind == ErrorKind::kWrongPassword);
        CHECK_FALSE(error.outcome_unknown);
    }
    // One log-in, unless this machine needed more than the pause for the two calls.
    CHECK(a.received().size() <= 2);
    password = "right";
    CHECK(run(io, client.put({"k", "v", 0}, patient())).has_value());
    CHECK(notices.front() == "login failed");
    CHECK(notices.back() == "logged in");
}

TEST_CASE_FIXTURE(TokenFixture, "an etcd that asks nobody to log in is spoken to without a token") {
    always_fail(a, kLogIn, 9, "etcdserver: authentication is not enabled");
    a.on_bytes("KV/Put", [](const FakeCall& call, const std::string&) {
        if (!call.metadata("token").empty()) return call.finish(16, "invalid auth token");
        call.answer(put_response(5));
    });
    Client client(io, user({a.endpoint()}));
    CHECK(run(io, client.put({"k", "v", 0}, patient())).has_value());
    // Once it asks, it is answered.
    gives_tokens(a);
    a.on_bytes("KV/Put", [this](const FakeCall& call, const std::string&) {
        if (call.metadata("token") != valid || valid.empty())
            return call.finish(3, "etcdserver: user name is empty");
        call.answer(put_response(6));
    });
    CHECK(run(io, client.put({"k", "v", 0}, patient())).has_value());
}

TEST_CASE_FIXTURE(TokenFixture, "a log-in goes on at the next endpoint") {
    gives_tokens(b);
    guards(b, "KV/Put", put_response(5));
    Client client(io, user({refused_endpoint(), b.endpoint()}));
    CHECK(run(io, client.put({"k", "v", 0}, patient())).has_value());
}

TEST_CASE_FIXTURE(TokenFixture, "a log-in that is never answered ends with the time of its call") {
    request_timeout = milliseconds(200);
    Client client(io, user({a.endpoint()}));
    CallOptions options;
    options.timeout = milliseconds(300);
    const Error error = error_of(run(io, client.put({"k", "v", 0}, options)));
    CHECK(error.kind == ErrorKind::kTimeout);
    CHECK_FALSE(error.outcome_unknown);  // it was never sent
}

TEST_CASE_FIXTURE(TokenFixture, "the keep-alive stream is opened again with a new token") {
    gives_tokens(a);
    a.on<pb::LeaseKeepAliveRequest>(
        "Lease/LeaseKeepAlive",
        [this](const FakeCall& call, const pb::LeaseKeepAliveRequest& request) {
            if (call.metadata("token") != valid)
                return call.finish(16, "etcdserver: invalid auth token");
            pb::LeaseKeepAliveResponse answer;
            answer.set_id(request.id());
            answer.set_ttl(4);
            call.send(answer);
        });
    Client client(io, user({a.endpoint()}));
    CHECK(run(io, client.keep_alive(7, milliseconds(20'000))).has_value());
    valid = "none, etcd was restarted";
    CHECK(run(io, client.keep_alive(7, milliseconds(20'000))).has_value());
    CHECK(given == 2);
}

TEST_CASE_FIXTURE(TokenFixture, "a watch that is refused for its token goes on with a new one") {
    gives_tokens(a);
    int requests = 0;
    a.on<pb::WatchRequest>(
        "Watch/Watch", [this, &requests](const FakeCall& call, const pb::WatchRequest& request) {
            if (!request.has_create_request()) return;
            pb::WatchResponse answer;
            set_header(*answer.mutable_header(), 9);
            answer.set_created(true);
            if (++requests == 1) valid = "none, etcd was restarted";
            if (call.metadata("token") != valid) {
                answer.set_watch_id(-1);
                answer.set_canceled(true);
                answer.set_cancel_reason("etcdserver: invalid auth token");
            }
            call.send(answer);
        });
    Client client(io, user({a.endpoint()}));
    WatchOptions options;
    options.ranges = {{"K/", "K0"}};
    int connected = 0;
    const Watch watch = client.watch(options, [&connected](const WatchNotice& notice) {
        if (std::holds_alternative<WatchConnected>(notice)) ++connected;
    });
    run_until(io, [&connected] { return connected == 1; });
    CHECK(given == 2);
    CHECK(requests == 2);
}

TEST_CASE_FIXTURE(TokenFixture, "a client that closes while it logs in ends what waits") {
    Client client(io, user({a.endpoint()}));
    std::optional<Result<PutReply>> put;
    asio::co_spawn(
        io, client.put({"k", "v", 0}, patient()),
        [&put](std::exception_ptr, Result<PutReply> result) { put = std::move(result); });
    run_until(io, [this] { return a.received() == Lines{kLogIn}; });
    run(io, client.close());
    run_until(io, [&put] { return put.has_value(); });
    CHECK(error_of(*put).kind == ErrorKind::kCancelled);
    run_dry(io);
}
