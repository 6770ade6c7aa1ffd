// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message.hpp"

#include <string_view>

namespace hearth::mail {

/// The MIME tree of a message with the exact place of every part. Total: every input has a tree, within `Limits`, in
/// time and memory linear in its size. Each byte from a part's header_begin to its end belongs to it; what lies between
/// the children of a multipart is boundaries, preamble and epilogue.
///
/// A multipart always has a child (its whole body as text when no boundary line is in it), and message/rfc822 always
/// has its parsed message. What can't (too deep, too many, encoded) is called application/octet-stream, because a
/// BODYSTRUCTURE of the other type would be read differently.
Part scan_message(std::string_view bytes);

} // namespace hearth::mail
