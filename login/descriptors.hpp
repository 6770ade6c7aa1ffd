// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace hearth::login {

/// Raises the limit of open files as far as this process may, and says for how many clients it is enough: one that is
/// being handed over takes three descriptors (client, grant, offer).
std::size_t clients_that_descriptors_allow();

} // namespace hearth::login
