// SPDX-License-Identifier: Apache-2.0
// The imap worker: one process, one user, one account that stays warm between the user's sessions.
#include "open_mail.hpp"
#include "prepare.hpp"
#include "serve.hpp"
#include "worker/session.hpp"

int main() {
    hearth::imap::Household household(hearth::imap::open_mail);
    const auto serve = [&household](hearth::worker::Session session) { return household.serve(std::move(session)); };
    return hearth::worker::serve("imap", serve,
        {.went_idle = [&household] { household.went_idle(); },
            .prepare = hearth::imap::prepare,
            .forked = hearth::imap::forked});
}
