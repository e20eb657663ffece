// Claims about the values in etcd, whoever wrote them.
#include "etcd/records.hpp"
#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"

namespace elector::fuzz {
namespace {

constexpr auto kLongest = std::chrono::hours(24);

bool sane(model::Duration d) { return d >= model::Duration{} && d <= kLongest; }

/// What is read once is written so that it is read as the same.
template <class Record, class Read>
std::optional<Record> judge(std::string_view bytes, Read read) {
    const std::optional<Record> record = read(bytes);
    if (!record) return record;
    const auto text = etcd::to_json(*record);
    require(text.find('\n') == std::string::npos, "a record is one line", text);
    const std::optional<Record> again = read(text);
    require(again.has_value(), "a written record is read", text);
    require_same(etcd::to_json(*again), text, "a record has one written form");
    require(again == record, "a record comes back whole", text);
    return record;
}

void holder(std::string_view bytes) {
    const auto record = judge<model::HolderRecord>(bytes, etcd::parse_holder);
    if (!record) return;
    require(sane(record->hold) && sane(record->quiesce) && sane(record->gate.wait),
            "no wait is longer than a day, or negative", bytes);
    using State = model::HolderRecord::State;
    if (record->state == State::kDrained)
        require(bytes.find("drained") != std::string_view::npos ||
                    bytes.find('\\') != std::string_view::npos,
                "drained is only what says so", bytes);
    require(record->foreign.size() <= 64, "foreign keys have an end", bytes);
    if (bytes.find("foreign") == std::string_view::npos &&
        bytes.find('\\') == std::string_view::npos)
        require(record->foreign.empty(), "nobody invents foreign keys", bytes);
}

void member(std::string_view bytes) {
    const auto record = judge<model::MemberRecord>(
        bytes, [](std::string_view text) { return etcd::parse_member("delegate-a", text); });
    if (!record) return;
    require(record->name == "delegate-a", "a member is called as its key says", record->name);
    require(!record->instance.empty(), "a member has an instance", bytes);
    require(sane(record->activity_age), "an age is no longer than a day, or negative", bytes);
}

void history(std::string_view bytes) {
    const auto entry = judge<model::HistoryEntry>(bytes, etcd::parse_history);
    if (!entry) return;
    require(entry->held >= model::Duration{}, "a holding was not negative", bytes);
    require(sane(entry->standby) && sane(entry->marker), "draining took less than a day", bytes);
}

}  // namespace

void fuzz_etcd_values(std::string_view bytes) {
    switch (take_selector(bytes)) {
        case 'h':
            return holder(bytes);
        case 'm':
            return member(bytes);
        case 'p':
            judge<model::PauseOrder>(bytes, [](std::string_view text) {
                return std::optional(etcd::parse_pause(text));
            });
            return;
        case 's':
            judge<model::SwitchoverOrder>(bytes, etcd::parse_switchover);
            return;
        case 'y':
            return history(bytes);
        default:
            return;
    }
}

}  // namespace elector::fuzz
