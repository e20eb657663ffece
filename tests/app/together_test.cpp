// What many groups ask waits a moment for the others, and no longer; each has its own answer.
#include "app/together.hpp"

#include <deque>
#include <map>

#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

using namespace elector;
namespace asio = boost::asio;

namespace {

using Reply = app::Confirmations::Reply;
using Replies = app::Confirmations::Replies;

etcd::Error error_of(etcd::ErrorKind kind) {
    etcd::Error error;
    error.kind = kind;
    return error;
}

struct Fixture {
    asio::io_context io;
    std::vector<std::string> failed;
    app::Tasks tasks{io, [this](const std::string& name, const std::string& what) {
                         failed.push_back(name + ": " + what);
                     }};
    std::vector<std::size_t> sent;  ///< how many were in each request
    std::deque<Replies> scripted;   ///< then: success
    app::Confirmations confirmations{
        io, tasks, "confirm", etcd::kMostConfirmations,
        [this](std::vector<etcd::Confirmation> asked) { return send(std::move(asked)); }};
    std::map<std::string, std::string> answers;  ///< by group

    asio::awaitable<Replies> send(std::vector<etcd::Confirmation> asked) {
        sent.push_back(asked.size());
        if (scripted.empty()) co_return std::vector<etcd::TxnReply>(asked.size());
        Replies next = scripted.front();
        scripted.pop_front();
        co_return next;
    }

    void ask(const std::string& group) {
        confirmations.ask({group + ".d/holder", {}}, [this, group](const Reply& reply) {
            answers[group] += reply ? "answered" : std::string(etcd::name(reply.error().kind));
        });
    }

    void run() {
        io.restart();
        io.run();
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "what is asked within a moment is one request") {
    ask("a");
    ask("b");
    ask("c");
    CHECK(sent.empty());
    run();
    CHECK(sent == std::vector<std::size_t>{3});
    CHECK(answers == std::map<std::string, std::string>{
                         {"a", "answered"}, {"b", "answered"}, {"c", "answered"}});
    ask("a");
    run();
    CHECK(sent == std::vector<std::size_t>{3, 1});
    CHECK(failed.empty());
}

TEST_CASE_FIXTURE(Fixture, "a full request waits for nobody") {
    for (std::size_t i = 0; i < etcd::kMostConfirmations; ++i) ask(std::to_string(i));
    io.poll();
    CHECK(sent == std::vector<std::size_t>{64});
    CHECK(answers.size() == etcd::kMostConfirmations);
}

TEST_CASE_FIXTURE(Fixture, "a refusal of all is asked again by each, and is then only its own") {
    scripted.push_back(error_of(etcd::ErrorKind::kPermissionDenied));
    scripted.push_back(error_of(etcd::ErrorKind::kPermissionDenied));
    ask("a");
    ask("b");
    run();
    CHECK(sent == std::vector<std::size_t>{2, 1, 1});
    CHECK(answers ==
          std::map<std::string, std::string>{{"a", "permission_denied"}, {"b", "answered"}});
}

TEST_CASE_FIXTURE(Fixture, "a lease that is gone is its group's alone") {
    scripted.push_back(error_of(etcd::ErrorKind::kLeaseNotFound));
    scripted.push_back(error_of(etcd::ErrorKind::kLeaseNotFound));
    ask("a");
    ask("b");
    run();
    CHECK(answers ==
          std::map<std::string, std::string>{{"a", "lease_not_found"}, {"b", "answered"}});
}

TEST_CASE_FIXTURE(Fixture, "a reply that does not fit says nothing about anybody") {
    scripted.push_back(std::vector<etcd::TxnReply>(1));
    ask("a");
    ask("b");
    run();
    CHECK(sent == std::vector<std::size_t>{2});
    CHECK(answers == std::map<std::string, std::string>{{"a", "internal"}, {"b", "internal"}});
}

TEST_CASE_FIXTURE(Fixture, "an exception on the way is an answer to everybody") {
    app::Confirmations broken{io, tasks, "confirm", 2,
                              [](std::vector<etcd::Confirmation>) -> asio::awaitable<Replies> {
                                  throw std::runtime_error("broken");
                                  co_return Replies{};
                              }};
    std::vector<std::string> told;
    for (int i = 0; i < 2; ++i) {
        broken.ask({"a.d/holder", {}}, [&told](const Reply& reply) {
            REQUIRE(reply.has_error());
            CHECK(reply.error().outcome_unknown);
            told.push_back(reply.error().text);
        });
    }
    run();
    CHECK(told == std::vector<std::string>{"broken", "broken"});
    CHECK(failed.empty());
}

TEST_CASE_FIXTURE(Fixture, "an unknown outcome is each group's, and is not asked again") {
    scripted.push_back(error_of(etcd::ErrorKind::kTimeout));
    ask("a");
    ask("b");
    run();
    CHECK(sent == std::vector<std::size_t>{2});
    CHECK(answers == std::map<std::string, std::string>{{"a", "timeout"}, {"b", "timeout"}});
}

TEST_CASE_FIXTURE(Fixture, "nothing is answered after the end") {
    ask("a");
    confirmations.close();
    run();
    CHECK(sent.empty());
    CHECK(answers.empty());
}
