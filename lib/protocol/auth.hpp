// SPDX-License-Identifier: Apache-2.0
// Login and auth (docs/protocol/auth.md): one framed stream per login process. A descriptor (the grant) travels with
// the first byte of the frame that names it.
#pragma once

#include "protocol/grant.hpp"

#include <optional>
#include <string>
#include <variant>

namespace hearth::protocol::auth {

constexpr std::size_t sasl_bytes_max = 8192; ///< one SASL message, decoded
constexpr std::size_t mechanism_bytes_max = 32;

/// Starts an authentication; `id` is login's, unique among its open ones.
struct Begin {
    std::uint32_t id = 0;
    std::string service, mechanism;  ///< "imap", "PLAIN"
    std::string remote_ip, local_ip;
    std::uint16_t remote_port = 0, local_port = 0;
    bool secured = false;            ///< TLS, or a connection that never leaves the machine
    std::optional<std::string> initial; ///< decoded initial response
};
struct Continue {
    std::uint32_t id = 0;
    std::string data;
};
/// Ends an authentication in any state, also a finished one whose handover is over. No answer.
struct Done {
    std::uint32_t id = 0;
};
/// Another grant for the same finished authentication: the former was used up. At most grants_max in all.
struct Regrant {
    std::uint32_t id = 0;
};
using Request = std::variant<Begin, Continue, Done, Regrant>;

struct Challenge {
    std::uint32_t id = 0;
    std::string data;
};
enum class Failure : std::uint8_t {
    credentials = 1, ///< wrong user or password, told apart nowhere
    temporary,       ///< a backend failed or auth is overloaded: never "wrong password"
    disabled,        ///< the account may not log in
    malformed,       ///< not a message of this mechanism
    mechanism,       ///< not offered, or not without TLS
    expired,         ///< Regrant: too late, too often, or no such authentication
};
struct Failed {
    std::uint32_t id = 0;
    Failure why{};
    std::string user;                ///< as the client gave it, for the log; may be empty
    std::string reason;              ///< for the log
};
/// With the grant's descriptor.
struct Succeeded {
    std::uint32_t id = 0;
    std::string user;                ///< canonical
    std::uint32_t uid = 0;           ///< whom login must find behind a bound worker's socket
    IdentityHash identity{};
    SessionId session;
    std::uint32_t generation = 0;
};
/// With the grant's descriptor. The session keeps its id.
struct Granted {
    std::uint32_t id = 0;
};
using Response = std::variant<Challenge, Failed, Succeeded, Granted>;

std::string encode(const Request& request);
std::optional<Request> decode_request(std::string_view frame);
std::string encode(const Response& response);
std::optional<Response> decode_response(std::string_view frame);

constexpr int grants_max = 4;                                ///< per authentication, the first included
constexpr auto finished_lifetime = std::chrono::seconds(15); ///< how long auth keeps a finished authentication

} // namespace hearth::protocol::auth
