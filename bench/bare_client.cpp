// Owns the floor of memory and wake-ups: the least program that does with gRPC what a member of a
// group does all the time: a lease kept alive, a watch, and nothing else. No Asio, no HTTP, nothing
// of ours; linked as the elector is. Runs until it is ended. Thread rule: one thread beside gRPC's.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "etcd.pb.h"

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kLease = 0xbade;
constexpr auto kRenew = 1s;

grpc::ByteBuffer to_buffer(const google::protobuf::MessageLite& message) {
    const grpc::Slice slice(message.SerializeAsString());
    return grpc::ByteBuffer(&slice, 1);
}

/// As src/etcd/transport has them.
std::shared_ptr<grpc::Channel> channel_to(const std::string& endpoint) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
    return grpc::CreateCustomChannel(endpoint, grpc::InsecureChannelCredentials(), arguments);
}

class Bare {
  public:
    explicit Bare(const std::string& endpoint) : stub_(channel_to(endpoint)) {}

    /// The next operation is done; false: it failed. Its tag is left in `tag_`.
    bool next() {
        bool ok = false;
        return queue_.Next(&tag_, &ok) && ok;
    }

    bool grant() {
        etcdserverpb::LeaseGrantRequest request;
        request.set_id(kLease);
        request.set_ttl(5);
        grpc::ClientContext context;
        const auto call = stub_.PrepareUnaryCall(&context, "/etcdserverpb.Lease/LeaseGrant",
                                                 to_buffer(request), &queue_);
        grpc::ByteBuffer reply;
        grpc::Status status;
        call->StartCall();
        call->Finish(&reply, &status, nullptr);
        return next() && status.ok();
    }

    bool open(grpc::ClientContext& context, const char* method,
              std::unique_ptr<grpc::GenericClientAsyncReaderWriter>& stream,
              const google::protobuf::MessageLite& request) {
        stream = stub_.PrepareCall(&context, method, &queue_);
        stream->StartCall(nullptr);
        if (!next()) return false;
        stream->Write(to_buffer(request), nullptr);
        return next();
    }

    int run() {
        etcdserverpb::WatchRequest watched;
        watched.mutable_create_request()->set_key("bare/");
        etcdserverpb::LeaseKeepAliveRequest kept;
        kept.set_id(kLease);
        if (!grant() || !open(watch_context_, "/etcdserverpb.Watch/Watch", watch_, watched) ||
            !open(lease_context_, "/etcdserverpb.Lease/LeaseKeepAlive", lease_, kept))
            return 1;
        std::puts("ready");
        std::fflush(stdout);
        watch_->Read(&noticed_, &noticed_);
        lease_->Read(&answer_, &answer_);
        for (auto due = std::chrono::system_clock::now() + kRenew;;) {
            bool ok = false;
            const auto got = queue_.AsyncNext(&tag_, &ok, due);
            if (got == grpc::CompletionQueue::TIMEOUT) {
                lease_->Write(to_buffer(kept), nullptr);
                due += kRenew;
            } else if (!ok) {
                return 1;
            } else if (tag_ == &answer_) {
                lease_->Read(&answer_, &answer_);
            } else if (tag_ == &noticed_) {
                watch_->Read(&noticed_, &noticed_);
            }
        }
    }

  private:
    grpc::GenericStub stub_;
    grpc::CompletionQueue queue_;
    void* tag_ = nullptr;
    grpc::ClientContext watch_context_;
    grpc::ClientContext lease_context_;
    std::unique_ptr<grpc::GenericClientAsyncReaderWriter> watch_;
    std::unique_ptr<grpc::GenericClientAsyncReaderWriter> lease_;
    grpc::ByteBuffer noticed_;
    grpc::ByteBuffer answer_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: bench_bare_client HOST:PORT (of an etcd without TLS)\n", stderr);
        return 2;
    }
    // On the heap and never ended: what is not taken down is not measured.
    const int code = (new Bare(argv[1]))->run();
    std::_Exit(code);
}
