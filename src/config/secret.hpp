// Owns a string that must not reach a log, an error text or a dump.
// Must never be printable: there is no operator<<, no implicit conversion. Thread rule: values
// only.
#pragma once

#include <string>
#include <utility>

#include "config/shared_text.hpp"

namespace elector::config {

/// A password or token. Only the code that sends it calls reveal().
class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}

    bool empty() const { return text_.empty(); }
    const std::string& reveal() const { return text_.get(); }
    bool operator==(const Secret&) const = default;

  private:
    SharedText text_;
};

}  // namespace elector::config
