// Owns one question to the elector of this host, through its API: where it listens, with which
// token, whether it is the one that the configuration names. Must never reach another host.
// Thread rule: called from main; blocks, bounded.
#pragma once

#include <chrono>
#include <string>

#include "config/config.hpp"

namespace elector::cli {

struct ApiAnswer {
    int status = 0;     ///< of HTTP; 0: there was no answer
    std::string body;   ///< JSON
    std::string error;  ///< when there was none: the cause, worded to follow "cannot …:"
};

/// `method` is GET or POST; nothing is sent twice. With a certificate in the configuration it
/// speaks TLS, and takes nothing but that certificate for an answer; it shows the same one where
/// clients have to show theirs.
ApiAnswer ask_local_api(const config::Api& api, const std::string& method, const std::string& path,
                        std::chrono::milliseconds limit);

/// The path of the same question about one group; `group` is empty where a file has none.
std::string of_group(const std::string& path, const std::string& group);

/// An HTTP/1.1 answer, whole or cut by the end of its connection; status 0: it is none.
ApiAnswer parse_answer(const std::string& text);

}  // namespace elector::cli
