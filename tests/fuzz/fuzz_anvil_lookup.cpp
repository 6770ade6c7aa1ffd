// link: hearth_anvil_core
// SPDX-License-Identifier: Apache-2.0
// Frames of the two streams (logins, master), in both directions: what decodes encodes to the same bytes, and the
// ledger stays whole whatever a login asks.
#include "base/ensure.hpp"
#include "ledger.hpp"

using namespace hearth;
namespace wire = protocol::anvil;

namespace {

template <class Decode> void check_round_trip(const std::string& bytes, Decode decode, const char* what) {
    const auto message = decode(bytes);
    if (message) ensure(wire::encode(*message) == bytes, what);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    check_round_trip(bytes, wire::decode_login_message, "a login's message changes when it is read and written");
    check_round_trip(bytes, wire::decode_route, "a route changes when it is read and written");
    check_round_trip(bytes, wire::decode_master_message, "the master's question changes when it is read and written");
    check_round_trip(bytes, wire::decode_master_push, "a push changes when it is read and written");

    const auto message = wire::decode_login_message(bytes);
    if (!message) return 0;
    anvil::Ledger ledger({{}, 1, 2});
    const Time now = Time{} + std::chrono::hours(1);
    ledger.roster({1, 0, 1, {}}, now);
    ledger.limits({"imap", 1, 1, 1}, now);
    for (const anvil::StreamId stream : {1U, 2U, 1U}) {
        if (const auto* lookup = std::get_if<wire::Lookup>(&*message)) ledger.lookup(stream, *lookup, now);
        if (const auto* declined = std::get_if<wire::NoneTook>(&*message)) ledger.none_took(stream, declined->id, now);
        if (const auto* cancel = std::get_if<wire::Cancel>(&*message)) ledger.cancel(stream, cancel->id, now);
        if (const auto* silent = std::get_if<wire::Silent>(&*message)) ledger.silent(silent->pid, now);
        ledger.verify_invariants();
    }
    ledger.stream_closed(1, now);
    ledger.stream_closed(2, now);
    ledger.verify_invariants();
    ensure(ledger.lease_count() == 0 && ledger.user_count() == 0, "something outlives the streams that asked for it");
    return 0;
}
