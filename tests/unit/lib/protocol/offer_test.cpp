// SPDX-License-Identifier: Apache-2.0
#include "protocol/offer.hpp"
#include "samples.hpp"

using namespace hearth;
using namespace hearth::protocol;
using namespace hearth::protocol::testing;

namespace {

Offer sample(Samples& samples) {
    Offer offer;
    offer.head.session = samples.id();
    offer.head.generation = samples.number<std::uint32_t>();
    offer.head.shared = samples.coin();
    offer.head.secured = samples.coin();
    offer.opaque.tag = samples.text(200);
    offer.opaque.remote_ip = samples.ip();
    offer.opaque.local_ip = samples.ip();
    offer.opaque.remote_port = samples.number<std::uint16_t>();
    offer.opaque.local_port = samples.number<std::uint16_t>();
    offer.opaque.pipelined = samples.text(pipelined_bytes_max);
    return offer;
}

// Head and opaque part, as one who accepts an offer reads them.
std::optional<Offer> decode_offer(std::string_view record) {
    const auto head = decode_offer_head(record);
    const auto opaque = decode_offer_opaque(record);
    if (!head || !opaque) return std::nullopt;
    return Offer{*head, *opaque};
}
std::string encode_offer(const Offer& offer) {
    return encode(offer);
}
std::string encode_answer(const OfferAnswer& answer) {
    return encode(answer);
}

} // namespace

TEST_CASE("an offer is read as it was written, and nothing else is an offer") {
    Samples samples;
    MESSAGE("HEARTH_SEED=", samples.seed_used());
    for (int round = 0; round < rounds; ++round) {
        const auto offer = sample(samples);
        const auto bytes = encode(offer);
        CHECK(bytes.size() <= offer_bytes_max);
        check_round_trip(bytes, decode_offer, encode_offer);
        const auto read = decode_offer(bytes).value();
        CHECK(read.head.session == offer.head.session);
        CHECK(read.head.generation == offer.head.generation);
        CHECK(read.head.shared == offer.head.shared);
        CHECK(read.head.secured == offer.head.secured);
        CHECK(read.head.opaque_bytes == bytes.size() - offer_head_bytes);
        CHECK(read.opaque.tag == offer.opaque.tag);
        CHECK(read.opaque.remote_ip == offer.opaque.remote_ip);
        CHECK(read.opaque.local_ip == offer.opaque.local_ip);
        CHECK(read.opaque.remote_port == offer.opaque.remote_port);
        CHECK(read.opaque.local_port == offer.opaque.local_port);
        CHECK(read.opaque.pipelined == offer.opaque.pipelined);
    }
}

TEST_CASE("the head of an offer doesn't depend on what the opaque bytes are") {
    Samples samples;
    auto bytes = encode(sample(samples));
    for (std::size_t i = offer_head_bytes; i < bytes.size(); ++i)
        bytes[i] = '\xff';
    CHECK(decode_offer_head(bytes).has_value());
    CHECK_FALSE(decode_offer_opaque(bytes).has_value());
}

TEST_CASE("an offer with a flag that nobody knows is refused") {
    Samples samples;
    auto bytes = encode(sample(samples));
    bytes[offer_head_bytes - 5] = static_cast<char>(bytes[offer_head_bytes - 5] | 4);
    CHECK_FALSE(decode_offer_head(bytes));
}

TEST_CASE("an answer is read as it was written, whichever it is, and unknown ones are refused") {
    Samples samples;
    for (int value = 1; value <= 10; ++value) {
        OfferAnswer answer{
            static_cast<OfferReply>(value), samples.number<std::uint32_t>(), samples.text(reason_bytes_max)};
        const auto bytes = encode(answer);
        CHECK(bytes.size() <= answer_bytes_max);
        check_round_trip(bytes, decode_offer_answer, encode_answer);
        const auto read = decode_offer_answer(bytes).value();
        CHECK(read.reply == answer.reply);
        CHECK(read.pid == answer.pid);
        CHECK(read.reason == answer.reason);
        CHECK(name(answer.reply) != "?");
    }
    for (const int unknown : {0, 11, 255})
        CHECK_FALSE(decode_offer_answer(encode(OfferAnswer{static_cast<OfferReply>(unknown), 1, ""})));
    const OfferAnswer wordy{OfferReply::cannot, 1, std::string(5000, 'x')};
    CHECK(decode_offer_answer(encode(wordy))->reason.size() == reason_bytes_max);
}

TEST_CASE("the answers that use up the grant are those given after it was read") {
    for (const auto reply : {OfferReply::wrong_user, OfferReply::stale, OfferReply::cannot, OfferReply::no_grant})
        CHECK(uses_up_grant(reply));
    for (const auto reply : {OfferReply::accepted, OfferReply::taken, OfferReply::busy, OfferReply::leaving,
             OfferReply::old_generation, OfferReply::malformed})
        CHECK_FALSE(uses_up_grant(reply));
}
