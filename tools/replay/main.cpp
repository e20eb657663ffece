// The program `elector-replay`: leads the core through a recorder's dump again (SIGUSR1 writes
// one).
#include <cstdio>
#include <cstring>
#include <fstream>

#include "app/recorder.hpp"
#include "app/replay.hpp"

int main(int argc, char** argv) {
    using namespace elector;
    const bool trace = argc == 3 && std::strcmp(argv[1], "--trace") == 0;
    if (argc != 2 && !trace) {
        std::fputs("elector-replay [--trace] DUMP\n", stderr);
        return 2;
    }
    std::ifstream file(argv[argc - 1]);
    if (!file) {
        std::fprintf(stderr, "elector-replay: cannot read %s\n", argv[argc - 1]);
        return 2;
    }
    const auto print = [](model::Instant now, const model::Event& event,
                          const model::Effects& all) {
        const std::chrono::duration<double> at = now.time_since_epoch();
        std::printf("%14.6f < %s\n", at.count(), app::describe(event).c_str());
        for (const auto& effect : all)
            std::printf("               > %s\n", app::describe(effect).c_str());
    };
    const auto done = app::replay(file, trace ? app::ReplayTold(print) : app::ReplayTold());
    std::printf("%zu steps replayed, %zu effects as recorded\n", done.steps, done.effects);
    if (done.problem.empty()) return 0;
    std::printf("%s\n", done.problem.c_str());
    return 1;
}
