// SPDX-License-Identifier: Apache-2.0
#include "mail/gobject.hpp"

namespace hearth::mail {

void ensure_gmime() {
    static const bool done = (g_mime_init(), true);
    static_cast<void>(done);
}

} // namespace hearth::mail
