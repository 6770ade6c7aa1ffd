// link: hearth_auth_core
// SPDX-License-Identifier: Apache-2.0
// What a hostile login may send: the message, and the SASL response in it. A message that decodes encodes to the same
// bytes again, and no exchange hands out credentials beyond their bounds.
#include "base/ensure.hpp"
#include "password/password_scheme.hpp"
#include "protocol/auth.hpp"
#include "protocol/limits.hpp"
#include "sasl.hpp"

#include <cstdint>
#include <string>

using namespace hearth;

namespace {

void check_step(const auth::SaslStep& step) {
    const auto* credentials = std::get_if<auth::Credentials>(&step);
    if (credentials == nullptr) return;
    ensure(!credentials->user.empty() && credentials->user.size() <= protocol::user_bytes_max, "user out of bounds");
    ensure(credentials->authorize_as.size() <= protocol::user_bytes_max, "authorization identity out of bounds");
    ensure(credentials->password.text().size() <= auth::password_bytes_max, "password out of bounds");
    ensure(credentials->password.text().find('\0') == std::string::npos, "password with NUL");
}

void run_exchange(const std::string& mechanism, const std::optional<std::string>& initial) {
    auto exchange = auth::make_exchange(mechanism);
    if (!exchange) return;
    const auto first = exchange->start(initial);
    check_step(first);
    if (std::holds_alternative<auth::Ask>(first)) check_step(exchange->proceed(initial.value_or("")));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    if (const auto request = protocol::auth::decode_request(bytes)) {
        const auto again = protocol::auth::encode(*request);
        const auto twice = protocol::auth::decode_request(again);
        ensure(twice && protocol::auth::encode(*twice) == again, "a request doesn't survive being written and read");
        if (const auto* begin = std::get_if<protocol::auth::Begin>(&*request))
            run_exchange(begin->mechanism, begin->initial);
    }
    for (const auto* mechanism : {"PLAIN", "LOGIN"})
        run_exchange(mechanism, bytes);
    return 0;
}
