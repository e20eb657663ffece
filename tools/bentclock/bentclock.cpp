// Owns clocks that a test can bend under a program that knows nothing of it: preloaded, it stands
// between the program and the kernel's CLOCK_BOOTTIME and CLOCK_REALTIME. The file that
// $ELECTOR_BENT_CLOCK names says how; without it the clocks are the kernel's. Must never be linked
// into anything, and never touch CLOCK_MONOTONIC: libraries hand its instants back to the kernel.
// Thread rule: any thread; the file is written by somebody else, guarded by its sequence number.
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMillion = 1'000'000;

/// The file, in the machine's byte order. An odd sequence number: it is being written.
struct Bend {
    std::atomic<std::uint64_t> sequence;
    std::atomic<std::int64_t> since_ns;  ///< the true CLOCK_BOOTTIME from which `rate_ppm` counts
    std::atomic<std::int64_t> rate_ppm;  ///< how much faster than the true one it goes
    std::atomic<std::int64_t> boot_ns;   ///< added to CLOCK_BOOTTIME
    std::atomic<std::int64_t> wall_ns;   ///< added to CLOCK_REALTIME
};

struct Values {
    std::int64_t since_ns, rate_ppm, boot_ns, wall_ns;
};

struct Range {
    std::uintptr_t from, to;
};

constexpr std::size_t kMaxRanges = 256;
const Bend* g_bend = nullptr;
Range g_straight[kMaxRanges];
std::size_t g_straight_count = 0;

std::int64_t nanoseconds(const timespec& t) { return t.tv_sec * kSecond + t.tv_nsec; }

timespec to_timespec(std::int64_t ns) {
    timespec t{};
    t.tv_sec = ns / kSecond;
    t.tv_nsec = ns % kSecond;
    if (t.tv_nsec < 0) {
        t.tv_nsec += kSecond;
        --t.tv_sec;
    }
    return t;
}

int true_time(clockid_t clock, timespec* t) {
    return static_cast<int>(::syscall(SYS_clock_gettime, clock, t));
}

Values values() {
    for (;;) {
        const auto before = g_bend->sequence.load(std::memory_order_acquire);
        const Values v{g_bend->since_ns.load(std::memory_order_acquire),
                       g_bend->rate_ppm.load(std::memory_order_acquire),
                       g_bend->boot_ns.load(std::memory_order_acquire),
                       g_bend->wall_ns.load(std::memory_order_acquire)};
        if (before % 2 == 0 && before == g_bend->sequence.load(std::memory_order_acquire)) return v;
    }
}

/// gRPC and Abseil give instants of CLOCK_REALTIME back to the kernel, which knows no bend: they
/// would sleep for as long as it is wide. A real step does not do that to them.
bool is_straight(const void* caller) {
    const auto address = reinterpret_cast<std::uintptr_t>(caller);
    for (std::size_t i = 0; i < g_straight_count; ++i)
        if (g_straight[i].from <= address && address < g_straight[i].to) return true;
    return false;
}

int note_library(dl_phdr_info* info, std::size_t, void*) {
    const std::string_view name = info->dlpi_name == nullptr ? "" : info->dlpi_name;
    bool straight = false;
    for (const char* part : {"libgrpc", "libgpr", "libabsl"})
        straight = straight || name.find(part) != std::string_view::npos;
    for (std::size_t i = 0; straight && i < info->dlpi_phnum; ++i) {
        const auto& segment = info->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || g_straight_count == kMaxRanges) continue;
        const std::uintptr_t from = info->dlpi_addr + segment.p_vaddr;
        g_straight[g_straight_count++] = {from, from + segment.p_memsz};
    }
    return 0;
}

[[gnu::constructor]] void begin() {
    const char* path = std::getenv("ELECTOR_BENT_CLOCK");
    if (path == nullptr) return;
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    void* memory =
        fd < 0 ? MAP_FAILED : ::mmap(nullptr, sizeof(Bend), PROT_READ, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        constexpr std::string_view kWords = "bentclock: cannot map $ELECTOR_BENT_CLOCK\n";
        const auto written = ::write(STDERR_FILENO, kWords.data(), kWords.size());
        std::_Exit(written < 0 ? 71 : 70);  // a test with a straight clock would prove nothing
    }
    ::close(fd);
    ::dl_iterate_phdr(note_library, nullptr);
    g_bend = static_cast<const Bend*>(memory);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* t) noexcept {
    const int result = true_time(clock, t);
    if (result != 0 || g_bend == nullptr) return result;
    if (clock == CLOCK_BOOTTIME) {
        const Values v = values();
        const std::int64_t now = nanoseconds(*t);
        *t = to_timespec(now + v.boot_ns + (now - v.since_ns) * v.rate_ppm / kMillion);
    } else if (clock == CLOCK_REALTIME && !is_straight(__builtin_return_address(0))) {
        *t = to_timespec(nanoseconds(*t) + values().wall_ns);
    }
    return result;
}

/// What is armed relative to a bent clock comes when that clock says so.
int timerfd_settime(int fd, int flags, const itimerspec* wanted, itimerspec* before) noexcept {
    if (g_bend == nullptr || (flags & TFD_TIMER_ABSTIME) != 0)
        return static_cast<int>(::syscall(SYS_timerfd_settime, fd, flags, wanted, before));
    itimerspec spec = *wanted;
    const std::int64_t span = nanoseconds(spec.it_value);
    const std::int64_t bent = span - span * values().rate_ppm / kMillion;
    if (span != 0) spec.it_value = to_timespec(bent > 0 ? bent : 1);
    return static_cast<int>(::syscall(SYS_timerfd_settime, fd, flags, &spec, before));
}
}
