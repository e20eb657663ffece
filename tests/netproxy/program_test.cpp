// The proxy as a program: its ports, its commands, its end.
#include <cstdio>

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netproxy/world.hpp"

namespace {

using elector::test::World;

/// The program beside the test, spoken to line by line.
class Program {
  public:
    /// `quiet`: what it says on standard error is expected and not shown.
    explicit Program(std::vector<std::string> words, bool quiet = false) {
        int in[2];
        int out[2];
        REQUIRE(::pipe2(in, O_CLOEXEC) == 0);
        REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
        words.insert(words.begin(), NETPROXY_PROGRAM);
        std::vector<char*> argv;
        for (auto& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(in[0], STDIN_FILENO);
            ::dup2(out[1], STDOUT_FILENO);
            if (quiet) ::dup2(out[1], STDERR_FILENO);
            ::execv(argv[0], argv.data());
            ::_exit(127);
        }
        ::close(in[0]);
        ::close(out[1]);
        in_ = ::fdopen(in[1], "w");
        out_ = ::fdopen(out[0], "r");
    }
    ~Program() {
        if (pid_ > 0) ::kill(pid_, SIGKILL);
        if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
        if (in_ != nullptr) std::fclose(in_);
        std::fclose(out_);
    }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    std::string line() {
        char text[256] = "";
        if (std::fgets(text, sizeof text, out_) == nullptr) return "end of output";
        return std::string(text, std::string_view(text).find('\n'));
    }
    std::string ask(const std::string& command) {
        std::fputs((command + "\n").c_str(), in_);
        std::fflush(in_);
        return line();
    }
    void end_input() {
        std::fclose(in_);
        in_ = nullptr;
    }
    void signal(int number) { ::kill(pid_, number); }
    int exit_code() {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

  private:
    pid_t pid_ = -1;
    FILE* in_ = nullptr;
    FILE* out_ = nullptr;
};

std::uint16_t number_after(const std::string& text, const std::string& label) {
    const auto at = text.find(label);
    REQUIRE(at != std::string::npos);
    return static_cast<std::uint16_t>(std::stoul(text.substr(at + label.size())));
}

std::vector<std::string> towards(const World& w) {
    return {"--target", "127.0.0.1:" + std::to_string(w.acceptor.local_endpoint().port())};
}

}  // namespace

TEST_CASE("the program forwards, and obeys standard input until that ends") {
    World w;
    Program program(towards(w));
    const auto port = number_after(program.line(), "{\"port\":");
    boost::asio::ip::tcp::socket socket(w.io);
    socket.connect({boost::asio::ip::address_v4::loopback(), port});
    auto& client = w.clients.emplace_back(std::move(socket));
    w.exchange(client, "hello");
    CHECK(program.ask("mode") == "ok pass, 1 connections");
    CHECK(program.ask("delay 5") == "ok delay 5, 1 connections");
    w.exchange(client, "later");
    CHECK(program.ask("nonsense").rfind("error: unknown mode 'nonsense'", 0) == 0);
    CHECK(program.ask("refuse") == "ok refuse, 0 connections");
    program.end_input();
    CHECK(program.exit_code() == 0);
}

TEST_CASE("the program obeys its control port, and does not end with standard input then") {
    World w;
    auto words = towards(w);
    words.insert(words.end(), {"--control", "0"});
    Program program(words);
    const auto port = number_after(program.line(), "\"control\":");
    program.end_input();
    boost::asio::ip::tcp::socket socket(w.io);
    socket.connect({boost::asio::ip::address_v4::loopback(), port});
    auto& control = w.clients.emplace_back(std::move(socket));
    control.send("blackhole\nmode\n");
    const std::string answer = "ok blackhole, 0 connections\n";
    w.until([&] { return control.got() == answer + answer; });
    control.send("quit\n");
    CHECK(program.exit_code() == 0);
}

TEST_CASE("the program ends cleanly on a signal, and refuses wrong arguments") {
    World w;
    Program program(towards(w));
    program.line();
    program.signal(SIGTERM);
    CHECK(program.exit_code() == 0);
    for (const auto& words : {std::vector<std::string>{},
                              {"--target", "127.0.0.1"},
                              {"--target", "127.0.0.1:1", "--listen", "70000"},
                              {"--what"}}) {
        Program wrong(words, true);
        CHECK(wrong.exit_code() == 2);
    }
}
