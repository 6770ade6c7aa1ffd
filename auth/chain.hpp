// SPDX-License-Identifier: Apache-2.0
// Several passdbs, or several userdbs, asked one after the other. Pure. The rules are Dovecot's (result_success,
// result_failure, result_internalfail, skip); where a database failed, the end is never "wrong password".
#pragma once

#include "base/result.hpp"

#include <string_view>

namespace hearth::auth {

/// What one database said.
enum class Answer { success, failure, internal_failure };

/// What follows from it.
enum class Then { return_ok, return_fail, return_state, go_on, go_on_ok, go_on_fail };

/// When a database is left out: never, if an earlier one succeeded, if no earlier one did.
enum class Skip { never, after_success, without_success };

struct ChainRule {
    Then on_success = Then::return_ok;
    Then on_failure = Then::go_on;
    Then on_internal_failure = Then::go_on;
    Skip skip = Skip::never;
};

/// Dovecot's words: return-ok, return-fail, return, continue, continue-ok, continue-fail.
Checked<Then> parse_then(std::string_view word);
/// never, authenticated or found, unauthenticated or notfound.
Checked<Skip> parse_skip(std::string_view word);

/// The walk through one chain.
class Chain {
public:
    [[nodiscard]] bool skips(const ChainRule& rule) const;
    /// Takes what a database said; true when no other one is to be asked.
    bool settle(Answer answer, const ChainRule& rule);
    /// The answer of the whole chain, once settle() said so or there is no further database.
    [[nodiscard]] Answer result() const;
    /// An earlier passdb has verified the password: those that follow don't look at it again.
    [[nodiscard]] bool verified() const { return verified_; }

private:
    bool ok_ = false, verified_ = false, failed_internally_ = false;
};

} // namespace hearth::auth
