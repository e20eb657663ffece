// Claims about what comes over the link between guardian and elector.
#include <chrono>
#include <optional>

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
    const auto letter = guardian::decode(std::as_bytes(std::span(bytes)));
    if (!letter) return;
    require_same(text_of(guardian::encode(letter->message, letter->ward)), bytes,
                 "a message is accepted in one form");
}

/// What comes back of a message.
std::optional<guardian::Message> read_back(const guardian::Message& message) {
    const auto letter = guardian::decode(guardian::encode(message));
    return letter ? std::optional(letter->message) : std::nullopt;
}

void words(std::string_view bytes) {
    const auto parts = split(bytes, "\n");
    const std::vector<std::string> command(parts.begin() + 1, parts.end());
    const auto fence = guardian::fence_words(parts.front(), command, std::chrono::seconds(10));
    if (fence) {
        require(read_back(*fence) == guardian::Message(*fence), "what fits is taken", bytes);
    }
    const auto line = guardian::status_text(bytes);
    require(guardian::status_text(line.view()) == line, "a line for people stays as it is", bytes);
    require(read_back(guardian::Status{line}) == guardian::Message(guardian::Status{line}),
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
