// SPDX-License-Identifier: Apache-2.0
// The SASL mechanisms, each a pure exchange of messages: PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login).
#pragma once

#include "secret.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hearth::auth {

struct Credentials {
    std::string user;         ///< as typed
    std::string authorize_as; ///< PLAIN's authzid as typed; empty: the same user
    Secret password;
};

/// What comes next in an exchange.
struct Ask {
    std::string challenge;
};
struct Malformed {
    std::string why; ///< for the log
};
using SaslStep = std::variant<Ask, Credentials, Malformed>;

/// One exchange. Ends with Credentials or Malformed. Messages are decoded (no base64 here).
class SaslExchange {
public:
    virtual ~SaslExchange() = default;
    virtual SaslStep start(const std::optional<std::string>& initial) = 0;
    virtual SaslStep proceed(const std::string& data) = 0;
};

/// Nothing for a mechanism that isn't built in. `name` in any case.
std::unique_ptr<SaslExchange> make_exchange(std::string_view name);

/// Upper-case names of what is built in.
std::vector<std::string_view> built_in_mechanisms();

} // namespace hearth::auth
