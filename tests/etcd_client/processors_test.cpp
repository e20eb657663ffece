// The transport answers for the library how many processors there are: see transport.cpp.
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <grpc/support/cpu.h>

TEST_CASE("the library counts on one processor, linked in or shared") {
    CHECK(gpr_cpu_num_cores() == 1);
    CHECK(gpr_cpu_current_cpu() == 0);
    // A shared library finds by name what it asks for; where it is linked in nobody has to.
    void* const found = ::dlsym(RTLD_DEFAULT, "gpr_cpu_num_cores");
    if (found != nullptr) CHECK(found == reinterpret_cast<void*>(&gpr_cpu_num_cores));
}
