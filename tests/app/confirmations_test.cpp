// Confirmations of many groups wait a moment for each other, and no longer.
#include "app/confirmations.hpp"

#include <deque>
#include <map>

#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

using namespace elector;
namespace asio = boost::asio;

namespace {

using Reply = etcd::Result<etcd::TxnReply>;

etcd::TxnReply reply_to(const etcd::Txn& request) {
    etcd::TxnReply reply;
    reply.succeeded = true;
    reply.replies.resize(request.then_ops.size());
    return reply;
}

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
    std::vector<std::size_t> sent;  ///< operations of each request
    std::deque<Reply> scripted;     ///< then: what was read
    app::Confirmations confirmations{
        io, tasks, [this](etcd::Txn request) { return send(std::move(request)); }};
    std::map<std::string, std::string> answers;  ///< by group

    asio::awaitable<Reply> send(etcd::Txn request) {
        sent.push_back(request.then_ops.size());
        if (scripted.empty()) co_return reply_to(request);
        Reply next = scripted.front();
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
    CHECK(sent == std::vector<std::size_t>{6});
    CHECK(answers == std::map<std::string, std::string>{
                         {"a", "answered"}, {"b", "answered"}, {"c", "answered"}});
    ask("a");
    run();
    CHECK(sent == std::vector<std::size_t>{6, 2});
    CHECK(failed.empty());
}

TEST_CASE_FIXTURE(Fixture, "a full request waits for nobody") {
    for (std::size_t i = 0; i < etcd::kMostConfirmations; ++i) ask(std::to_string(i));
    io.poll();
    CHECK(sent == std::vector<std::size_t>{128});
    CHECK(answers.size() == etcd::kMostConfirmations);
}

TEST_CASE_FIXTURE(Fixture, "a refusal of all is asked again by each, and is then only its own") {
    scripted.push_back(error_of(etcd::ErrorKind::kPermissionDenied));
    scripted.push_back(error_of(etcd::ErrorKind::kPermissionDenied));
    ask("a");
    ask("b");
    run();
    CHECK(sent == std::vector<std::size_t>{4, 2, 2});
    CHECK(answers ==
          std::map<std::string, std::string>{{"a", "permission_denied"}, {"b", "answered"}});
}

TEST_CASE_FIXTURE(Fixture, "an unknown outcome is each group's, and is not asked again") {
    scripted.push_back(error_of(etcd::ErrorKind::kTimeout));
    ask("a");
    ask("b");
    run();
    CHECK(sent == std::vector<std::size_t>{4});
    CHECK(answers == std::map<std::string, std::string>{{"a", "timeout"}, {"b", "timeout"}});
}

TEST_CASE_FIXTURE(Fixture, "nothing is answered after the end") {
    ask("a");
    confirmations.close();
    run();
    CHECK(sent.empty());
    CHECK(answers.empty());
}
