#include "guardian/message.hpp"

#include <algorithm>
#include <cstring>

namespace elector::guardian {
namespace {

using namespace std::chrono_literals;
using model::Duration;
using model::Instant;

constexpr std::array<std::byte, 4> kMagic{std::byte{'I'}, std::byte{'E'}, std::byte{'G'},
                                          std::byte{'L'}};
constexpr Duration kLongest = std::chrono::hours(1);  // of any bound

/// Both ends are on one host and in one binary: numbers travel as they lie in memory.
class Writer {
  public:
    explicit Writer(Packet& packet) : packet_(packet) {}

    void raw(const void* data, std::size_t size) {
        std::memcpy(packet_.bytes.data() + packet_.used, data, size);
        packet_.used += size;
    }
    template <class T>
    void number(T value) {
        raw(&value, sizeof value);
    }
    void span(Duration d) { number(static_cast<std::int64_t>(d.count())); }
    void instant(Instant t) { span(t.time_since_epoch()); }

  private:
    Packet& packet_;
};

/// What lies beyond the end reads as zeros, and is noticed at the end.
class Reader {
  public:
    explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

    void raw(void* data, std::size_t size) {
        const auto there = std::min(size, bytes_.size() - std::min(at_, bytes_.size()));
        if (there > 0) std::memcpy(data, bytes_.data() + at_, there);
        at_ += size;
    }
    template <class T>
    T number() {
        T value{};
        raw(&value, sizeof value);
        return value;
    }
    Duration span() { return Duration(number<std::int64_t>()); }
    Instant instant() { return Instant(span()); }
    /// Neither a byte too many nor one too few.
    bool whole() const { return at_ == bytes_.size(); }

  private:
    std::span<const std::byte> bytes_;
    std::size_t at_ = 0;
};

template <std::size_t kMost>
void write_text(Writer& w, const Text<kMost>& text) {
    w.number(text.size);
    w.raw(text.text.data(), text.text.size());
}

/// None: longer than it can be.
template <std::size_t kMost>
std::optional<Text<kMost>> read_text(Reader& r) {
    Text<kMost> text;
    text.size = r.number<std::uint16_t>();
    r.raw(text.text.data(), text.text.size());
    return text.size <= kMost ? std::optional(text) : std::nullopt;
}

void write(Writer& w, const Arm& m) {
    w.number(m.op.value);
    w.instant(m.valid_until);
    w.number(m.term.value);
    w.number(m.nonce.value);
    w.number(m.lease.value);
    w.number(m.holder_mod.value);
    w.instant(m.gate_open_at);
    for (const auto d : {m.bounds.margin, m.bounds.quiesce, m.bounds.late_set, m.bounds.unconfirmed,
                         m.bounds.refused_grace})
        w.span(d);
    w.number(static_cast<std::uint8_t>(m.probe.v6));
    w.raw(m.probe.v4.data(), m.probe.v4.size());
    w.number(m.probe.port);
    write_text(w, m.key);
}
void write(Writer& w, const Draining& m) {
    w.instant(m.deadline);
    w.number(static_cast<std::uint8_t>(m.standby));
}
void write(Writer&, const Disarm&) {}
void write(Writer& w, const ActivationAnswered& m) { w.number(m.nonce.value); }
void write(Writer& w, const Ping& m) { w.number(m.number); }
void write(Writer& w, const Armed& m) { w.number(m.op.value); }
void write(Writer& w, const Pong& m) { w.number(m.number); }
void write(Writer& w, const FenceWords& m) {
    w.span(m.timeout);
    w.number(m.size);
    w.number(m.count);
    w.raw(m.text.data(), std::min<std::size_t>(m.size, m.text.size()));
}
void write(Writer& w, const FenceOrder& m) {
    w.number(m.op.value);
    w.number(m.term.value);
    w.raw(m.reason.data(), m.reason.size());
}
void write(Writer& w, const FenceDone& m) {
    w.number(m.op.value);
    w.number(static_cast<std::uint8_t>(m.success));
}
void write(Writer&, const ReloadDone&) {}
void write(Writer& w, const Status& m) { write_text(w, m.line); }

bool sane(Duration d) { return d > Duration{} && d <= kLongest; }
bool sane(Instant t) { return t > Instant{} && t < model::kNever; }

bool sane(const Bounds& b) {
    return sane(b.margin) && sane(b.quiesce) && sane(b.late_set) && sane(b.unconfirmed) &&
           sane(b.refused_grace);
}

std::optional<Message> read_arm(Reader& r) {
    Arm m;
    m.op.value = r.number<std::uint64_t>();
    m.valid_until = r.instant();
    m.term.value = r.number<std::int64_t>();
    m.nonce.value = r.number<std::uint64_t>();
    m.lease.value = r.number<std::int64_t>();
    m.holder_mod.value = r.number<std::int64_t>();
    m.gate_open_at = r.instant();
    m.bounds.margin = r.span();
    m.bounds.quiesce = r.span();
    m.bounds.late_set = r.span();
    m.bounds.unconfirmed = r.span();
    m.bounds.refused_grace = r.span();
    const auto v6 = r.number<std::uint8_t>();
    r.raw(m.probe.v4.data(), m.probe.v4.size());
    m.probe.port = r.number<std::uint16_t>();
    const auto text = read_text<kMaxKey>(r);
    if (v6 > 1 || !text) return std::nullopt;
    m.probe.v6 = v6 == 1;
    const auto key = key_text(text->view());
    if (!key || *key != *text) return std::nullopt;  // not of one shape: bytes beyond its end
    m.key = *key;
    const bool good = m.op.value != 0 && sane(m.valid_until) && m.term.value > 0 &&
                      m.nonce.value != 0 && m.lease.value > 0 && m.holder_mod.value > 0 &&
                      sane(m.bounds);
    return good ? std::optional<Message>(m) : std::nullopt;
}

std::optional<Message> read_draining(Reader& r) {
    const auto deadline = r.instant();
    const auto standby = r.number<std::uint8_t>();
    if (!sane(deadline) || standby > 1) return std::nullopt;
    return Draining{deadline, standby == 1};
}

bool zero(std::span<const char> bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == '\0'; });
}

