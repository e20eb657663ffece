#include "app/start_pages.hpp"

#include <cstdint>

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace elector::app {
namespace {

/// Segments that are not writable hold what the file holds: relocated data is in others.
int give_back_of(dl_phdr_info* object, std::size_t, void* sum) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const auto& segment = object->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
        const auto begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
        const auto end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
        // Locked memory, and what is no memory of a file, is refused: then it stays.
        if (::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED) == 0)
            *static_cast<std::size_t*>(sum) += end - begin;
    }
    return 0;
}

}  // namespace

std::size_t give_back_start_pages() {
    std::size_t sum = 0;
    ::dl_iterate_phdr(give_back_of, &sum);
    return sum;
}

void give_back_free_memory() { ::malloc_trim(0); }

}  // namespace elector::app
