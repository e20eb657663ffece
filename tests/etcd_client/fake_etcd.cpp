// Owns the server side of gRPC for tests. After `closing` no operation is started: the queue may be
// shut.
#include "etcd_client/fake_etcd.hpp"

#include <atomic>
#include <chrono>
#include <deque>
#include <set>
#include <thread>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

namespace elector::test {
namespace asio = boost::asio;

namespace {
struct Tag {
    std::function<void(bool ok)> complete;
};

void* make_tag(std::function<void(bool ok)> complete) { return new Tag{std::move(complete)}; }
}  // namespace

struct FakeEtcd::State {
    explicit State(asio::io_context& context) : io(context) {}

    void accept();
    void pump() {
        void* tag = nullptr;
        bool ok = false;
        while (queue->Next(&tag, &ok)) {
            std::unique_ptr<Tag> owned(static_cast<Tag*>(tag));
            asio::post(io, [owned = std::move(owned), ok] { owned->complete(ok); });
        }
    }

    asio::io_context& io;
    int port = 0;
    bool encrypted = false;
    grpc::AsyncGenericService service;
    std::unique_ptr<grpc::ServerCompletionQueue> queue;
    std::unique_ptr<grpc::Server> server;
    std::thread thread;
    std::map<std::string, BytesScript> scripts;
    std::vector<std::string> received;
    std::size_t calls_open = 0;
    bool closing = false;
};

class FakeCallState : public std::enable_shared_from_this<FakeCallState> {
  public:
    explicit FakeCallState(FakeEtcd::State& server) : server_(server) {}

    void request() {
        // This tag comes only for a call that has been accepted.
        done_tag_ = make_tag([self = shared_from_this()](bool) { self->done(); });
        context.AsyncNotifyWhenDone(done_tag_);
        server_.service.RequestCall(
            &context, &stream_, server_.queue.get(), server_.queue.get(),
            make_tag([self = shared_from_this()](bool ok) { self->accepted(ok); }));
    }

    void send(const std::string& bytes) {
        const grpc::Slice slice(bytes);
        outgoing_.emplace_back(&slice, 1);
        go_on();
    }

    void finish(int code, const std::string& text) {
        status_ = grpc::Status(static_cast<grpc::StatusCode>(code), text);
        finish_wanted_ = true;
        go_on();
    }

    grpc::GenericServerContext context;

  private:
    void accepted(bool ok) {
        if (!ok) {
            delete static_cast<Tag*>(done_tag_);
            return;
        }
        ++server_.calls_open;
        method_ = context.method().substr(std::string("/etcdserverpb.").size());
        server_.accept();
        read();
    }

    void read() {
        if (server_.closing) return;
        stream_.Read(&incoming_,
                     make_tag([self = shared_from_this()](bool ok) { self->message(ok); }));
    }

    void message(bool ok) {
        if (!ok || server_.closing) return;
        grpc::Slice slice;
        if (!incoming_.DumpToSingleSlice(&slice).ok()) return;
        const std::string bytes(reinterpret_cast<const char*>(slice.begin()), slice.size());
        read();
        server_.received.push_back(method_);
        const auto script = server_.scripts.find(method_);
        if (script == server_.scripts.end()) return;
        const auto copy = script->second;  // a script may replace itself
        copy(FakeCall(weak_from_this()), bytes);
    }

    void go_on() {
        if (busy_ || ended_ || server_.closing) return;
        if (!outgoing_.empty()) {
            busy_ = true;
            stream_.Write(outgoing_.front(),
                          make_tag([self = shared_from_this()](bool) { self->written(); }));
        } else if (finish_wanted_) {
            busy_ = true;
            stream_.Finish(status_, make_tag([self = shared_from_this()](bool) {}));
        }
    }

    void written() {
        busy_ = false;
        outgoing_.pop_front();
        go_on();
    }

    void done() {
        ended_ = true;
        --server_.calls_open;
    }

    FakeEtcd::State& server_;
    grpc::GenericServerAsyncReaderWriter stream_{&context};
    grpc::ByteBuffer incoming_;
    std::deque<grpc::ByteBuffer> outgoing_;
    grpc::Status status_;
    std::string method_;
    void* done_tag_ = nullptr;
    bool busy_ = false;
    bool finish_wanted_ = false;
    bool ended_ = false;
};

void FakeEtcd::State::accept() {
    if (!closing) std::make_shared<FakeCallState>(*this)->request();
}

void FakeCall::send_bytes(const std::string& bytes) const {
    if (const auto state = state_.lock()) state->send(bytes);
}

void FakeCall::finish(int code, const std::string& text) const {
    if (const auto state = state_.lock()) state->finish(code, text);
}

std::string FakeCall::metadata(const std::string& key) const {
    const auto state = state_.lock();
    if (!state) return {};
    const auto& all = state->context.client_metadata();
    const auto found = all.find(key);
    return found == all.end() ? std::string()
                              : std::string(found->second.data(), found->second.size());
}

std::chrono::milliseconds FakeCall::patience() const {
    const auto state = state_.lock();
    if (!state) return {};
    const auto left = state->context.deadline() - std::chrono::system_clock::now();
    return std::chrono::duration_cast<std::chrono::milliseconds>(left);
}

namespace {
std::shared_ptr<grpc::ServerCredentials> credentials(const etcd::Tls& tls) {
    if (tls.cert_pem.empty()) return grpc::InsecureServerCredentials();
    grpc::SslServerCredentialsOptions options(
        tls.ca_pem.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                           : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_root_certs = tls.ca_pem;
    options.pem_key_cert_pairs.push_back({tls.key_pem, tls.cert_pem});
    return grpc::SslServerCredentials(options);
}
}  // namespace

FakeEtcd::FakeEtcd(asio::io_context& io, const etcd::Tls& tls)
    : state_(std::make_unique<State>(io)) {
    state_->encrypted = !tls.cert_pem.empty();
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", credentials(tls), &state_->port);
    builder.RegisterAsyncGenericService(&state_->service);
    state_->queue = builder.AddCompletionQueue();
    state_->server = builder.BuildAndStart();
    if (!state_->server) throw std::runtime_error("cannot start the fake etcd");
    state_->accept();
    state_->thread = std::thread([state = state_.get()] { state->pump(); });
}

FakeEtcd::~FakeEtcd() { shut_down(); }

std::string FakeEtcd::endpoint() const {
    const std::string scheme = state_->encrypted ? "https://" : "http://";
    return scheme + "127.0.0.1:" + std::to_string(state_->port);
}

void FakeEtcd::on_bytes(const std::string& method, BytesScript script) {
    state_->scripts[method] = std::move(script);
}

void FakeEtcd::forget_scripts() { state_->scripts.clear(); }

const std::vector<std::string>& FakeEtcd::received() const { return state_->received; }
std::size_t FakeEtcd::calls_open() const { return state_->calls_open; }

void FakeEtcd::shut_down() {
    if (std::exchange(state_->closing, true)) return;
    // The server waits for its calls to be let go, which happens on the io_context.
    std::atomic<bool> down{false};
    std::thread stopper([this, &down] {
        state_->server->Shutdown(std::chrono::system_clock::now());
        state_->queue->Shutdown();
        state_->thread.join();
        asio::post(state_->io, [&down] { down = true; });
    });
    state_->io.restart();
    while (!down) {
        if (state_->io.run_one_for(std::chrono::seconds(1)) == 0) state_->io.restart();
    }
    stopper.join();
}

std::string refused_endpoint() {
    asio::io_context io;
    const asio::ip::tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
    const asio::ip::tcp::acceptor acceptor(io, any);
    return "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
}

}  // namespace elector::test