std::optional<Message> read_fence_words(Reader& r) {
    FenceWords m;
    m.timeout = r.span();
    m.size = r.number<std::uint16_t>();
    m.count = r.number<std::uint16_t>();
    r.raw(m.text.data(), std::min<std::size_t>(m.size, m.text.size()));
    if (m.count == 0) return m == FenceWords{} ? std::optional<Message>(m) : std::nullopt;
    const bool whole = m.size > 0 && m.size <= m.text.size() && m.count <= kMaxFenceWords &&
                       m.text[m.size - 1] == '\0' && sane(m.timeout);
    if (!whole) return std::nullopt;
    const auto words = std::count(m.text.begin(), m.text.begin() + m.size, '\0');
    return words == m.count + 1 ? std::optional<Message>(m) : std::nullopt;
}

std::optional<Message> read_fence_order(Reader& r) {
    FenceOrder m;
    m.op.value = r.number<std::uint64_t>();
    m.term.value = r.number<std::int64_t>();
    r.raw(m.reason.data(), m.reason.size());
    const auto end = std::find(m.reason.begin(), m.reason.end(), '\0');
    const bool good = m.op.value != 0 && m.term.value > 0 && end != m.reason.begin() &&
                      end != m.reason.end() && zero({end, m.reason.end()});
    return good ? std::optional<Message>(m) : std::nullopt;
}

std::optional<Message> read_fence_done(Reader& r) {
    const model::OpId op{r.number<std::uint64_t>()};
    const auto success = r.number<std::uint8_t>();
    if (success > 1) return std::nullopt;
    return FenceDone{op, success == 1};
}

std::optional<Message> read_status(Reader& r) {
    const auto text = read_text<kMaxStatus>(r);
    if (!text || status_text(text->view()) != *text) return std::nullopt;
    return Status{*text};
}

