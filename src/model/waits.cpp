#include "model/waits.hpp"

#include <algorithm>

namespace elector::model {

Duration full_wait(const Policy& p, const HolderRecord& r) {
    return std::max(r.hold, p.hold) + std::max(r.quiesce, p.quiesce) + p.overtime;
}

HolderRecord without_foreign(const Policy& p, HolderRecord record, const ForeignKey& gone) {
    std::erase(record.foreign, gone);
    if (record.state == HolderRecord::State::kDrained)
        record.gate = Gate{std::nullopt, full_wait(p, record)};
    return record;
}

Duration longest_wait(const Policy& p, const std::optional<HolderRecord>& record) {
    auto wait = unknown_wait(p);
    if (!record) return wait;
    return std::max({wait, stretched(p, full_wait(p, *record)), stretched(p, record->gate.wait)});
}

}  // namespace elector::model
