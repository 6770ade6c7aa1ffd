// SPDX-License-Identifier: Apache-2.0
// crypt(3) hashes by libxcrypt: `$1$`, `$5$`, `$6$`, `$2y$`, `$y$` and relatives.
#pragma once

#include "password/password_scheme.hpp"

namespace hearth::auth {

/// `hash` must begin with one of the prefixes ("$2" covers $2a$, $2b$ and $2y$); none: any method that is fit for use.
Verification verify_crypt(std::string_view hash, std::string_view password, std::string_view prefix);

/// A fresh hash of the method that `prefix` names; `cost` 0 is the library's default for it.
Checked<std::string> generate_crypt(const char* prefix, unsigned long cost, std::string_view password);

} // namespace hearth::auth
