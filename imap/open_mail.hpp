// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "store/store.hpp"
#include "worker/session.hpp"

#include <memory>

namespace hearth::imap {

/// OpenAccount of a real worker. What an administrator should know goes to the log.
Checked<std::unique_ptr<store::Account>> open_mail(const worker::Session& session);

} // namespace hearth::imap
