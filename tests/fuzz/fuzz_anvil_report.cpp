// link: hearth_anvil_core
// SPDX-License-Identifier: Apache-2.0
// A datagram from any process: what decodes encodes to the same bytes, and the ledger stays whole whatever it says, be
// the sender a worker or the master, even if the tag is right.
#include "base/ensure.hpp"
#include "ledger.hpp"

using namespace hearth;
namespace wire = protocol::anvil;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    auto report = wire::decode_report(bytes);
    if (!report) return 0;
    const auto again = wire::decode_report(wire::encode(*report));
    ensure(again && wire::encode(*again) == wire::encode(*report), "a report changes when it is written and read");

    anvil::Ledger ledger({{}, 1, 2});
    const Time now = Time{} + std::chrono::hours(1);
    ledger.roster({1, 0, 1, {{1, "imap"}, {2, "imap"}}}, now);
    ledger.limits({"imap", 2, 1, 1}, now);
    ledger.lookup(1, {1, "imap", "alice", "192.0.2.1", {}, SessionId{}}, now);
    if (auto* worker = std::get_if<wire::WorkerReport>(&*report)) {
        ledger.report(*worker, 1, now);
        worker->tag = protocol::identity_tag({}, worker->service, worker->identity, worker->user);
        ledger.report(*worker, 1, now);
        ledger.report(*worker, 2, now);
    }
    if (const auto* roster = std::get_if<wire::Roster>(&*report)) ledger.roster(*roster, now);
    if (const auto* limits = std::get_if<wire::ServiceLimits>(&*report)) ledger.limits(*limits, now);
    if (const auto* limit = std::get_if<wire::UserLimit>(&*report)) ledger.user_limit(*limit);
    if (const auto* started = std::get_if<wire::Started>(&*report)) ledger.started(*started, now);
    if (const auto* exited = std::get_if<wire::Exited>(&*report)) ledger.exited(*exited, now);
    ledger.verify_invariants();
    ledger.expire(now + std::chrono::seconds(20));
    ledger.verify_invariants();
    return 0;
}
