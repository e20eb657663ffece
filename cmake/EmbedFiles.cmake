# Writes a header that holds the dashboard's files as texts: cmake -DFOLDER=... -DOUTPUT=... -P EmbedFiles.cmake
# A raw string keeps them as they are; the compiler complains if one holds the delimiter.
set(names kIndexHtml kAppJs kGroupsJs kStyleCss kIconSvg)
set(files index.html app.js groups.js style.css icon.svg)
set(all "")
foreach(name file IN ZIP_LISTS names files)
  file(READ "${FOLDER}/${file}" text)
  string(APPEND all "inline constexpr std::string_view ${name} = R\"embedded(${text})embedded\";\n")
endforeach()
file(WRITE "${OUTPUT}"
  "#pragma once\n\n#include <string_view>\n\nnamespace elector::admin {\n\n${all}\n}  // namespace elector::admin\n")
