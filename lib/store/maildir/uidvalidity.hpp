// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace hearth::store {

/// A UIDVALIDITY for a new mailbox, or one whose UIDs are lost: seconds since 1970, but above `used` and above every
/// other that this account has given, Hearth or Dovecot: a mailbox that is deleted and made again within a second gets
/// a new one. `control_root` has Dovecot's counter: the file "dovecot-uidvalidity" (eight hexadecimal digits) and the
/// empty file "dovecot-uidvalidity.<the same digits>", whose renaming is what counts. Moves both on, as far as the
/// directory can be written.
std::uint32_t next_uidvalidity(int control_root, std::uint32_t used);

} // namespace hearth::store
