// Owns the lock that keeps two electors off one node: an abstract socket of the node's admin URL in
// this network namespace, gone with the last process that has it open. A guardian answers on it, so
// that a newcomer can tell a service that works from the remains of one.
// Must never allocate after acquire(). Thread rule: any.
#pragma once

#include <string>

namespace elector::guardian {

/// By which a node is known to those who want it: the same for every name of its loopback address.
std::string lock_name(const std::string& admin_url);

class NodeLock {
  public:
    enum class Holder {
        kUs,
        kAnother,  ///< it answers, or has nobody who could; or the kernel refuses: `why` says which
        kNobodyKnows,  ///< there is no descriptor to take it with, or to ask its holder: `why`
        /// Nobody answers: an elector whose guardian is dead or stands still, or a `fence`.
        kRemains
    };

    NodeLock() = default;
    ~NodeLock();
    NodeLock(const NodeLock&) = delete;
    NodeLock& operator=(const NodeLock&) = delete;

    /// With `answering` others are told that we live; call answer() when fd() is readable. Waits up
    /// to a second for another holder's answer.
    Holder acquire(const std::string& admin_url, bool answering, std::string& why);
    /// The same in two steps, for many at once. True: it is ours; else `why` says what is known,
    /// and an answer of the one who has it can be waited for at question(); -1: there is none to
    /// wait for.
    bool begin(const std::string& admin_url, bool answering, std::string& why);
    int question() const { return asks_ && connected_ ? asked_ : -1; }
    Holder judge();
    /// After kRemains: true once the lock is ours.
    bool try_again();
    /// After kRemains: the holder has answered after all.
    bool holder_answers();
    void answer();
    bool held() const { return held_; }
    int fd() const { return fd_; }

  private:
    bool bind_it();
    bool ask();

    int fd_ = -1;
    bool held_ = false;
    int asked_ = -1;          ///< the question to the one who holds it
    bool connected_ = false;  ///< it has got that far
    bool asks_ = false;       ///< somebody may answer
    bool no_room_ = false;    ///< for a descriptor
    std::string name_;
    bool answering_ = false;
};

}  // namespace elector::guardian
