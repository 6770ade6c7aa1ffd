// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hearth::mail {

/// A message whose body parts with Content-Transfer-Encoding "binary" are in base64, which a store of lines keeps byte
/// for byte (RFC 3516 section 4.4 lets a server choose); nothing when it has no such part. All else stays as it is.
/// Linear in the size.
std::optional<std::string> without_binary_parts(std::string_view bytes);

} // namespace hearth::mail
