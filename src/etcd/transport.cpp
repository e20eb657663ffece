// Owns everything that includes gRPC. The rules of its completion queue live here and nowhere else:
// one read and one write outstanding per stream; after a failed read Finish, without TryCancel, or
// the server's status is replaced; each pending operation shares ownership of its call and keeps
// the io_context running. Must never run our code on the pump thread.
#include "etcd/transport.hpp"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <thread>
#include <unordered_set>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <absl/synchronization/mutex.h>
#include <grpc/support/cpu.h>
#include <grpc/support/log.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <pthread.h>

#include "support/timer.hpp"

/// The library asks these two of its own, which we take the place of, how many processors there
/// are. It has two lists of timers for each, up to 32, and wakes once a second for every list,
/// empty or not; and arenas, counters and threads by their number. We make a few calls a second.
unsigned gpr_cpu_num_cores() { return 1; }
unsigned gpr_cpu_current_cpu() { return 0; }

namespace elector::etcd {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

class Channel {
  public:
    Channel(std::string name, std::shared_ptr<grpc::Channel> channel)
        : endpoint(std::move(name)), grpc(std::move(channel)) {}
    const std::string endpoint;
    const std::shared_ptr<grpc::Channel> grpc;
};

const std::string& endpoint_of(const Channel& channel) { return channel.endpoint; }

namespace {

/// What a queue tag points to. The work guard keeps io.run() from returning before the completion.
struct Operation {
    asio::executor_work_guard<asio::io_context::executor_type> work;
    std::function<void(bool ok)> complete;
};

grpc::ByteBuffer to_buffer(const std::string& bytes) {
    const grpc::Slice slice(bytes);
    return grpc::ByteBuffer(&slice, 1);
}

std::string to_bytes(const grpc::ByteBuffer& buffer) {
    grpc::Slice slice;
    if (!buffer.DumpToSingleSlice(&slice).ok()) return {};
    return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

grpc::ChannelArguments channel_arguments(std::chrono::milliseconds dial_timeout) {
    grpc::ChannelArguments arguments;
    // Each endpoint has its own connection, even when two names lead to one address.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    // A third fewer wake-ups; our messages are small.
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
    // Despite its name this is the time-out of a connection attempt (default 20 s).
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, static_cast<int>(dial_timeout.count()));
    // A backstop only: etcd answers anything faster with GOAWAY too_many_pings.
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    // It would honour http_proxy, and ask the DNS for service configurations.
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
    return arguments;
}

// gRPC holds what it is given here until the channel dies: changed certificates need a new channel.
std::shared_ptr<grpc::ChannelCredentials> encrypted_by(const Tls& tls) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = tls.ca_pem;
    options.pem_cert_chain = tls.cert_pem;
    options.pem_private_key = tls.key_pem;
    return grpc::SslCredentials(options);
}

}  // namespace

struct Bridge {
    Bridge(asio::io_context& context, Transport::Observer on_rpc)
        : io(context), observer(std::move(on_rpc)) {}

    /// All that the foreign thread ever does.
    void pump() {
        void* tag = nullptr;
        bool ok = false;
        while (queue.Next(&tag, &ok)) {
            std::unique_ptr<Operation> operation(static_cast<Operation*>(tag));
            asio::post(io, [operation = std::move(operation), ok] { operation->complete(ok); });
        }
    }

    void* tag(std::function<void(bool ok)> complete) {
        return new Operation{asio::make_work_guard(io), std::move(complete)};
    }

    void ended(Call* call) {
        live.erase(call);
        if (!live.empty()) return;
        tell_idle();
    }

    void tell_idle() {
        for (auto& told : std::exchange(idle, {})) asio::post(io, std::move(told));
    }

    asio::io_context& io;
    const Transport::Observer observer;
    grpc::CompletionQueue queue;
    std::unordered_set<Call*> live;
    std::vector<std::function<void()>> idle;
    bool shut = false;  ///< no operation may be started any more
    std::thread thread;
};

class Call : public std::enable_shared_from_this<Call> {
  public:
    Call(std::shared_ptr<Bridge> bridge, ChannelPtr channel, const char* method)
        : bridge_(std::move(bridge)), channel_(std::move(channel)), method_(method) {
        bridge_->live.insert(this);
    }
    virtual ~Call() { bridge_->live.erase(this); }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    virtual void send(const std::string&) {}

    void abandon() {
        silence();
        if (!ended_) context_.TryCancel();
    }

