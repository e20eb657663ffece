// Claims about what comes over the link between guardian and elector.
#include <algorithm>
#include <chrono>
#include <cstring>

#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"
#include "guardian/message.hpp"

namespace elector::fuzz {
namespace {

std::string_view text_of(const guardian::Packet& packet) {
    return {reinterpret_cast<const char*>(packet.data()), packet.size()};
}

/// A message is accepted in one form only, byte for byte.
void packet(std::string_view bytes) {
    guardian::Packet padded{};
    std::memcpy(padded.data(), bytes.data(), std::min(bytes.size(), padded.size()));
    const auto message = guardian::decode(padded);
    if (message) {
        require_same(text_of(guardian::encode(*message)), text_of(padded),
                     "a message is accepted in one form");
    }
    if (bytes.size() == padded.size()) return;
    require(!guardian::decode(std::as_bytes(std::span(bytes))), "packets have one size");
}

void words(std::string_view bytes) {
    const auto parts = split(bytes, "\n");
    const std::vector<std::string> command(parts.begin() + 1, parts.end());
    const auto fence = guardian::fence_words(parts.front(), command, std::chrono::seconds(10));
    if (fence) {
        require(guardian::decode(guardian::encode(*fence)) == guardian::Message(*fence),
                "what fits is taken", bytes);
    }
    const auto line = guardian::status_text(bytes);
    require(guardian::status_text(line.view()) == line, "a line for people stays as it is", bytes);
    require(guardian::decode(guardian::encode(guardian::Status{line})) ==
                guardian::Message(guardian::Status{line}),
            "a line for people is taken", bytes);
    require(line.size == 0 || line.view().find_first_of("\n\r\x1b\x7f") == std::string_view::npos,
            "a line for people is one line", line.view());
    const auto key = guardian::key_text(bytes);
    if (key) require_same(key->view(), bytes, "a key is kept whole");
}

}  // namespace

void fuzz_guardian_link(std::string_view bytes) {
    if (bytes.starts_with("IEGL")) {
        packet(bytes);
    } else {
        words(bytes);
    }
}

}  // namespace elector::fuzz
