// SPDX-License-Identifier: Apache-2.0
// IMAP before login (RFC 9051 sections 6.1 and 6.2): greeting, CAPABILITY, ID, NOOP, LOGOUT, LOGIN, AUTHENTICATE. A
// client that logs in is handed to a worker, whose first words are the tagged OK; login never says it.
#pragma once

#include "front.hpp"

#include <boost/asio/awaitable.hpp>
#include <memory>

namespace hearth::login {

constexpr int bad_commands_max = 5;   ///< then BYE
constexpr int failed_logins_max = 3;  ///< then BYE
constexpr int challenges_max = 8;     ///< of one SASL exchange
constexpr int commands_per_turn = 32; ///< of one client, before others have theirs
/// What a client whose handover failed has at least, to try again.
constexpr auto second_chance = std::chrono::seconds(10);

/// A Dialogue. `front` outlives it.
boost::asio::awaitable<void> talk_imap(Front& front, std::shared_ptr<Client> client);

} // namespace hearth::login
