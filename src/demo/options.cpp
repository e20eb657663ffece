#include "demo/options.hpp"

namespace elector::demo {

const char* const kUsage =
    "usage: iotex-elector demo [--profile fast|standard] [--unattended] [--log FILE]\n"
    "Starts an etcd of its own, three simulated nodes on one simulated chain and three members,\n"
    "each of them a guardian and its elector as `run` starts them, and shows all of it live.\n"
    "Keys: k kills the leader's node, u makes it unhealthy, c cuts the leader off etcd;\n"
    "e kills and z freezes the leader's elector, g kills its guardian; s hands over in order,\n"
    "h heals everything, q quits.\n"
    "  --profile P    timing of the election, fast (default) or standard\n"
    "  --unattended   no keys: one hand-over of each kind, then a summary; also when the output "
    "is\n"
    "                 not a terminal. Exit code 0: each ended inside its printed budget, and\n"
    "                 nothing was signed twice\n"
    "  --log FILE     appends what the three members log, as JSON\n"
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
