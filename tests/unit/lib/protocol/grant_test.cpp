// SPDX-License-Identifier: Apache-2.0
#include "samples.hpp"

using namespace hearth;
using namespace hearth::protocol;
using namespace hearth::protocol::testing;

namespace {

std::string encode_grant(const Grant& grant) {
    return encode(grant);
}

Grant sample(Samples& samples) {
    Grant grant;
    grant.service = samples.name(service_bytes_max);
    grant.identity = samples.identity();
    grant.session = samples.id();
    grant.generation = samples.number<std::uint32_t>();
    grant.expires = time_from_wire(samples.number<std::uint64_t>() >> 1);
    grant.tag = samples.bytes<32>();
    return grant;
}

} // namespace

TEST_CASE("a grant is read as it was written, and nothing else is a grant") {
    Samples samples;
    MESSAGE("HEARTH_SEED=", samples.seed_used());
    for (int round = 0; round < rounds; ++round) {
        const auto grant = sample(samples);
        const auto bytes = encode(grant);
        check_round_trip(bytes, decode_grant, encode_grant);
        const auto read = decode_grant(bytes).value();
        CHECK(read.service == grant.service);
        CHECK(read.identity == grant.identity);
        CHECK(read.session == grant.session);
        CHECK(read.generation == grant.generation);
        CHECK(read.expires == grant.expires);
        CHECK(read.tag == grant.tag);
    }
}

TEST_CASE("a grant of the usual size fits its bound; without user or service it is none") {
    Samples samples;
    auto grant = sample(samples);
    grant.identity.home = grant.identity.mail_location = "/srv/mail/alice";
    CHECK(encode(grant).size() <= grant_bytes_max);
    auto nobody = grant;
    nobody.identity.user.clear();
    CHECK_FALSE(decode_grant(encode(nobody)));
    auto nothing = grant;
    nothing.service.clear();
    CHECK_FALSE(decode_grant(encode(nothing)));
}

TEST_CASE("a grant that claims to expire beyond the clock's end is none") {
    Samples samples;
    auto bytes = encode(sample(samples));
    for (std::size_t i = bytes.size() - 40; i < bytes.size() - 32; ++i)
        bytes[i] = '\xff';
    CHECK_FALSE(decode_grant(bytes));
}

TEST_CASE("each part of the identity, and the service, changes the identity hash") {
    Identity identity{"alice", 1000, 1000, {5, 6}, "/home/alice", "maildir:~/Maildir", {{"quota", "1G"}}};
    const auto hash = identity_hash("imap", identity);
    CHECK(identity_hash("imap", identity) == hash);
    CHECK(identity_hash("jmap", identity) != hash);
    const auto changed = [&](auto change) {
        auto other = identity;
        change(other);
        return identity_hash("imap", other) != hash;
    };
    CHECK(changed([](Identity& i) { i.user = "alicf"; }));
    CHECK(changed([](Identity& i) { i.uid = 1001; }));
    CHECK(changed([](Identity& i) { i.gid = 1001; }));
    CHECK(changed([](Identity& i) { i.groups = {5}; }));
    CHECK(changed([](Identity& i) { i.groups = {6, 5}; }));
    CHECK(changed([](Identity& i) { i.home += "/"; }));
    CHECK(changed([](Identity& i) { i.mail_location.clear(); }));
    CHECK(changed([](Identity& i) { i.policy[0].second = "2G"; }));
    CHECK(changed([](Identity& i) { i.policy.clear(); }));
    // Where one field ends and the next begins is part of it.
    CHECK(changed([](Identity& i) {
        i.home = "/home/alicem";
        i.mail_location = "aildir:~/Maildir";
    }));
}

TEST_CASE("the identity tag depends on key, service, identity and user, and is compared whole") {
    Key key{};
    IdentityHash hash{};
    const auto tag = identity_tag(key, "imap", hash, "alice");
    CHECK(equal_tags(tag, identity_tag(key, "imap", hash, "alice")));
    auto other_key = key;
    other_key[31] = 1;
    auto other_hash = hash;
    other_hash[15] = 1;
    CHECK_FALSE(equal_tags(tag, identity_tag(other_key, "imap", hash, "alice")));
    CHECK_FALSE(equal_tags(tag, identity_tag(key, "jmap", hash, "alice")));
    CHECK_FALSE(equal_tags(tag, identity_tag(key, "imap", other_hash, "alice")));
    CHECK_FALSE(equal_tags(tag, identity_tag(key, "imap", hash, "alic")));
    for (std::size_t i = 0; i < tag.size(); ++i) {
        auto wrong = tag;
        wrong[i] ^= 0x80;
        CHECK_FALSE(equal_tags(tag, wrong));
    }
}
