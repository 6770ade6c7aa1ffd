// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "commands.hpp"
#include "store/maildir_account.hpp"
#include "store/patience.hpp"

#include <functional>
#include <string>

namespace hearth::admin {

/// What is done with a user's mail; gives the exit code.
using MailJob = std::function<int(store::MaildirAccount& account)>;

/// Runs `job` in a process of its own that is the mail user (as root it drops for good first), as a worker would be; the
/// instance has to run, because auth says who the user is. Gives the job's exit code.
int as_mail_user(const Common& common, const std::string& user, const MailJob& job);

/// store::patiently() for a large account: others may be in the way for a minute, the work itself takes what it takes.
template <class Call> std::invoke_result_t<Call&> finished(Call call) {
    return store::patiently(std::move(call), std::chrono::minutes(1), std::chrono::hours(24));
}

} // namespace hearth::admin
