// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace hearth::imap {

/// What the client has switched on for the rest of its session (RFC 5161).
struct Enabled {
    bool condstore = false; ///< RFC 7162: by ENABLE, and by every command that asks for modseqs
    bool qresync = false;   ///< RFC 7162: VANISHED in place of EXPUNGE
    bool utf8 = false;      ///< RFC 6855: strings and mailbox names are UTF-8
    bool imap4rev2 = false; ///< RFC 9051: no \Recent, ESEARCH, UTF-8 mailbox names

    /// Whether mailbox names travel as UTF-8, otherwise in modified UTF-7.
    [[nodiscard]] bool utf8_names() const { return utf8 || imap4rev2; }
};

} // namespace hearth::imap
