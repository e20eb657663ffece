#include "admin/web.hpp"

#include <algorithm>
#include <string>

#include "admin/web_texts.hpp"

namespace elector::admin {
namespace {

constexpr std::array kFiles{WebFile{"/", "text/html; charset=utf-8", kIndexHtml},
                            WebFile{"/app.js", "text/javascript; charset=utf-8", kAppJs},
                            WebFile{"/groups.js", "text/javascript; charset=utf-8", kGroupsJs},
                            WebFile{"/style.css", "text/css; charset=utf-8", kStyleCss},
                            WebFile{"/icon.svg", "image/svg+xml", kIconSvg}};

}  // namespace

const WebFile* find_web_file(std::string_view path) {
    const auto* found = std::find_if(kFiles.begin(), kFiles.end(),
                                     [&](const WebFile& file) { return file.path == path; });
    return found == kFiles.end() ? nullptr : found;
}

Answer to_answer(const WebFile& file) {
    Answer answer;
    answer.type = file.type;
    answer.body = file.text;
    answer.fields = {{"Content-Security-Policy", std::string(kContentPolicy)},
                     {"Referrer-Policy", "no-referrer"},
                     {"Cross-Origin-Opener-Policy", "same-origin"}};
    return answer;
}

}  // namespace elector::admin
