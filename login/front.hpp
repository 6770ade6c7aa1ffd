// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "anvil_client.hpp"
#include "auth_client.hpp"
#include "client_table.hpp"
#include "settings.hpp"

#include <memory>

namespace hearth::login {

class Client;

/// What all clients of a login process share. Outlives them all.
struct Front {
    Front(boost::asio::any_io_executor where, Settings chosen, bool has_user_ids)
        : executor(where),
          settings(std::move(chosen)),
          managed(has_user_ids),
          auth(where, "auth"),
          anvil(where, "anvil"),
          clients(settings.client_limit) {}

    boost::asio::any_io_executor executor;
    Settings settings;
    bool managed; ///< workers run as their users: the uid behind a socket tells whose it is
    AuthClient auth;
    AnvilClient anvil;
    ClientTable clients;
};

/// One protocol's conversation with one client, from its first byte to its end or its handover.
using Dialogue = boost::asio::awaitable<void> (*)(Front& front, std::shared_ptr<Client> client);

} // namespace hearth::login
