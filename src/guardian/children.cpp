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

constexpr const char* kProgram = "/proc/self/exe";         // the very binary, also after an upgrade
constexpr std::string_view kProgramAt = "/proc/self/fd/";  // so is that, though it is another's
// Above what a small process uses, below any limit on descriptors.
constexpr int kFirstPlace = 200;
// The places in their order; behind those for connections are those for locks.
constexpr std::size_t kLink = 0, kReports = 1, kConfirmed = 2;

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
    o.unfenced = words[0] == "unfenced";
    o.spared = words[0] == "spared";
    const bool good = (o.unfenced || o.spared || words[0] == "drained") && gate != kGates.end() &&
                      read_number(words[2], o.term.value) && o.term.value > 0 &&
                      read_number(words[3], o.nonce.value) && o.nonce.value != 0 &&
                      read_number(words[4], o.lease.value) && o.lease.value > 0 &&
                      read_number(words[5], confirmed) && confirmed > 0 && !words[6].empty();
    if (!good) return std::nullopt;
    o.gate = static_cast<GateKind>(gate - kGates.begin());
    o.confirmed = Instant(Duration(confirmed));
    o.key = words[6];
    o.group = words[7];
    return o;
}

std::vector<Order> take_orders(std::vector<std::string>& words) {
    std::vector<Order> orders;
    for (std::size_t at = 0;;) {
        const auto first = words.begin() + static_cast<std::ptrdiff_t>(at);
        auto order = parse_order({first, words.end()});
        if (!order || orders.size() == kMaxOrders) return {};
        if (!orders.empty()) order->connection = kReportFd + static_cast<int>(orders.size());
        orders.push_back(*order);
        at += kOrderWords;
        if (at < words.size() && words[at] == kAndWord) {
            ++at;
            continue;
        }
        words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(at));
        return orders;
    }
}

Children::Children(const Options& options)
    : nodes_(options.wards.size()),
      program_(options.program),
      program_path_(kProgram),
      nothing_(::open("/dev/null", O_RDONLY | O_CLOEXEC)),
      elector_words_(options.elector),
      closer_words_{options.elector.front(), "close-holding", std::string(kAndWord)},
      orders_(std::min(nodes_, kMaxOrders)) {
    closer_words_.insert(closer_words_.end(), options.closer_tail.begin(),
                         options.closer_tail.end());
    take_places();
    elector_argv_ = pointers(elector_words_);
    elector_argv_.push_back(nullptr);
    closer_argv_.reserve(closer_words_.size() + orders_.size() * (kOrderWords + 1) + 1);
    for (auto* files : {&elector_files_, &closer_files_, &batch_files_})
        ::posix_spawn_file_actions_init(files);
    ::posix_spawn_file_actions_adddup2(&elector_files_, place(kLink), kLinkFd);
    for (std::size_t i = 0; i < nodes_; ++i)
        ::posix_spawn_file_actions_adddup2(&elector_files_, place(kConfirmed + orders_.size() + i),
                                           kLockFd + static_cast<int>(i));
    for (auto* files : {&closer_files_, &batch_files_}) {
        ::posix_spawn_file_actions_adddup2(files, place(kConfirmed), kConfirmedFd);
        ::posix_spawn_file_actions_adddup2(files, place(kReports), kReportFd);
    }
    for (std::size_t i = 1; i < orders_.size(); ++i)
        ::posix_spawn_file_actions_adddup2(&batch_files_, place(kConfirmed + i),
                                           kReportFd + static_cast<int>(i));
}

void Children::take_places() {
    const int above = std::max({kFirstPlace, kLockFd + static_cast<int>(nodes_),
                                std::max(kConfirmedFd, kReportFd) + static_cast<int>(kMaxOrders)});
    for (std::size_t i = 0; i < kConfirmed + orders_.size() + nodes_; ++i)
        places_.push_back(::fcntl(nothing_, F_DUPFD_CLOEXEC, above));
    if (program_ < 0) return;
    program_ = ::fcntl(program_, F_DUPFD_CLOEXEC, above);
    program_path_ = std::string(kProgramAt) + std::to_string(program_);
}

