#include "model/ids.hpp"

namespace elector::model {

std::string candidate_suffix(LeaseId lease) {
    static constexpr char kDigits[] = "0123456789abcdef";
    auto value = static_cast<std::uint64_t>(lease.value);
    std::string text;
    do {
        text.insert(text.begin(), kDigits[value & 0xf]);
        value >>= 4;
    } while (value != 0);
    return text;
}

}  // namespace elector::model
