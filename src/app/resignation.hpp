// Owns the file in state.dir by which a member stays resigned over restarts: whoever replaces the
// program must not find it leading in between. Must never decide. Thread rule: the io_context's
// thread; reads and writes one small file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace elector::app {

class Resignation {
  public:
    /// Looks for the file. One that is there and says nothing counts as resigned at 0. With an
    /// `election_key` it is of that group alone, where a folder is of many.
    explicit Resignation(std::string folder, const std::string& election_key = {});

    std::optional<std::int64_t> unix_ms() const { return unix_ms_; }
    /// Both return what was wrong, and then nothing is changed; empty: done. One that is resigned
    /// already keeps its time.
    std::string set(std::int64_t unix_ms);
    std::string clear();
    const std::string& path() const { return path_; }

  private:
    std::string folder_;
    std::string path_;
    std::optional<std::int64_t> unix_ms_;
};

}  // namespace elector::app