bool Children::whole() const {
    const auto there = [](int fd) { return fd >= 0; };
    const bool known = program_path_ == kProgram || there(program_);
    const bool all = known && std::all_of(places_.begin(), places_.end(), there);
    if (!all) errno = EMFILE;
    return all;
}

Children::~Children() {
    for (auto* files : {&elector_files_, &closer_files_, &batch_files_})
        ::posix_spawn_file_actions_destroy(files);
    for (const int fd : places_)
        if (fd >= 0) ::close(fd);
    for (const int fd : {nothing_, program_})
        if (fd >= 0) ::close(fd);
}

bool Children::place_link(int fd) {
    const bool placed = ::dup3(fd, place(kLink), O_CLOEXEC) >= 0;
    const int error = errno;
    ::close(fd);
    errno = error;
    return placed;
}

bool Children::place_locks(NodeLocks& locks) {
    bool all = true;
    for (std::size_t i = 0; all && i < nodes_; ++i)
        all = ::dup3(locks[i].fd(), place(kConfirmed + orders_.size() + i), O_CLOEXEC) >= 0;
    return all;
}

bool Children::start_elector() {
    const bool started =
        elector.start(elector_files_, {program_path_.data(), elector_argv_.data(), environ});
    // The child's end is the child's alone: its end is an EOF. The place stays taken.
    const int error = errno;
    ::dup3(nothing_, place(kLink), O_CLOEXEC);
    errno = error;
    return started;
}

bool Children::put_order(std::size_t at, const Told& told) {
    const auto& [closing, arm, group, confirmed, spared] = told;
    const bool there = confirmed >= 0 && ::dup3(confirmed, place(kConfirmed + at), O_CLOEXEC) >= 0;
    auto& words = orders_[at];
    put(words[0], closing.unfenced ? "unfenced" : spared ? "spared" : "drained");
    const bool blind = closing.gate == GateKind::kTip && !there;
    put(words[1], kGates[static_cast<std::size_t>(blind ? GateKind::kTime : closing.gate)]);
    put_number(words[2], arm->term.value);
    put_number(words[3], arm->nonce.value);
    put_number(words[4], arm->lease.value);
    put_number(words[5], static_cast<std::int64_t>(closing.confirmed.time_since_epoch().count()));
    put(words[6], arm->key.view());
    put(words[7], *group);
    return there;
}

bool Children::start_closer(Child& closer, std::span<const Told> orders, int report) {
    const auto none = [this](std::size_t i) { ::dup3(nothing_, place(i), O_CLOEXEC); };
    ::dup3(report, place(kReports), O_CLOEXEC);
    closer_argv_.clear();
    closer_argv_.push_back(closer_words_[0].data());
    closer_argv_.push_back(closer_words_[1].data());
    for (std::size_t i = 0; i < orders.size(); ++i) {
        if (i > 0) closer_argv_.push_back(closer_words_[2].data());
        if (!put_order(i, orders[i])) none(kConfirmed + i);
        for (auto& word : orders_[i]) closer_argv_.push_back(word.data());
    }
    for (std::size_t i = 3; i < closer_words_.size(); ++i)
        closer_argv_.push_back(closer_words_[i].data());
    closer_argv_.push_back(nullptr);
    const auto& files = orders.size() > 1 ? batch_files_ : closer_files_;
    const bool started = closer.start(files, {program_path_.data(), closer_argv_.data(), environ});
    const int error = errno;
    // Whoever keeps a copy keeps the node's connection open, and the report.
    none(kReports);
    for (std::size_t i = 0; i < orders.size(); ++i) none(kConfirmed + i);
    errno = error;
    return started;
}

}  // namespace elector::guardian
