// link: hearth_protocol
// SPDX-License-Identifier: Apache-2.0
#include "base/ensure.hpp"
#include "protocol/grant.hpp"

#include <string>

using namespace hearth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    const auto grant = protocol::decode_grant(bytes);
    if (!grant) return 0;
    ensure(!grant->service.empty() && !grant->identity.user.empty(), "a grant for nobody was accepted");
    ensure(protocol::encode(*grant) == bytes, "a grant changes when it is read and written");
    return 0;
}
