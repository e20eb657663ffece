// Many confirmations in one read say what each by itself would have said.
#include "etcd/confirmations.hpp"

#include <random>

#include <doctest/doctest.h>

#include "sim/etcd_model.hpp"

using namespace elector;
using namespace elector::etcd;

namespace {

std::string election(std::size_t i) { return "/group-" + std::to_string(i); }

/// A store in which each of some groups may have a holder record and a candidate key, changed now
/// and then.
sim::EtcdModel random_store(std::mt19937& chance, std::size_t groups) {
    sim::EtcdModel store;
    for (int write = 0; write < 40; ++write) {
        const Keys keys(election(chance() % groups));
        const auto& key = chance() % 2 == 0 ? keys.holder : keys.queue + "1a";
        Txn txn;
        if (chance() % 5 == 0) {
            txn.then_ops.emplace_back(DeleteOp{key, {}});
        } else {
            txn.then_ops.emplace_back(PutOp{key, std::to_string(write), 0});
        }
        store.txn(txn);
    }
    return store;
}

/// What it asks for is often what there is, and sometimes what is not.
Confirmation random_question(std::mt19937& chance, sim::EtcdModel& store, std::size_t group) {
    const Keys keys(election(group));
    Confirmation asked{keys.holder, {}};
    asked.effect.key = keys.queue + "1a";
    Txn look;
    look.then_ops.emplace_back(RangeOp{asked.effect.key, {}});
    look.then_ops.emplace_back(RangeOp{keys.holder, {}});
    const auto found = store.txn(look).reply.replies;
    const auto wrong = static_cast<std::int64_t>(chance() % 4 == 0 ? chance() % 50 : 0);
    asked.effect.create.value =
        wrong + (found[0].kvs.empty() ? 0 : found[0].kvs.front().create_revision);
    asked.effect.holder_mod.value = found[1].kvs.empty() ? 0 : found[1].kvs.front().mod_revision;
    if (chance() % 4 == 0) ++asked.effect.holder_mod.value;
    return asked;
}

}  // namespace

// SAFETY: S32.
TEST_CASE("a shared read answers each confirmation as its own transaction would have") {
    std::mt19937 chance(20'261'123);
    int held = 0;
    int lost = 0;
    for (int round = 0; round < 2000; ++round) {
        const std::size_t groups = 1 + chance() % 12;
        auto store = random_store(chance, groups);
        std::vector<Confirmation> asked;
        for (std::size_t i = 0; i < groups; ++i) asked.push_back(random_question(chance, store, i));
        const auto answers = split(asked, store.txn(to_txn(asked)).reply);
        REQUIRE(answers.size() == groups);
        for (std::size_t i = 0; i < groups; ++i) {
            const Keys keys(election(i));
            const auto alone = store.txn(to_txn(keys, asked[i].effect)).reply;
            CHECK(answers[i] == alone);
            ++(alone.succeeded ? held : lost);
        }
    }
    CHECK(held > 1000);
    CHECK(lost > 1000);
}

TEST_CASE("a reply that does not fit the request answers nobody") {
    const Keys keys("/k");
    std::vector<Confirmation> asked{{keys.holder, {}}, {keys.holder, {}}};
    sim::EtcdModel store;
    auto reply = store.txn(to_txn(asked)).reply;
    CHECK(split(asked, reply).size() == 2);
    reply.replies.pop_back();
    CHECK(split(asked, reply).empty());
    CHECK(split(asked, TxnReply{}).empty());
}

TEST_CASE("as many confirmations as are sent together fit into etcd's limit of operations") {
    const Keys keys("/k");
    const std::vector<Confirmation> asked(kMostConfirmations, {keys.holder, {}});
    CHECK(to_txn(asked).then_ops.size() == 128);
}
