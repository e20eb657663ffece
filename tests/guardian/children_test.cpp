// What the guardian passes on to its children, and where it keeps that.
#include "guardian/children.hpp"

#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace elector;
using namespace elector::guardian;

namespace {

Options of_nodes(std::size_t nodes) {
    Options options;
    options.wards.resize(nodes);
    options.elector = {"elector", "elector"};
    return options;
}

/// A pipe at descriptors where the guardian keeps what it passes on.
struct Others {
    Others() {
        std::array<int, 2> pipe{};
        REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
        for (const int at : {200, 201, 203, 210})
            fds.push_back(::fcntl(pipe[0], F_DUPFD_CLOEXEC, at));
        inode = inode_of(pipe[0]);
        ::close(pipe[0]);
        ::close(pipe[1]);
    }
    ~Others() {
        for (const int fd : fds) ::close(fd);
    }
    static ino_t inode_of(int fd) {
        struct stat info {};
        return ::fstat(fd, &info) == 0 ? info.st_ino : 0;
    }
    std::size_t whole() const {
        std::size_t n = 0;
        for (const int fd : fds) n += inode_of(fd) == inode ? 1 : 0;
        return n;
    }
    std::vector<int> fds;
    ino_t inode = 0;
};

}  // namespace

TEST_CASE("places for what children get are nobody else's descriptors") {
    const Others others;
    REQUIRE(others.whole() == 4);
    for (const std::size_t nodes : {1, 20}) {
        const Children children(of_nodes(nodes));
        CHECK(children.whole());
        CHECK(others.whole() == 4);
    }
    CHECK(others.whole() == 4);  // nor are they closed with the places
}
