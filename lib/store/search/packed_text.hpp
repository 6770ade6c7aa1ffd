// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/full_text.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace hearth::store {

/// The columns in compressed form (zlib, behind their size).
std::string pack(const mail::FullText& text);
/// The columns again; nothing when the bytes are no such thing.
std::optional<mail::FullText> unpack(std::string_view bytes);

} // namespace hearth::store
