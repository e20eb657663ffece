// Owns what can go wrong in a call to etcd, as a value: a closed set of kinds, the server's own
// words beside it. Nothing may branch on the words outside classify(). Must never include gRPC.
// Thread rule: values only.
#pragma once

#include <string>
#include <string_view>

#include <boost/system/result.hpp>

namespace elector::etcd {

enum class ErrorKind {
    kUnavailable,       ///< endpoint down, connection lost, etcd shutting down or changing leader
    kTimeout,           ///< no answer in time; for a write the outcome is unknown
    kCancelled,         ///< the caller gave up, or the client is closing
    kNoLeader,          ///< the member has no etcd leader
    kLeaseNotFound,     ///< the lease is gone: expired or revoked
    kLeaseExists,       ///< a lease of that id is there already
    kCompacted,         ///< the revision asked for is no longer kept
    kNoSpace,           ///< etcd's storage quota is used up
    kPermissionDenied,  ///< the user has no right to the key
    kUnauthenticated,   ///< no token, or one that etcd no longer knows
    kWrongPassword,     ///< etcd refused name or password
    kAuthNotEnabled,    ///< a log-in at an etcd that asks nobody to log in
    kNotSupported,      ///< the member cannot do this: a learner, or an older etcd
    kTooManyRequests,   ///< etcd is overloaded and refused before doing anything
    kInvalid,           ///< etcd (or this client) found the request malformed
    kInternal,          ///< anything else
};

struct Error {
    ErrorKind kind = ErrorKind::kInternal;
    int grpc_code = 0;     ///< the gRPC status code; 0 when there was no gRPC status
    std::string text;      ///< diagnosis for people
    std::string endpoint;  ///< "http://host:port" of the last attempt; empty if there was none
    bool outcome_unknown = false;  ///< a write that may have been done, or may yet be
    bool operator==(const Error&) const = default;
};

template <class T>
using Result = boost::system::result<T, Error>;

/// "lease_not_found" and the like; for logs and metrics.
std::string_view name(ErrorKind kind);

/// "<text> [etcd:<kind>/<grpc code>] at <endpoint>", with "; outcome unknown" where it is.
std::string to_string(const Error& error);

/// What a gRPC status other than OK means. `writes`: the request can change the store.
Error classify(int grpc_code, std::string text, std::string endpoint, bool writes);

/// etcd refuses a watch with a reason in words, where a call would have a code. The code is then 0.
Error classify_watch_refusal(std::string reason, std::string endpoint);

/// True when another endpoint (or the same one, later) may answer the same request better.
bool worth_retrying(const Error& error);

/// Found by boost::system::result::value(): throws std::runtime_error with to_string(error).
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& where);

}  // namespace elector::etcd
