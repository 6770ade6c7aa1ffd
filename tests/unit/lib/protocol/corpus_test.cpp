// SPDX-License-Identifier: Apache-2.0
// The fuzzers' seeds, made with the encoders. With HEARTH_WRITE_CORPUS=tests/fuzz/corpus in the environment they are
// written there anew, for when a format has changed.
#include "protocol/anvil.hpp"
#include "protocol/limits.hpp"
#include "protocol/offer.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <map>

using namespace hearth;
using namespace hearth::protocol;

namespace {

using Seeds = std::map<std::string, std::string>;

anvil::WorkerReport report(bool idle) {
    anvil::WorkerReport result;
    result.sequence = 7;
    result.generation = 1;
    result.service = "imap";
    result.user = "alice";
    result.identity.fill(3);
    result.accepts = idle;
    result.served = 4;
    result.memory_kib = idle ? 600 : 0;
    if (!idle) result.sessions = {{SessionId{{1, 2, 3}}, "192.0.2.1"}, {SessionId{{4}}, "2001:db8::1"}};
    result.ended = {SessionId{{5}}, SessionId{}};
    return result;
}

Seeds reports() {
    using namespace anvil;
    auto leaving = report(true);
    leaving.leaving = true;
    return {{"busy", encode(Report(report(false)))}, {"idle", encode(Report(report(true)))},
        {"leaving", encode(Report(leaving))}, {"roster", encode(Report(Roster{1, 0, 2, {{3, "imap"}, {4, "jmap"}}}))},
        {"limits", encode(Report(ServiceLimits{"imap", 100, 1, 2, 1 << 20, EvictOrder::least_expected}))}, {"started", encode(Report(Started{5, "imap"}))},
        {"user-limit", encode(Report(UserLimit{10}))},
        {"exited", encode(Report(Exited{1, ExitReason::crash}))}};
}

Seeds lookups() {
    using namespace anvil;
    const Lookup lookup{1, "imap", "alice", "192.0.2.1", {}, SessionId{{9}}};
    return {{"lookup", encode(LoginMessage(lookup))}, {"none-took", encode(LoginMessage(NoneTook{1}))},
        {"cancel", encode(LoginMessage(Cancel{1}))}, {"silent", encode(LoginMessage(Silent{11}))},
        {"route-candidates", encode(Route{1, Verdict::candidates, Cold::none_idle, 0, {11, 12}})},
        {"route-refused", encode(Route{2, Verdict::refused_user, Cold::first, 10, {}})},
        {"evictable", encode(MasterMessage(Evictable{3, "imap", 4}))},
        {"evictees", encode(MasterPush(Evictees{3, {11}}))}, {"demand", encode(MasterPush(Demand{"imap", 1, 2, 3}))},
        {"kick", encode(MasterPush(Kick{11, 0x01020304}))}};
}

Seeds offers() {
    const auto offer = [](bool shared, bool secured, std::string tag, std::string pipelined) {
        Offer result;
        result.head = {SessionId{{1}}, 3, shared, secured, 0};
        result.opaque = {std::move(tag), "192.0.2.1", "192.0.2.2", 50000, 143, std::move(pipelined)};
        return encode(result);
    };
    return {{"plain", offer(false, false, "a1", "")}, {"shared", offer(true, false, "a1", "a2 SELECT INBOX\r\n")},
        {"secured", offer(true, true, "", std::string(300, '\0'))},
        {"taken", encode(OfferAnswer{OfferReply::taken, 11, ""})},
        {"busy", encode(OfferAnswer{OfferReply::busy, 11, ""})},
        {"cannot", encode(OfferAnswer{OfferReply::cannot, 12, "home /srv/alice is missing"})}};
}

Seeds grants() {
    Grant grant;
    grant.service = "imap";
    grant.identity = {"alice", 1000, 1000, {}, "/home/alice", "", {}};
    grant.session = SessionId{{1, 2}};
    Seeds seeds{{"plain", encode(grant)}};
    grant.identity.groups = {5, 6, 7};
    seeds.emplace("groups", encode(grant));
    grant.identity.policy = {{"master_user", "root"}, {"quota", "1G"}};
    seeds.emplace("policy", encode(grant));
    grant.identity.mail_location = "maildir:~/Maildir";
    grant.generation = 77;
    grant.tag.fill(0xee);
    seeds.emplace("location", encode(grant));
    grant.identity.home.clear();
    grant.expires = time_from_wire(123456789);
    seeds.emplace("homeless", encode(grant));
    return seeds;
}

void write(const std::string& parser, const Seeds& seeds) {
    const char* corpus = std::getenv("HEARTH_WRITE_CORPUS");
    if (corpus == nullptr) return;
    const auto directory = std::filesystem::path(corpus) / parser;
    std::filesystem::create_directories(directory);
    for (const auto& [name, bytes] : seeds)
        std::ofstream(directory / name, std::ios::binary) << bytes;
}

} // namespace

TEST_CASE("the fuzzers' seeds are whole messages") {
    for (const auto& [name, bytes] : reports())
        CHECK_MESSAGE(anvil::decode_report(bytes), name);
    for (const auto& [name, bytes] : lookups()) {
        const bool known = anvil::decode_login_message(bytes) || anvil::decode_route(bytes) ||
                           anvil::decode_master_message(bytes) || anvil::decode_master_push(bytes);
        CHECK_MESSAGE(known, name);
    }
    for (const auto& [name, bytes] : offers()) {
        const bool offer = decode_offer_head(bytes) && decode_offer_opaque(bytes);
        CHECK_MESSAGE((offer || decode_offer_answer(bytes)), name);
    }
    for (const auto& [name, bytes] : grants())
        CHECK_MESSAGE(decode_grant(bytes), name);
    write("anvil_report", reports());
    write("anvil_lookup", lookups());
    write("offer", offers());
    write("grant", grants());
}