  protected:
    virtual void silence() = 0;

    std::string path() const { return std::string("/etcdserverpb.") + method_; }

    void* tag(std::function<void(bool ok)> complete) {
        return bridge_->tag([self = shared_from_this(), complete = std::move(complete)](bool ok) {
            if (!self->bridge_->shut) complete(ok);
        });
    }

    RpcStatus end(const grpc::Status& status) {
        ended_ = true;
        const auto duration =
            std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun_);
        if (bridge_->observer) {
            bridge_->observer({method_, channel_->endpoint, status.error_code(), duration});
        }
        bridge_->ended(this);
        return {status.error_code(), status.error_message()};
    }

    // Order matters: a reader or stream, in the classes below, dies before the context it lives in.
    const std::shared_ptr<Bridge> bridge_;
    const ChannelPtr channel_;
    const char* const method_;
    const Clock::time_point begun_ = Clock::now();
    grpc::ClientContext context_;
    bool ended_ = false;
};

namespace {

class UnaryCall final : public Call {
  public:
    UnaryCall(const std::shared_ptr<Bridge>& bridge, ChannelPtr channel, const char* method,
              Transport::UnaryDone done)
        : Call(bridge, std::move(channel), method), done_(std::move(done)), deadline_(bridge->io) {}

    void start(const Metadata& metadata, const std::string& request,
               std::chrono::milliseconds timeout) {
        for (const auto& [key, value] : metadata) context_.AddMetadata(key, value);
        // Told to etcd all the same, which need not begin what comes too late.
        context_.AddMetadata("grpc-timeout", std::to_string(timeout.count()) + "m");
        reader_ = grpc::GenericStub(channel_->grpc)
                      .PrepareUnaryCall(&context_, path(), to_buffer(request), &bridge_->queue);
        reader_->StartCall();
        reader_->Finish(&reply_, &status_, tag([this](bool) { finished(); }));
        // Given up here and not by gRPC, whose threads wake for each deadline, met or not.
        deadline_.after(timeout, [this] {
            given_up_ = true;
            context_.TryCancel();
        });
    }

  private:
    void silence() override { done_ = nullptr; }

    void finished() {
        deadline_.cancel();
        if (given_up_ && status_.error_code() == grpc::StatusCode::CANCELLED)
            status_ = {grpc::StatusCode::DEADLINE_EXCEEDED, "Deadline Exceeded"};
        RpcStatus status = end(status_);
        const auto done = std::exchange(done_, nullptr);
        if (!done) return;
        std::string reply;
        if (status.code == 0) reply = to_bytes(reply_);
        done(std::move(status), std::move(reply));
    }

    Transport::UnaryDone done_;
    support::Timer deadline_;
    bool given_up_ = false;
    grpc::ByteBuffer reply_;
    grpc::Status status_;
    std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader_;
};

class StreamCall final : public Call {
  public:
    StreamCall(std::shared_ptr<Bridge> bridge, ChannelPtr channel, const char* method,
               std::weak_ptr<StreamOwner> owner)
        : Call(std::move(bridge), std::move(channel), method), owner_(std::move(owner)) {}

    void start(const Metadata& metadata) {
        for (const auto& [key, value] : metadata) context_.AddMetadata(key, value);
        stream_ = grpc::GenericStub(channel_->grpc).PrepareCall(&context_, path(), &bridge_->queue);
        writing_ = true;
        stream_->StartCall(tag([this](bool ok) { started(ok); }));
    }

    void send(const std::string& bytes) override {
        if (broken_) return;
        outgoing_.push_back(to_buffer(bytes));
        if (!writing_) write();
    }

  private:
    void silence() override { owner_.reset(); }

    void started(bool ok) {
        writing_ = false;
        if (!ok) {
            broken_ = true;
            finish();
            return;
        }
        read();  // never waits for the server's headers: Watch sends them with its first answer
        if (!outgoing_.empty()) write();
    }

    void write() {
        writing_ = true;
        grpc::WriteOptions options;
        if (outgoing_.size() > 1) options.set_buffer_hint();  // the last one takes all along
        stream_->Write(outgoing_.front(), options, tag([this](bool ok) { written(ok); }));
    }

    void written(bool ok) {
        writing_ = false;
        if (!ok) broken_ = true;
        outgoing_.pop_front();
        if (broken_) {
            outgoing_.clear();
            if (!reading_) finish();
        } else if (!outgoing_.empty()) {
            write();
        }
    }

