// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <sys/types.h>

namespace hearth::master {

/// Proves on this machine's kernel and file system that a shut gate refuses the login user and an open one lets it in:
/// a child becomes that user (managed) or stays who it is (private) and connects to a socket in login/. The working
/// directory is base_dir.
Checked<void> prove_gate(bool managed, uid_t login_uid, gid_t login_gid);

} // namespace hearth::master
