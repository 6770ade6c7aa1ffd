// link: hearth_protocol
// SPDX-License-Identifier: Apache-2.0
// A record on an offer connection, in either direction: an offer from login, an answer from a worker.
#include "base/ensure.hpp"
#include "protocol/offer.hpp"

#include <string>

using namespace hearth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    const auto head = protocol::decode_offer_head(bytes);
    const auto opaque = protocol::decode_offer_opaque(bytes);
    if (head) ensure(head->opaque_bytes == size - protocol::offer_head_bytes, "an offer's size is not the record's");
    if (head && opaque)
        ensure(
            protocol::encode(protocol::Offer{*head, *opaque}) == bytes, "an offer changes when it is read and written");
    if (const auto answer = protocol::decode_offer_answer(bytes)) {
        ensure(protocol::encode(*answer) == bytes, "an answer changes when it is read and written");
        ensure(protocol::name(answer->reply) != "?", "an answer without a name was accepted");
    }
    return 0;
}
