// SPDX-License-Identifier: Apache-2.0
#include "config/builtin.hpp"

namespace hearth::config {

std::string_view builtin_text() {
    return R"(
service anvil {
  type = anvil
  executable = anvil
  user = $default_internal_user
  group = $default_internal_group
  client_limit = 4096
  process_limit = 1
  process_min_avail = 1
  process_limit_reserve = 0
  idle_kill = infinite
  unix_listener login/anvil { mode = 0660; group = $default_login_user }
  unix_listener anvil-admin { mode = 0600 }
  unix_listener anvil-master { mode = 0600 }
}
# Whoever runs as auth's user could make grants: nothing else may.
service auth {
  type = auth
  executable = auth
  user = hearthauth
  group = hearthauth
  client_limit = 4096
  process_limit = 1
  process_min_avail = 1
  process_limit_reserve = 0
  idle_kill = infinite
  unix_listener login/auth { mode = 0660; group = $default_login_user }
  unix_listener auth-admin { mode = 0600 }
}
# Login processes are shards: each carries many clients until they are handed over.
service imap-login {
  protocol = imap
  type = login
  executable = imap-login
  user = $default_login_user
  group = $default_login_user
  chroot = login
  client_limit = 1000
  process_limit = 16
  process_min_avail = 1
  process_limit_reserve = 0
  idle_kill = infinite
  inet_listener imap { port = 143 }
  inet_listener imaps { port = 993; ssl = yes }
}
service imap {
  protocol = imap
  type = worker
  executable = imap
  client_limit = 1
  process_limit = 1024
  idle_kill = 5 mins
  unix_listener login/imap { mode = 0660; group = $default_login_user }
  unix_listener login/imap-%{pid} { }
}
)";
}

bool is_builtin_service(std::string_view name) {
    return name == "anvil" || name == "auth" || name == "imap-login" || name == "imap";
}

} // namespace hearth::config
