#include "app/telling.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "config/render.hpp"
#include "core/eligibility.hpp"

namespace elector::app {
namespace {

notify::Severity severity_of(Level level, const std::vector<Field>& fields) {
    const bool alarm =
        std::find(fields.begin(), fields.end(), Field{"alarm", "true"}) != fields.end();
    if (alarm) return notify::Severity::kAlarm;
    if (level == Level::kError) return notify::Severity::kError;
    return level == Level::kWarn ? notify::Severity::kWarning : notify::Severity::kInfo;
}

notify::Webhook webhook_of(const config::Notify& c) {
    const auto parsed = config::parse_web_address(c.url);
    const auto& address = std::get<config::WebAddress>(parsed);  // the loader has seen to it
    return {address.server.tls, address.server.host, address.server.port,
            address.path,       c.token.reveal(),    c.ca_pem};
}

}  // namespace

std::chrono::milliseconds last_words(int exit_code, const model::Policy& policy,
                                     const core::State& state) {
    const bool orderly = exit_code == 0 || exit_code == 1;
    const bool silent = policy.observe || core::standby_certain(state) || state.node.process.dead;
    return std::chrono::milliseconds(orderly && silent ? 1000 : 0);
}

notify::Message message_of(Level level, std::string_view event, const std::vector<Field>& fields) {
    notify::Message m;
    m.event = event;
    m.severity = severity_of(level, fields);
    for (const auto& [name, value] : fields) {
        if (name == "why") {
            m.sentence = value;
        } else if (name == "reason") {
            m.reason = value;
        } else if (name == "term") {
            std::from_chars(value.data(), value.data() + value.size(), m.term);
        } else if (name != "alarm") {
            if (event == "role_change" && name == "to") m.role = value;
            m.detail += (m.detail.empty() ? "" : ", ") +
                        (name == "detail" ? value : std::string(name) + "=" + value);
        }
    }
    return m;
}

std::vector<notify::Target> targets_of(const config::Config& config) {
    std::vector<notify::Target> all;
    for (std::size_t i = 0; i < config.notify.size(); ++i) {
        const auto& c = config.notify[i];
        if (c.url.empty() && c.command.empty()) continue;  // its files are lost; that was told
        notify::Target target;
        target.name = "notify[" + std::to_string(i) + "] " + config::target_text(c);
        if (c.command.empty()) target.webhook = webhook_of(c);
        target.command = c.command;
        const bool slack = c.format == config::NotifyFormat::kSlack;
        target.format = slack ? notify::Format::kSlack : notify::Format::kJson;
        target.events = c.events;
        target.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(c.timeout);
        all.push_back(std::move(target));
    }
    return all;
}

Telling::Telling(boost::asio::io_context& io, Log& log, Look look)
    : log_(log),
      look_(std::move(look)),
      notifier_(io, [this](const notify::Trouble& trouble) { tell(trouble); }) {
    log_.listen([this](const std::string& group, Level level, std::string_view event,
                       const std::vector<Field>& fields) { hear(group, level, event, fields); });
}

Telling::~Telling() { log_.listen(nullptr); }

void Telling::set(const config::Config& config) {
    member_ = config.member.name;
    notifier_.set(targets_of(config));
}

void Telling::hear(const std::string& group, Level level, std::string_view event,
                   const std::vector<Field>& fields) {
    // What cannot be told must not be told of in the same way.
    if (event.starts_with("notify_") || !notifier_.wanted(event, severity_of(level, fields)))
        return;
    auto message = message_of(level, event, fields);
    auto stand = look_(group);
    message.at = utc_now();
    message.group = std::move(stand.key);
    message.table = group;
    message.member = member_;
    if (message.role.empty()) message.role = std::move(stand.role);
    message.node = std::move(stand.node);
    if (message.term == 0) message.term = stand.term;
    notifier_.tell(message);
}

void Telling::tell(const notify::Trouble& trouble) {
    using Kind = notify::Trouble::Kind;
    const auto& counts = trouble.counters;
    std::vector<Field> fields{{"target", trouble.target},
                              {"sent", std::to_string(counts.sent)},
                              {"failed", std::to_string(counts.failed)},
                              {"dropped", std::to_string(counts.dropped)}};
    if (trouble.kind == Kind::kBack) return log_(Level::kInfo, "notify_back", std::move(fields));
    fields.emplace_back("error", trouble.error);
    if (trouble.kind == Kind::kFailing)
        return log_(Level::kWarn, "notify_failing", std::move(fields));
    log_(Level::kWarn, "notify_dropped", std::move(fields));
}

}  // namespace elector::app
