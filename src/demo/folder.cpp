#include "demo/folder.hpp"

#include <cstdlib>
#include <fstream>

#include "demo/process.hpp"

namespace elector::demo {
namespace fs = std::filesystem;

Folder::Folder() {
    std::string pattern = (fs::temp_directory_path() / "iotex-elector-demo-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw failed("make the folder " + pattern);
    path_ = pattern;
}

Folder::~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

std::string last_words(const fs::path& path) {
    std::ifstream file(path);
    std::string last = "it said nothing";
    for (std::string line; std::getline(file, line);) {
        if (!line.empty()) last = line;
    }
    return last.substr(0, 300);
}

}  // namespace elector::demo
