// Owns the dashboard's files, which are a part of the program, and what a browser is told of them.
// Must never read a disk, nor let a page ask another host. Thread rule: constants.
#pragma once

#include <array>
#include <string_view>

#include "admin/message.hpp"

namespace elector::admin {

/// What the page may do: load from here, and ask here; nothing inline, nothing from elsewhere, and
/// nobody shows it in a frame, where a click could be stolen.
inline constexpr std::string_view kContentPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct WebFile {
    std::string_view path;  ///< "/app.js"; "/" is index.html
    std::string_view type;
    std::string_view text;
};

/// Null: the dashboard has no file there.
const WebFile* find_web_file(std::string_view path);

Answer to_answer(const WebFile& file);

}  // namespace elector::admin
