// Owns how this folder reports expected failures: a closed kind to branch on and a text for people.
// Must never carry a secret. Thread rule: values only.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

namespace elector::iotex {

enum class ErrorKind {
    kRefused,      ///< nobody listens on the port
    kUnreachable,  ///< the connection could not be made for another reason than a refusal
    kTimeout,      ///< no complete answer in time; what was asked may still take effect
    kReset,        ///< the connection broke while an answer was awaited
    kClosed,       ///< the peer closed the connection before the answer was complete
    kHttpStatus,   ///< answered, but not with a status that this request can have
    kRpc,          ///< web3 only: answered with a JSON-RPC error object
    kMalformed,    ///< answered, but not in the format that this request can have
    kTooLarge,     ///< header or body over the limit
    kNotSent,      ///< certain: not one byte of the request left this process
    kCancelled,    ///< closed or cancelled by ourselves while the answer was awaited
    kInvalid,      ///< an argument, such as a URL, cannot be used
};

constexpr std::string_view to_string(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::kRefused:
            return "refused";
        case ErrorKind::kUnreachable:
            return "unreachable";
        case ErrorKind::kTimeout:
            return "timeout";
        case ErrorKind::kReset:
            return "reset";
        case ErrorKind::kClosed:
            return "closed";
        case ErrorKind::kHttpStatus:
            return "http_status";
        case ErrorKind::kRpc:
            return "rpc";
        case ErrorKind::kMalformed:
            return "malformed";
        case ErrorKind::kTooLarge:
            return "too_large";
        case ErrorKind::kNotSent:
            return "not_sent";
        case ErrorKind::kCancelled:
            return "cancelled";
        case ErrorKind::kInvalid:
            return "invalid";
    }
    return "unknown";
}

/// `text` is for logs and people; nothing branches on it.
struct Error {
    Error() = default;
    Error(ErrorKind k, std::string t) : kind(k), text(std::move(t)) {}
    ErrorKind kind = ErrorKind::kInvalid;
    std::string text;
    bool operator==(const Error&) const = default;
};

template <class T>
using Result = boost::system::result<T, Error>;

/// Makes value() on an error a programming mistake that says what it was (found by name look-up).
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location&);

}  // namespace elector::iotex
