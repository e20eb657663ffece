// What gRPC codes and etcd's words mean. Texts as etcd 3.4 to 3.6 and gRPC 1.51 write them.
#include "etcd/error.hpp"

#include <doctest/doctest.h>

using namespace elector::etcd;

TEST_CASE(
    "each refusal of etcd has its kind, and only doubtful ones leave a write's outcome unknown") {
    struct Row {
        int code;
        const char* text;
        ErrorKind kind;
        bool doubt;
        bool retry;
    };
    const Row rows[] = {
        {1, "context canceled", ErrorKind::kUnavailable, true, true},
        {2, "context deadline exceeded", ErrorKind::kTimeout, true, true},
        {2, "raft proposal dropped", ErrorKind::kInternal, true, true},
        {3, "etcdserver: duplicate key given in txn request", ErrorKind::kInvalid, false, false},
        {3, "etcdserver: authentication failed, invalid user ID or password",
         ErrorKind::kWrongPassword, false, false},
        {3, "etcdserver: user name is empty", ErrorKind::kUnauthenticated, false, false},
        {3, "etcdserver: revision of auth store is old", ErrorKind::kUnauthenticated, false, false},
        {4, "Deadline Exceeded", ErrorKind::kTimeout, true, true},
        {5, "etcdserver: requested lease not found", ErrorKind::kLeaseNotFound, false, false},
        {7, "etcdserver: permission denied", ErrorKind::kPermissionDenied, false, false},
        {8, "etcdserver: mvcc: database space exceeded", ErrorKind::kNoSpace, false, false},
        {8, "etcdserver: too many requests", ErrorKind::kTooManyRequests, false, true},
        {8, "Received message larger than max", ErrorKind::kInternal, true, true},
        {9, "etcdserver: lease already exists", ErrorKind::kLeaseExists, false, false},
        {9, "etcdserver: rpc not supported for learner", ErrorKind::kNotSupported, false, true},
        {11, "etcdserver: mvcc: required revision has been compacted", ErrorKind::kCompacted, false,
         false},
        {12, "unknown service", ErrorKind::kNotSupported, false, false},
        {13, "stream removed", ErrorKind::kInternal, true, true},
        {14, "etcdserver: no leader", ErrorKind::kNoLeader, true, true},
        {14, "etcdserver: request timed out", ErrorKind::kUnavailable, true, true},
        {14, "etcdserver: rpc not supported for learner", ErrorKind::kNotSupported, false, true},
        {14, "Socket closed", ErrorKind::kUnavailable, true, true},
        {14, "failed to connect to all addresses; last error: UNKNOWN: refused",
         ErrorKind::kUnavailable, false, true},
        {16, "etcdserver: invalid auth token", ErrorKind::kUnauthenticated, false, false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const Error read = classify(row.code, row.text, "http://h:1", false);
        const Error write = classify(row.code, row.text, "http://h:1", true);
        CHECK(read == Error{row.kind, row.code, row.text, "http://h:1", false});
        CHECK(write == Error{row.kind, row.code, row.text, "http://h:1", row.doubt});
        CHECK(worth_retrying(write) == row.retry);
    }
}

TEST_CASE("words promise nothing when the code is not the one etcd sends them with") {
    CHECK(classify(14, "proxy: requested lease not found", "", true) ==
          Error{ErrorKind::kUnavailable, 14, "proxy: requested lease not found", "", true});
}

TEST_CASE("a refused watch has its reason in words") {
    const auto kind_of = [](const char* reason) { return classify_watch_refusal(reason, "").kind; };
    CHECK(kind_of("rpc error: code = PermissionDenied desc = etcdserver: permission denied") ==
          ErrorKind::kPermissionDenied);
    CHECK(kind_of("etcdserver: invalid auth token") == ErrorKind::kUnauthenticated);
    CHECK(kind_of("etcdserver: user name is empty") == ErrorKind::kUnauthenticated);
    CHECK(classify_watch_refusal("why", "http://h:1") ==
          Error{ErrorKind::kInvalid, 0, "watch refused: why", "http://h:1", false});
}

TEST_CASE("an error says its kind, code, place and doubt") {
    const Error error{ErrorKind::kTimeout, 4, "Deadline Exceeded", "http://h:1", true};
    CHECK(to_string(error) == "Deadline Exceeded [etcd:timeout/4] at http://h:1; outcome unknown");
    const Result<int> result = error;
    CHECK_THROWS_WITH(result.value(), to_string(error).c_str());
}
