#include "notify/notifier.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace elector::notify {
namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

class Notifier::Line : public std::enable_shared_from_this<Line> {
  public:
    Line(Notifier& owner, Target target)
        : owner_(owner), target_(std::move(target)), queue_(owner.pace_), timer_(owner.io_) {}

    const Target& target() const { return target_; }
    void set(Target target) { target_ = std::move(target); }

    void add(const Message& message) {
        const auto dropped = queue_.counters().dropped;
        queue_.add(message);
        if (queue_.counters().dropped != dropped) tell_dropped();
        arm();
    }

    /// A line whose target fails is not waited for at the end.
    bool idle() const { return queue_.waiting() == 0 || queue_.failures() > 0; }

    Standing standing() const {
        return {target_.name, queue_.counters(), queue_.waiting(), error_};
    }

    void close() {
        closed_ = true;
        timer_.cancel();
        delivery_.reset();
    }

  private:
    void arm() {
        const auto due = queue_.due();
        if (closed_ || due == Instant::max()) return;
        timer_.expires_at(due);
        timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
            const auto self = weak.lock();
            if (!ec && self) self->begin();
        });
    }

    void begin() {
        if (closed_) return;
        const auto* message = queue_.begin(Clock::now());
        if (!message) return;
        delivery_ = owner_.deliver_(owner_.io_, target_, *message,
                                    [this](Outcome outcome) { end(std::move(outcome)); });
    }

    void end(Outcome outcome) {
        const auto keep = shared_from_this();
        const auto gone = std::move(delivery_);
        const bool failed_before = queue_.failures() > 0;
        error_ = std::move(outcome.error);
        if (outcome.delivered) {
            queue_.delivered();
            dropped_told_ = false;
            if (failed_before) tell(Trouble::Kind::kBack);
        } else {
            const bool again = queue_.failed(Clock::now(), outcome.worth_repeating);
            if (!failed_before) tell(Trouble::Kind::kFailing);
            if (!again) tell_dropped();
        }
        arm();
        owner_.look_if_idle();
    }

    void tell_dropped() {
        if (!std::exchange(dropped_told_, true)) tell(Trouble::Kind::kDropped);
    }

    void tell(Trouble::Kind kind) {
        owner_.tell_(Trouble{kind, target_.name, error_, queue_.counters()});
    }

    Notifier& owner_;
    Target target_;
    Queue queue_;
    asio::steady_timer timer_;
    std::unique_ptr<Delivery> delivery_;
    std::string error_;
    bool dropped_told_ = false;
    bool closed_ = false;
};

Notifier::Notifier(asio::io_context& io, Tell tell, const Pace& pace, Deliver deliver)
    : io_(io), tell_(std::move(tell)), pace_(pace), deliver_(std::move(deliver)), closing_(io) {}

Notifier::~Notifier() {
    for (const auto& line : lines_) line->close();
}

void Notifier::set(const std::vector<Target>& targets) {
    std::vector<std::shared_ptr<Line>> next;
    for (const auto& target : targets) {
        const auto same = std::find_if(lines_.begin(), lines_.end(), [&](const auto& line) {
            return line && line->target().same_reader(target);
        });
        if (same == lines_.end()) {
            next.push_back(std::make_shared<Line>(*this, target));
        } else {
            next.push_back(std::move(*same));
            next.back()->set(target);
        }
    }
    for (const auto& line : lines_)
        if (line) line->close();
    lines_ = std::move(next);
}

bool Notifier::wanted(std::string_view event, Severity severity) const {
    return !closed_ && std::any_of(lines_.begin(), lines_.end(), [&](const auto& line) {
        return notify::wanted(line->target().events, event, severity);
    });
}

void Notifier::tell(const Message& message) {
    if (closed_) return;
    for (const auto& line : lines_)
        if (notify::wanted(line->target().events, message.event, message.severity))
            line->add(message);
}

std::vector<Standing> Notifier::standings() const {
    std::vector<Standing> all;
    for (const auto& line : lines_) all.push_back(line->standing());
    return all;
}

bool Notifier::idle() const {
    return std::all_of(lines_.begin(), lines_.end(), [](const auto& line) { return line->idle(); });
}

void Notifier::look_if_idle() {
    if (idle()) closing_.cancel();
}

asio::awaitable<void> Notifier::close(std::chrono::milliseconds limit) {
    if (!idle()) {
        closing_.expires_after(limit);
        boost::system::error_code ignored;
        auto token = asio::redirect_error(asio::use_awaitable, ignored);
        co_await closing_.async_wait(token);
    }
    closed_ = true;
    for (const auto& line : lines_) line->close();
}

}  // namespace elector::notify
