// Owns the list of what is fuzzed: one function for each kind of bytes that come from outside. Each
// is total: it returns, or throws Violation with the claim that does not hold.
// Must never keep anything between two calls, nor touch a file or the network. Thread rule: one
// thread.
#pragma once

#include <string_view>

namespace elector::fuzz {

/// A configuration file; behind a line "#### file", what the files hold that it names.
void fuzz_config(std::string_view bytes);
/// The older elector's arguments, one a line.
void fuzz_command_line(std::string_view bytes);
/// One value of a configuration: a duration, percentage, time of failback, or address.
void fuzz_texts(std::string_view bytes);
/// An answer of the node: first byte s (status), r (readiness), m (metrics), b (block number),
/// t (latest block) or u (not an answer, but its address).
void fuzz_node(std::string_view bytes);
/// An HTTP answer as the guardian reads it; first byte s: to a set, else to a query.
void fuzz_guardian_answer(std::string_view bytes);
/// A packet of the guardian's link, zeros at its end left out; without the packet's first bytes:
/// words for the fence command, one a line.
void fuzz_guardian_link(std::string_view bytes);
/// A value from etcd: first byte h (holder), m (member), p (pause), s (switchover) or y (history).
void fuzz_etcd_values(std::string_view bytes);
/// A message of etcd's wire format: first byte t (transaction), w (watch), or another that is only
/// decoded.
void fuzz_etcd_wire(std::string_view bytes);
/// Values from etcd, one a line, which a recorder keeps and a replay reads.
void fuzz_recorder(std::string_view bytes);
/// What a client sends to the HTTP API; first byte t: where a token is asked for.
void fuzz_api_request(std::string_view bytes);

}  // namespace elector::fuzz
