// SPDX-License-Identifier: Apache-2.0
// The imap worker: one process, one user, one account that stays warm between the user's sessions.
#include "open_mail.hpp"
#include "prepare.hpp"
#include "serve.hpp"
#include "worker/session.hpp"

namespace {

using namespace hearth;

int run() {
    imap::Household household(imap::open_mail);
    return worker::serve("imap", [&household](worker::Session session) { return household.serve(std::move(session)); },
        {.went_idle = [&household] { household.went_idle(); }, .prepare = imap::prepare});
}

} // namespace

int main() {
    worker::end(run());
}
