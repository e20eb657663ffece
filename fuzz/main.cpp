// The entry of libFuzzer, compiled once for each target.
#include <cstddef>
#include <cstdint>

#include "fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    elector::fuzz::ELECTOR_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
    return 0;
}
