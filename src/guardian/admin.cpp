#include "guardian/admin.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

namespace elector::guardian {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";

bool same_word(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return std::tolower(static_cast<unsigned char>(x)) ==
               std::tolower(static_cast<unsigned char>(y));
    });
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

struct Head {
    unsigned status = 0;
    std::optional<std::size_t> length;
    bool close = false;
    bool chunked = false;
    bool malformed = false;
};

void read_field(std::string_view line, Head& head) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
        head.malformed = true;
        return;
    }
    const auto name = line.substr(0, colon);
    const auto value = trimmed(line.substr(colon + 1));
    if (same_word(name, "content-length")) {
        std::size_t n = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), n);
        const bool whole = error == std::errc{} && end == value.data() + value.size();
        head.malformed = head.malformed || !whole || head.length.has_value();
        head.length = n;
    } else if (same_word(name, "connection")) {
        head.close = same_word(value, "close");
    } else if (same_word(name, "transfer-encoding")) {
        head.chunked = true;
    }
}

Head read_head(std::string_view text) {
    Head head;
    const auto first = text.substr(0, text.find("\r\n"));
    constexpr std::string_view kVersion = "HTTP/1.1 ";
    const bool three_digits = first.size() == 12 || (first.size() > 12 && first[12] == ' ');
    const bool known = first.substr(0, kVersion.size()) == kVersion && three_digits;
    if (known) std::from_chars(first.data() + 9, first.data() + 12, head.status);
    head.malformed = !known || head.status < 100;
    while (!head.malformed) {
        const auto end = text.find("\r\n");
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 2);
        const auto line = text.substr(0, text.find("\r\n"));
        if (!line.empty()) read_field(line, head);
    }
    return head;
}

Answer judge(unsigned status, std::string_view body, bool set) {
    if (status != 200) return Answer::kFailed;
    if (set) return Answer::kDone;
    const auto word = trimmed(body);
    if (word == "{\"active\":true}") return Answer::kActive;
    return word == "{\"active\":false}" ? Answer::kStandby : Answer::kFailed;
}

void close_hard(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
}

}  // namespace

Parsed parse_answer(std::string_view bytes, bool set) {
    const auto end = bytes.find(kEndOfHead);
    if (end == std::string_view::npos) return {};
    const auto head = read_head(bytes.substr(0, end));
    const auto body = bytes.substr(end + kEndOfHead.size());
    const bool understood = !head.malformed && !head.chunked && head.length;
    if (!understood) return {true, true, Answer::kFailed};
    if (body.size() < *head.length) return {};
    const bool more_than_asked = body.size() > *head.length;
    if (more_than_asked) return {true, true, Answer::kFailed};
    return {true, head.close, judge(head.status, body, set)};
}

int connect_to(const Address& address, bool& refused) {
    refused = false;
    int fd =
        ::socket(address.v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    std::memcpy(&v4.sin_addr, address.v4.data(), address.v4.size());
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    v6.sin6_addr = in6addr_loopback;
    const auto* to = address.v6 ? reinterpret_cast<const sockaddr*>(&v6)
                                : reinterpret_cast<const sockaddr*>(&v4);
    const auto size = static_cast<socklen_t>(address.v6 ? sizeof v6 : sizeof v4);
    if (::connect(fd, to, size) == 0 || errno == EINPROGRESS) return fd;
    refused = errno == ECONNREFUSED;
    close_hard(fd);
    return -1;
}

void AdminRequest::begin(Kind kind, const Address& admin, bool keep, Instant deadline) {
    if (busy_ || !keep || timed_out_ || (fd_ >= 0 && idle_end())) drop();
    kind_ = kind;
    deadline_ = deadline;
    busy_ = true;
    sent_ = got_ = 0;
    const char* target = kind == Kind::kDeactivate ? "/ha?activate=false" : "/ha";
    std::array<char, 16> host{"[::1]"};
    if (!admin.v6)
        ::inet_ntop(AF_INET, admin.v4.data(), host.data(), static_cast<socklen_t>(host.size()));
    const int n =
        std::snprintf(request_.data(), request_.size(),
                      "GET %s HTTP/1.1\r\nHost: %s:%u\r\nUser-Agent: iotex-elector\r\n\r\n", target,
                      host.data(), static_cast<unsigned>(admin.port));
    request_size_ = static_cast<std::size_t>(n);
    if (fd_ >= 0) return;
    ++serial_;
    fd_ = connect_to(admin, refused_);
}

short AdminRequest::events() const {
    if (fd_ < 0) return 0;
    return busy_ && sent_ < request_size_ ? POLLOUT : POLLIN;
}

std::optional<Answer> AdminRequest::proceed(Instant now) {
    if (!busy_) return std::nullopt;
    if (fd_ < 0) return done(refused_ ? Answer::kRefused : Answer::kFailed, false);
    std::optional<Answer> answer;
    if (sent_ < request_size_) answer = write_some();
    if (!answer && sent_ == request_size_) answer = read_some();
    if (answer || now < deadline_) return answer;
    timed_out_ = true;
    return done(Answer::kFailed, established_);
}

std::optional<Answer> AdminRequest::write_some() {
    if (!established_) {
        pollfd ready{fd_, POLLOUT, 0};
        if (::poll(&ready, 1, 0) != 1) return std::nullopt;
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error == ECONNREFUSED) return done(Answer::kRefused, false);
        if (error != 0) return done(Answer::kFailed, false);
        established_ = true;
    }
    while (sent_ < request_size_) {
        const auto n = ::send(fd_, request_.data() + sent_, request_size_ - sent_,
                              MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            sent_ += static_cast<std::size_t>(n);
        } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return std::nullopt;
        } else {
            return done(Answer::kFailed, false);
        }
    }
    return std::nullopt;
}

std::optional<Answer> AdminRequest::read_some() {
    for (;;) {
        if (got_ == answer_.size()) return done(Answer::kFailed, false);
        const auto n = ::recv(fd_, answer_.data() + got_, answer_.size() - got_, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
        if (n <= 0) return done(Answer::kFailed, false);
        got_ += static_cast<std::size_t>(n);
        const auto parsed = parse_answer({answer_.data(), got_}, kind_ == Kind::kDeactivate);
        if (parsed.complete) return done(parsed.answer, !parsed.ended);
    }
}

std::optional<Answer> AdminRequest::done(Answer answer, bool keep_connection) {
    busy_ = false;
    if (!keep_connection) drop();
    return answer;
}

bool AdminRequest::idle_end() {
    if (fd_ < 0 || busy_ || timed_out_) return false;
    char byte = 0;
    const auto n = ::recv(fd_, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    drop();
    return true;
}

int AdminRequest::release() {
    established_ = busy_ = timed_out_ = false;
    return std::exchange(fd_, -1);
}

void AdminRequest::drop() {
    close_hard(fd_);
    established_ = busy_ = refused_ = timed_out_ = false;
}

}  // namespace elector::guardian
