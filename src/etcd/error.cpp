// Owns the reading of gRPC codes and etcd's error texts. Must never include gRPC.
// Thread rule: pure functions.
#include "etcd/error.hpp"

#include <array>
#include <stdexcept>

namespace elector::etcd {
namespace {

// gRPC status codes (grpc/status.h), so that this file needs no gRPC.
constexpr int kGrpcCancelled = 1;
constexpr int kGrpcUnknown = 2;
constexpr int kGrpcInvalidArgument = 3;
constexpr int kGrpcDeadlineExceeded = 4;
constexpr int kGrpcNotFound = 5;
constexpr int kGrpcPermissionDenied = 7;
constexpr int kGrpcResourceExhausted = 8;
constexpr int kGrpcFailedPrecondition = 9;
constexpr int kGrpcOutOfRange = 11;
constexpr int kGrpcUnimplemented = 12;
constexpr int kGrpcInternal = 13;
constexpr int kGrpcUnavailable = 14;
constexpr int kGrpcUnauthenticated = 16;

struct Saying {
    int code;
    std::string_view words;
    ErrorKind kind;
    bool never_executed;  ///< refused or never sent, so the outcome is known although the code
                          ///< leaves doubt
};

// etcd api/v3rpc/rpctypes/error.go, versions 3.4 to 3.6; the last two are gRPC's own. The code must
// match too: "never executed" is a promise.
constexpr std::array kSayings{
    Saying{kGrpcNotFound, "requested lease not found", ErrorKind::kLeaseNotFound, true},
    Saying{kGrpcFailedPrecondition, "lease already exists", ErrorKind::kLeaseExists, true},
    Saying{kGrpcOutOfRange, "required revision has been compacted", ErrorKind::kCompacted, true},
    Saying{kGrpcResourceExhausted, "database space exceeded", ErrorKind::kNoSpace, true},
    Saying{kGrpcResourceExhausted, "too many requests", ErrorKind::kTooManyRequests, true},
    Saying{kGrpcInvalidArgument, "invalid user ID or password", ErrorKind::kWrongPassword, true},
    Saying{kGrpcInvalidArgument, "user name is empty", ErrorKind::kUnauthenticated, true},
    Saying{kGrpcInvalidArgument, "revision of auth store is old", ErrorKind::kUnauthenticated,
           true},
    Saying{kGrpcUnknown, "revision in header is old", ErrorKind::kUnauthenticated, true},
    Saying{kGrpcFailedPrecondition, "authentication is not enabled", ErrorKind::kAuthNotEnabled,
           true},
    Saying{kGrpcUnavailable, "not supported for learner", ErrorKind::kNotSupported, true},
    Saying{kGrpcFailedPrecondition, "not supported for learner", ErrorKind::kNotSupported, true},
    Saying{kGrpcUnavailable, "etcdserver: no leader", ErrorKind::kNoLeader, false},
    Saying{kGrpcUnknown, "context deadline exceeded", ErrorKind::kTimeout, false},
    Saying{kGrpcUnavailable, "failed to connect to all addresses", ErrorKind::kUnavailable, true},
    Saying{kGrpcUnavailable, "DNS resolution failed", ErrorKind::kUnavailable, true},
};

const Saying* known_saying(int code, std::string_view text) {
    for (const auto& saying : kSayings) {
        if (saying.code == code && text.find(saying.words) != std::string_view::npos)
            return &saying;
    }
    return nullptr;
}

ErrorKind kind_of_code(int code) {
    switch (code) {
        case kGrpcCancelled:  // by the server: it is going away
        case kGrpcUnavailable:
            return ErrorKind::kUnavailable;
        case kGrpcDeadlineExceeded:
            return ErrorKind::kTimeout;
        case kGrpcInvalidArgument:
            return ErrorKind::kInvalid;
        case kGrpcPermissionDenied:
            return ErrorKind::kPermissionDenied;
        case kGrpcUnauthenticated:
            return ErrorKind::kUnauthenticated;
        case kGrpcUnimplemented:
            return ErrorKind::kNotSupported;
        default:
            return ErrorKind::kInternal;
    }
}

bool code_leaves_doubt(int code) {
    switch (code) {
        case kGrpcCancelled:
        case kGrpcUnknown:
        case kGrpcDeadlineExceeded:
        case kGrpcResourceExhausted:  // also: the reply was too large for this client
        case kGrpcInternal:
        case kGrpcUnavailable:
            return true;
        default:
            return false;
    }
}

}  // namespace

std::string_view name(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::kUnavailable:
            return "unavailable";
        case ErrorKind::kTimeout:
            return "timeout";
        case ErrorKind::kCancelled:
            return "cancelled";
        case ErrorKind::kNoLeader:
            return "no_leader";
        case ErrorKind::kLeaseNotFound:
            return "lease_not_found";
        case ErrorKind::kLeaseExists:
            return "lease_exists";
        case ErrorKind::kCompacted:
            return "compacted";
        case ErrorKind::kNoSpace:
            return "no_space";
        case ErrorKind::kPermissionDenied:
            return "permission_denied";
        case ErrorKind::kUnauthenticated:
            return "unauthenticated";
        case ErrorKind::kWrongPassword:
            return "wrong_password";
        case ErrorKind::kAuthNotEnabled:
            return "auth_not_enabled";
        case ErrorKind::kNotSupported:
            return "not_supported";
        case ErrorKind::kTooManyRequests:
            return "too_many_requests";
        case ErrorKind::kInvalid:
            return "invalid";
        case ErrorKind::kInternal:
            return "internal";
    }
    return "internal";
}

std::string to_string(const Error& error) {
    std::string text = error.text + " [etcd:" + std::string(name(error.kind)) + "/" +
                       std::to_string(error.grpc_code) + "]";
    if (!error.endpoint.empty()) text += " at " + error.endpoint;
    if (error.outcome_unknown) text += "; outcome unknown";
    return text;
}

Error classify(int grpc_code, std::string text, std::string endpoint, bool writes) {
    const Saying* const saying = known_saying(grpc_code, text);
    const bool never_executed = saying != nullptr && saying->never_executed;
    Error error;
    error.kind = saying != nullptr ? saying->kind : kind_of_code(grpc_code);
    error.grpc_code = grpc_code;
    error.text = std::move(text);
    error.endpoint = std::move(endpoint);
    error.outcome_unknown = writes && !never_executed && code_leaves_doubt(grpc_code);
    return error;
}

Error classify_watch_refusal(std::string reason, std::string endpoint) {
    Error error;
    error.kind = ErrorKind::kInvalid;
    if (reason.find("permission denied") != std::string::npos) {
        error.kind = ErrorKind::kPermissionDenied;
    } else if (reason.find("auth") != std::string::npos ||
               reason.find("user name") != std::string::npos) {
        error.kind = ErrorKind::kUnauthenticated;
    }
    error.text = "watch refused: " + reason;
    error.endpoint = std::move(endpoint);
    return error;
}

bool worth_retrying(const Error& error) {
    switch (error.kind) {
        case ErrorKind::kUnavailable:
        case ErrorKind::kTimeout:
        case ErrorKind::kNoLeader:
        case ErrorKind::kTooManyRequests:
            return true;
        case ErrorKind::kNotSupported:
            return error.grpc_code != kGrpcUnimplemented;
        case ErrorKind::kInternal:
            return code_leaves_doubt(error.grpc_code);
        default:
            return false;
    }
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
    boost::throw_with_location(std::runtime_error(to_string(error)), where);
}

}  // namespace elector::etcd