std::optional<Message> read(std::size_t kind, Reader& r) {
    switch (kind) {
        case 0:
            return read_arm(r);
        case 1:
            return read_draining(r);
        case 2:
            return Disarm{};
        case 3:
            return ActivationAnswered{model::Nonce{r.number<std::uint64_t>()}};
        case 4:
            return Ping{r.number<std::uint64_t>()};
        case 5:
            return Armed{model::OpId{r.number<std::uint64_t>()}};
        case 6:
            return Pong{r.number<std::uint64_t>()};
        case 7:
            return read_fence_words(r);
        case 8:
            return read_fence_order(r);
        case 9:
            return read_fence_done(r);
        case 10:
            return ReloadDone{};
        case 11:
            return read_status(r);
        default:
            return std::nullopt;
    }
}

/// About the two processes, not about a node.
bool of_no_node(const Message& m) {
    return std::holds_alternative<Ping>(m) || std::holds_alternative<Pong>(m) ||
           std::holds_alternative<ReloadDone>(m);
}

}  // namespace

std::optional<KeyText> key_text(std::string_view key) {
    KeyText k;
    const bool nul = key.find('\0') != std::string_view::npos;
    if (key.empty() || key.size() > k.text.size() || nul) return std::nullopt;
    std::copy(key.begin(), key.end(), k.text.begin());
    k.size = static_cast<std::uint16_t>(key.size());
    return k;
}

std::optional<FenceWords> fence_words(std::string_view probe_url,
                                      const std::vector<std::string>& command,
                                      model::Duration timeout) {
    FenceWords w;
    if (command.empty()) return w;
    if (command.size() > kMaxFenceWords) return std::nullopt;
    std::size_t size = 0;
    const auto put = [&](std::string_view word) {
        const bool fits = word.size() < w.text.size() - size;
        if (!fits || word.find('\0') != std::string_view::npos) return false;
        std::copy(word.begin(), word.end(), w.text.begin() + static_cast<std::ptrdiff_t>(size));
        size += word.size() + 1;
        return true;
    };
    bool whole = put(probe_url);
    for (const auto& word : command) whole = whole && put(word);
    if (!whole) return std::nullopt;
    w.size = static_cast<std::uint16_t>(size);
    w.count = static_cast<std::uint16_t>(command.size());
    w.timeout = timeout;
    return w;
}

StatusText status_text(std::string_view line) {
    StatusText t;
    auto n = std::min(line.size(), t.text.size());
    const auto inside_a_character = [&] {
        return n < line.size() && (static_cast<unsigned char>(line[n]) & 0xc0) == 0x80;
    };
    while (n > 0 && inside_a_character()) --n;
    std::transform(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(n), t.text.begin(),
                   [](char c) {
                       const auto byte = static_cast<unsigned char>(c);
                       return byte < ' ' || byte == 0x7f ? ' ' : c;
                   });
    t.size = static_cast<std::uint16_t>(n);
    return t;
}

Packet encode(const Message& message, std::size_t ward) {
    Packet packet;
    Writer w(packet);
    w.raw(kMagic.data(), kMagic.size());
    w.number(kLinkVersion);
    w.number(static_cast<std::uint8_t>(message.index()));
    w.number(static_cast<std::uint16_t>(ward));
    std::visit([&w](const auto& m) { write(w, m); }, message);
    return packet;
}

std::optional<Letter> decode(std::span<const std::byte> bytes) {
    if (bytes.size() > kPacketSize) return std::nullopt;
    Reader r(bytes);
    std::array<std::byte, 4> magic{};
    r.raw(magic.data(), magic.size());
    const auto version = r.number<std::uint8_t>();
    const auto kind = r.number<std::uint8_t>();
    const auto ward = r.number<std::uint16_t>();
    if (magic != kMagic || version != kLinkVersion || ward >= kMaxWards) return std::nullopt;
    const auto message = read(kind, r);
    if (!message || !r.whole() || (ward != 0 && of_no_node(*message))) return std::nullopt;
    return Letter{ward, *message};
}

}  // namespace elector::guardian
