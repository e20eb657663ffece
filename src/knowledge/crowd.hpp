// Owns what a member of a crowd reads and follows (ADR 19): the questions of its reads, and what of
// their answers, and of the watch, is its view. Internal to knowledge. Must never take what is not
// seen for gone (S33). Thread rule: pure functions.
#pragma once

#include "knowledge/knowledge.hpp"

namespace elector::knowledge {

/// Our key was there and is not, and the watch would have to tell.
bool unexplained(const Knowledge& k, const ElectionView& view, const OwnKey& own);
/// The next read: of everything, or of a crowd what this member's place in it asks for.
ReadElection question(Knowledge& k, const Policy& p, Instant now, const OwnKey& own);
/// Makes the answer what this member follows of a crowd. False: it names others than were asked
/// for, so that it has to be read again. SAFETY: S33. A key whose member was not read must not look
/// foreign.
bool fits_crowd(Knowledge& k, const Means& m, ElectionView& view, const OwnKey& own);
/// Members that start together would each be told of all others until a read: whoever is not in
/// front is far from now on, and the read says more. It judges nothing of what it does not see
/// (S33).
void narrow(Knowledge& k, Means& m, const OwnKey& own);
/// Who is in front leaves the queue for the target of an order, if he can see that it is behind
/// him.
void make_way(Knowledge& k, const Policy& p);
/// The view is the answer's now: from here on, what this member's place in it asks for.
void follow_crowd(Knowledge& k, Means& m, const ElectionRead& e);
/// By the watch alone the view does not say any more, or says too little, of who is in front.
bool outgrown(const Knowledge& k);

}  // namespace elector::knowledge
