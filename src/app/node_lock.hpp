// Owns the lock that keeps two electors off one node: an abstract socket, gone with its process.
// Thread rule: any.
#pragma once

#include <string>

namespace elector::app {

class NodeLock {
  public:
    NodeLock() = default;
    ~NodeLock();
    NodeLock(const NodeLock&) = delete;
    NodeLock& operator=(const NodeLock&) = delete;

    /// False when another process of this network namespace holds the lock for this admin URL, or
    /// the kernel refuses (`why` says which).
    bool acquire(const std::string& admin_url, std::string& why);

  private:
    int fd_ = -1;
};

}  // namespace elector::app
