#include "guardian/children.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace elector::guardian {
namespace {

constexpr const char* kProgram = "/proc/self/exe";  // the very binary, also after an upgrade
// Above what a small process uses, below any limit on descriptors.
constexpr int kLinkPlace = 200;
constexpr int kLockPlace = 201;
constexpr int kConfirmedPlace = 202;

constexpr int kNotUsable = 2;  // a closer's exit code: the configuration
constexpr Duration kRest = std::chrono::seconds(5);

constexpr std::array<std::string_view, 4> kGates{"tip", "time", "dead", "restarted"};

template <class T>
bool read_number(std::string_view text, T& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

void put(std::span<char> word, std::string_view text) {
    const auto n = std::min(text.size(), word.size() - 1);
    std::copy_n(text.begin(), n, word.begin());
    word[n] = '\0';
}

template <class T>
void put_number(std::span<char> word, T value) {
    *std::to_chars(word.data(), word.data() + word.size() - 1, value).ptr = '\0';
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> all;
    for (auto& word : words) all.push_back(word.data());
    return all;
}

}  // namespace

std::optional<Order> parse_order(const std::vector<std::string>& words) {
    if (words.size() < kOrderWords) return std::nullopt;
    Order o;
    const auto gate = std::find(kGates.begin(), kGates.end(), words[1]);
    std::int64_t confirmed = 0;
    const bool good = (words[0] == "unfenced" || words[0] == "drained") && gate != kGates.end() &&
                      read_number(words[2], o.term.value) && o.term.value > 0 &&
                      read_number(words[3], o.nonce.value) && o.nonce.value != 0 &&
                      read_number(words[4], o.lease.value) && o.lease.value > 0 &&
                      read_number(words[5], confirmed) && confirmed > 0 && !words[6].empty();
    if (!good) return std::nullopt;
    o.unfenced = words[0] == "unfenced";
    o.gate = static_cast<GateKind>(gate - kGates.begin());
    o.confirmed = Instant(Duration(confirmed));
    o.key = words[6];
    return o;
}

Children::Children(const Options& options) : elector_words_(options.elector) {
    closer_words_ = {options.elector.front(), "close-holding"};
    closer_words_.resize(2 + kOrderWords);
    closer_words_.insert(closer_words_.end(), options.closer_tail.begin(),
                         options.closer_tail.end());
    elector_argv_ = pointers(elector_words_);
    closer_argv_ = pointers(closer_words_);
    for (std::size_t i = 0; i < kOrderWords; ++i) closer_argv_[2 + i] = order_[i].data();
    elector_argv_.push_back(nullptr);
    closer_argv_.push_back(nullptr);
    for (auto* files : {&elector_files_, &closer_files_, &bare_files_})
        ::posix_spawn_file_actions_init(files);
    ::posix_spawn_file_actions_adddup2(&elector_files_, kLinkPlace, kLinkFd);
    ::posix_spawn_file_actions_adddup2(&elector_files_, kLockPlace, kLockFd);
    ::posix_spawn_file_actions_adddup2(&closer_files_, kConfirmedPlace, kConfirmedFd);
}

Children::~Children() {
    for (auto* files : {&elector_files_, &closer_files_, &bare_files_})
        ::posix_spawn_file_actions_destroy(files);
}

bool Children::place_link(int fd) {
    const bool placed = ::dup3(fd, kLinkPlace, O_CLOEXEC) >= 0;
    const int error = errno;
    ::close(fd);
    errno = error;
    return placed;
}

bool Children::place_lock(int fd) { return ::dup3(fd, kLockPlace, O_CLOEXEC) >= 0; }

void Children::place_confirmed(int fd) {
    if (std::exchange(confirmed_there_, false)) ::close(kConfirmedPlace);
    if (fd < 0) return;
    confirmed_there_ = ::dup3(fd, kConfirmedPlace, O_CLOEXEC) >= 0;
    ::close(fd);
}

bool Children::start_elector() {
    const bool started = elector.start(elector_files_, {kProgram, elector_argv_.data(), environ});
    ::close(kLinkPlace);  // the child's end is the child's alone: its end is an EOF
    return started;
}

bool Children::start_closer(const Closing& closing, const Arm& arm) {
    put(order_[0], closing.unfenced ? "unfenced" : "drained");
    const bool blind = closing.gate == GateKind::kTip && !confirmed_there_;
    put(order_[1], kGates[static_cast<std::size_t>(blind ? GateKind::kTime : closing.gate)]);
    put_number(order_[2], arm.term.value);
    put_number(order_[3], arm.nonce.value);
    put_number(order_[4], arm.lease.value);
    put_number(order_[5], static_cast<std::int64_t>(closing.confirmed.time_since_epoch().count()));
    put(order_[6], arm.key.view());
    const auto& files = confirmed_there_ ? closer_files_ : bare_files_;
    return closer.start(files, {kProgram, closer_argv_.data(), environ});
}

void Children::tell_closer(const Log& log, Instant now, const Ending& ending) {
    const auto& log_ = log;
    if (ending.code == kNotUsable) rests_until_ = now + kRest;
    const bool same = std::exchange(closer_ending_, ending) == ending;
    if (same || ending.code == 0) return;
    log_(Level::kError, "closer_failed",
         {{"alarm", "true"},
          {"exit_code", ending.code ? Number(*ending.code) : std::string_view("none")},
          {"signal", Number(ending.signal)},
          {"why",
           "What the guardian has done to the node could not be written to etcd; it is tried "
           "again until it can."}});
}

}  // namespace elector::guardian
