// Owns the demo's temporary folder, gone with the object. Thread rule: any.
#pragma once

#include <filesystem>

namespace elector::demo {

class Folder {
  public:
    /// Throws std::runtime_error when there can be none.
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// The last line that is not empty, for people; says so when there is none.
std::string last_words(const std::filesystem::path& file);

}  // namespace elector::demo
