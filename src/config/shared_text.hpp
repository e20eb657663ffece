// Owns a text that many configurations hold at once, such as a certificate, stored once.
// Must never be changed in place: it is given another text. Thread rule: values only.
#pragma once

#include <memory>
#include <string>
#include <utility>

namespace elector::config {

/// Reads as a std::string; a copy costs a pointer.
class SharedText {
  public:
    SharedText() = default;
    SharedText(std::string text)  // NOLINT: stands for it
        : text_(text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text))) {}
    SharedText(const char* text) : SharedText(std::string(text)) {}  // NOLINT: stands for it

    operator const std::string&() const { return get(); }  // NOLINT: stands for it
    const std::string& get() const {
        static const std::string nothing;
        return text_ ? *text_ : nothing;
    }
    bool empty() const { return !text_; }
    friend bool operator==(const SharedText& a, const SharedText& b) {
        return a.text_ == b.text_ || a.get() == b.get();
    }

  private:
    std::shared_ptr<const std::string> text_;
};

}  // namespace elector::config
