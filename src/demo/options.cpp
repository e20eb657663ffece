#include "demo/options.hpp"

namespace elector::demo {

const char* const kUsage =
    "usage: iotex-elector demo [--profile fast|standard] [--unattended] [--log FILE]\n"
    "Starts an etcd of its own, three simulated nodes on one simulated chain and three members, "
    "and\n"
    "shows them live. Keys: k kill the leader's node, u make it unhealthy, c cut the leader off\n"
    "etcd, s planned hand-over, h heal everything, q quit.\n"
    "  --profile P    timing of the election, fast (default) or standard\n"
    "  --unattended   no keys: one hand-over of each kind, then a summary; also when the output "
    "is\n"
    "                 not a terminal. Exit code 0: all went well and nothing was signed twice\n"
    "  --log FILE     appends what the three members log\n"
    "Needs the program etcd (Debian: apt-get install etcd-server) and leaves nothing behind.\n";

std::variant<Options, std::string> parse_options(const std::vector<std::string>& arguments) {
    Options options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        std::string word = arguments[i];
        if (word == "--help" || word == "-h") {
            options.help = true;
            continue;
        }
        if (word == "--unattended") {
            options.unattended = true;
            continue;
        }
        const auto equals = word.find('=');
        const std::string name = word.substr(0, equals);
        if (name != "--profile" && name != "--log")
            return "demo: unknown argument '" + arguments[i] + "'";
        std::string value;
        if (equals != std::string::npos) {
            value = word.substr(equals + 1);
        } else if (i + 1 < arguments.size()) {
            value = arguments[++i];
        }
        if (value.empty()) return "demo: " + name + " needs a value";
        if (name == "--profile" && value != "fast" && value != "standard")
            return "demo: there is no profile '" + value + "' here; fast or standard";
        (name == "--log" ? options.log_file : options.profile) = value;
    }
    return options;
}

}  // namespace elector::demo
