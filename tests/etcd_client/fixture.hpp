// Owns what the client's tests share: two scripted servers and short time-outs.
// Thread rule: one thread, one io_context.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>
#include <etcd.pb.h>

#include "etcd/client.hpp"
#include "etcd_client/fake_etcd.hpp"
#include "support/run_coroutine.hpp"

namespace doctest {

template <>
struct StringMaker<elector::etcd::Error> {
    static String convert(const elector::etcd::Error& error) {
        return elector::etcd::to_string(error).c_str();
    }
};
template <class T>
struct StringMaker<elector::etcd::Result<T>> {
    static String convert(const elector::etcd::Result<T>& result) {
        return result ? "a value" : StringMaker<elector::etcd::Error>::convert(result.error());
    }
};
template <>
struct StringMaker<std::vector<std::string>> {
    static String convert(const std::vector<std::string>& lines) {
        std::string all;
        for (const auto& line : lines) all += "\n    " + line;
        return all.c_str();
    }
};

}  // namespace doctest

namespace elector::test {

namespace pb = etcdserverpb;
using namespace elector::etcd;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

inline void set_header(pb::ResponseHeader& header, std::int64_t revision) {
    header.set_cluster_id(7);
    header.set_member_id(8);
    header.set_revision(revision);
    header.set_raft_term(9);
}

inline Header header_at(std::int64_t revision) { return {7, 8, revision, 9}; }

inline pb::RangeResponse range_response(std::int64_t revision) {
    pb::RangeResponse response;
    set_header(*response.mutable_header(), revision);
    return response;
}

inline pb::PutResponse put_response(std::int64_t revision) {
    pb::PutResponse response;
    set_header(*response.mutable_header(), revision);
    return response;
}

/// A linearizable answer of a cluster in that Raft term.
inline pb::RangeResponse range_in_term(std::uint64_t raft_term) {
    auto response = range_response(5);
    response.mutable_header()->set_raft_term(raft_term);
    return response;
}

/// Answers every message of the method with the same words.
template <class Message>
void always(FakeEtcd& server, const std::string& method, Message message) {
    server.on_bytes(method, [message](FakeCall call, const std::string&) { call.answer(message); });
}

inline void always_fail(FakeEtcd& server, const std::string& method, int code, std::string text) {
    server.on_bytes(method,
                    [code, text](FakeCall call, const std::string&) { call.finish(code, text); });
}

// On a busy machine anything may take long. So a time-out that a test shortens must only ever
// strike what is silent for good, or the test must hold however often it strikes the others too.
struct Fixture {
    ~Fixture() {
        a.forget_scripts();
        b.forget_scripts();
    }

    boost::asio::io_context io{1};
    FakeEtcd a{io};
    FakeEtcd b{io};
    std::vector<std::string> rpcs;  ///< "<method> <code> <endpoint>" of each finished attempt
    std::chrono::milliseconds request_timeout{5000};

    ClientOptions options(std::vector<std::string> endpoints) {
        ClientOptions options;
        options.endpoints = std::move(endpoints);
        options.request_timeout = request_timeout;
        options.dial_timeout = milliseconds(20'000);
        options.on_rpc = [this](const RpcStat& stat) {
            rpcs.push_back(std::string(stat.method) + " " + std::to_string(stat.grpc_code) + " " +
                           std::string(stat.endpoint));
        };
        return options;
    }
    ClientOptions both() { return options({a.endpoint(), b.endpoint()}); }
};

/// For calls whose own time is not under test.
inline CallOptions patient() {
    CallOptions options;
    options.timeout = milliseconds(20'000);
    return options;
}

/// The error of a result that must be one.
template <class T>
Error error_of(const Result<T>& result) {
    REQUIRE(result.has_error());
    return result.error();
}

}  // namespace elector::test
