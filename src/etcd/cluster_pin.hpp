// Owns the file that says which etcd cluster this host has agreed to for one election key.
// Must never be written over without an operator's word. No gRPC. Thread rule: blocking file I/O, a
// few times in a process's life.
#pragma once

#include <cstdint>
#include <string>

namespace elector::etcd {

class ClusterPin {
  public:
    ClusterPin(const std::string& folder, std::string election_key);

    struct Reading {
        std::uint64_t cluster = 0;  ///< 0 without a problem: nothing is pinned yet
        std::string problem;        ///< not empty: the file is there and says nothing to rely on
    };
    Reading read() const;

    /// Whole or not at all: written beside, flushed, renamed. Mode 0600; the folder is made with
    /// 0700. Returns what went wrong, if anything.
    std::string write(std::uint64_t cluster) const;

    const std::string& path() const { return path_; }

  private:
    std::string folder_;
    std::string key_;
    std::string path_;
};

/// Any election key as a part of a file name; different ones differ, but for a hash of the long.
std::string file_name_of(const std::string& election_key);

/// As `etcdctl endpoint status` prints it.
std::string cluster_text(std::uint64_t cluster);

}  // namespace elector::etcd
