// Owns real etcd processes for tests and benchmarks: one member or a cluster, on free loopback
// ports, with data that is gone afterwards. Must never touch a process it has not started. Thread
// rule: one thread; each member dies with the thread that made the cluster.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace elector::test {

struct EtcdOptions {
    std::size_t members = 1;
    /// False for speed where durability is not under test.
    bool fsync = false;
    /// The smallest lease etcd grants is 1.5 election time-outs, in whole seconds.
    std::chrono::milliseconds heartbeat{100};
    std::chrono::milliseconds election_timeout{1000};
    /// Of each member: TLS, the kind of tokens.
    std::vector<std::string> more;
    /// Whether clients come in by https:// (`more` says with which certificate).
    bool tls = false;
};

class EtcdCluster {
  public:
    /// Starts all members and returns when each answers as healthy.
    /// Throws std::runtime_error: no etcd program, or it does not come up within 20 s.
    explicit EtcdCluster(EtcdOptions options = {});
    ~EtcdCluster();
    EtcdCluster(const EtcdCluster&) = delete;
    EtcdCluster& operator=(const EtcdCluster&) = delete;

    std::size_t size() const { return members_.size(); }
    /// "http://127.0.0.1:port", or with https://
    std::string endpoint(std::size_t member) const;
    std::vector<std::string> endpoints() const;
    /// Without TLS in any case, for the test itself.
    std::string plain_endpoint(std::size_t member) const;
    pid_t pid(std::size_t member) const { return members_.at(member).pid; }
    const std::filesystem::path& directory() const { return directory_; }

    /// SIGKILL, and waits for the end.
    void kill(std::size_t member);
    /// SIGSTOP: connections stay, nothing answers.
    void freeze(std::size_t member);
    /// SIGCONT.
    void thaw(std::size_t member);
    /// Starts a killed member again on its data and ports; waits until it is healthy.
    void restart(std::size_t member);

  private:
    struct Member {
        pid_t pid = -1;
        int client_port = 0;
        int plain_port = 0;
        int peer_port = 0;
    };

    void start_all();
    void start(std::size_t member);
    bool wait_healthy(std::size_t member, std::chrono::steady_clock::time_point until);
    std::vector<std::string> arguments(std::size_t member) const;
    void kill_all();

    EtcdOptions options_;
    std::filesystem::path directory_;
    std::vector<Member> members_;
};

/// What a program prints; throws std::runtime_error if it cannot be run or fails. `arguments[0]` is
/// its absolute path.
std::string output_of(const std::vector<std::string>& arguments);

/// What etcdctl prints; throws std::runtime_error if it cannot be run or fails.
std::string etcdctl(const std::string& endpoint, const std::vector<std::string>& arguments);

/// A program running beside the test; killed in the destructor.
class BackgroundProcess {
  public:
    /// `arguments[0]` is the program's absolute path; its output is discarded.
    explicit BackgroundProcess(const std::vector<std::string>& arguments);
    ~BackgroundProcess();
    BackgroundProcess(const BackgroundProcess&) = delete;
    BackgroundProcess& operator=(const BackgroundProcess&) = delete;

  private:
    pid_t pid_;
};

/// Absolute path of a program in PATH; throws std::runtime_error naming the package to install.
std::string find_program(const std::string& name, const std::string& package);

}  // namespace elector::test
