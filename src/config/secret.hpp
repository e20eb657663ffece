// Owns a string that must not reach a log, an error text or a dump.
// Must never be printable: there is no operator<<, no implicit conversion. Thread rule: values
// only.
#pragma once

#include <string>
#include <utility>

namespace elector::config {

/// A password or token. Only the code that sends it calls reveal().
class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}

    bool empty() const { return text_.empty(); }
    const std::string& reveal() const { return text_; }
    bool operator==(const Secret&) const = default;

  private:
    std::string text_;
};

}  // namespace elector::config