    void read() {
        reading_ = true;
        stream_->Read(&incoming_, tag([this](bool ok) { received(ok); }));
    }

    void received(bool ok) {
        reading_ = false;
        if (!ok) {
            broken_ = true;
            if (!writing_) finish();
            return;
        }
        std::string bytes = to_bytes(incoming_);
        incoming_.Clear();
        read();
        if (const auto owner = owner_.lock()) owner->on_message(std::move(bytes));
    }

    void finish() {
        stream_->Finish(&status_, tag([this](bool) { finished(); }));
    }

    void finished() {
        RpcStatus status = end(status_);
        const auto owner = std::exchange(owner_, {}).lock();
        if (owner) owner->on_end(std::move(status));
    }

    std::weak_ptr<StreamOwner> owner_;
    std::deque<grpc::ByteBuffer> outgoing_;
    grpc::ByteBuffer incoming_;
    grpc::Status status_;
    bool writing_ = false;
    bool reading_ = false;
    bool broken_ = false;
    std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
};

}  // namespace

CallHandle& CallHandle::operator=(CallHandle&& other) noexcept {
    const CallHandle previous(std::exchange(call_, std::move(other.call_)));
    return *this;
}

void CallHandle::reset() {
    if (const auto call = std::exchange(call_, nullptr)) call->abandon();
}

void CallHandle::send(const std::string& bytes) {
    if (call_) call_->send(bytes);
}

namespace {

/// Its locks look for deadlocks at each use, as it was built: that is for its authors, and cost us
/// a twentieth of all.
void spare_the_library_its_checks() {
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

/// The library writes to standard error, among our own lines, what each failed call says too. Who
/// wants to see it sets $GRPC_VERBOSITY.
void silence_the_library() {
    if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function([](gpr_log_func_args*) {});
}

}  // namespace

Transport::Transport(asio::io_context& io, Observer observer)
    : bridge_(std::make_shared<Bridge>(io, std::move(observer))) {
    silence_the_library();
    spare_the_library_its_checks();
    bridge_->thread = std::thread([bridge = bridge_.get()] {
        pthread_setname_np(pthread_self(), "etcd-completion");
        bridge->pump();
    });
}

void Transport::shut() {
    if (std::exchange(bridge_->shut, true)) return;
    abandon_all();
    bridge_->queue.Shutdown();
    bridge_->thread.join();
    bridge_->tell_idle();
}

ChannelPtr Transport::connect(const std::string& endpoint, const Tls& tls,
                              std::chrono::milliseconds dial_timeout) {
    const std::string target = endpoint.substr(endpoint.find("//") + 2);
    const bool encrypted = endpoint.starts_with("https://");
    auto arguments = channel_arguments(dial_timeout);
    if (encrypted && !tls.server_name.empty()) arguments.SetSslTargetNameOverride(tls.server_name);
    auto channel = grpc::CreateCustomChannel(
        target, encrypted ? encrypted_by(tls) : grpc::InsecureChannelCredentials(), arguments);
    channel->GetState(true);  // so that a hedge or a rotation finds a connection ready
    return std::make_shared<Channel>(endpoint, std::move(channel));
}

CallHandle Transport::unary(const ChannelPtr& channel, const char* method, const Metadata& metadata,
                            const std::string& request, std::chrono::milliseconds timeout,
                            UnaryDone done) {
    auto call = std::make_shared<UnaryCall>(bridge_, channel, method, std::move(done));
    call->start(metadata, request, timeout);
    return CallHandle(std::move(call));
}

CallHandle Transport::stream(const ChannelPtr& channel, const char* method,
                             const Metadata& metadata, std::weak_ptr<StreamOwner> owner) {
    auto call = std::make_shared<StreamCall>(bridge_, channel, method, std::move(owner));
    call->start(metadata);
    return CallHandle(std::move(call));
}

void Transport::abandon_all() {
    // A copy: silencing a call may drop the last reference to others.
    const std::vector<Call*> calls(bridge_->live.begin(), bridge_->live.end());
    for (Call* const call : calls) {
        if (bridge_->live.count(call) != 0) call->abandon();
    }
}

void Transport::when_idle(std::function<void()> idle) {
    bridge_->idle.push_back(std::move(idle));
    if (bridge_->live.empty() || bridge_->shut) bridge_->tell_idle();
}

}  // namespace elector::etcd
