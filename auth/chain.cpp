// SPDX-License-Identifier: Apache-2.0
#include "chain.hpp"

#include <fmt/format.h>

namespace hearth::auth {

Checked<Then> parse_then(std::string_view word) {
    if (word == "return-ok") return Then::return_ok;
    if (word == "return-fail") return Then::return_fail;
    if (word == "return") return Then::return_state;
    if (word == "continue") return Then::go_on;
    if (word == "continue-ok") return Then::go_on_ok;
    if (word == "continue-fail") return Then::go_on_fail;
    return Complaint{fmt::format(
        "\"{}\" is not one of return-ok, return-fail, return, continue, continue-ok and continue-fail", word)};
}

Checked<Skip> parse_skip(std::string_view word) {
    if (word == "never") return Skip::never;
    if (word == "authenticated" || word == "found") return Skip::after_success;
    if (word == "unauthenticated" || word == "notfound") return Skip::without_success;
    return Complaint{
        fmt::format("\"{}\" is not one of never, authenticated and unauthenticated (userdb: found, notfound)", word)};
}

bool Chain::skips(const ChainRule& rule) const {
    return rule.skip != Skip::never && ok_ == (rule.skip == Skip::after_success);
}

bool Chain::settle(Answer answer, const ChainRule& rule) {
    const auto then = answer == Answer::success   ? rule.on_success
                      : answer == Answer::failure ? rule.on_failure
                                                  : rule.on_internal_failure;
    if (answer == Answer::internal_failure) failed_internally_ = true;
    switch (then) {
    case Then::return_ok: ok_ = true; return true;
    case Then::return_fail: ok_ = false; return true;
    case Then::return_state: return true;
    case Then::go_on: verified_ = verified_ || answer == Answer::success; return false;
    case Then::go_on_ok: ok_ = verified_ = true; return false;
    case Then::go_on_fail: ok_ = false; return false;
    }
    return true;
}

Answer Chain::result() const {
    if (ok_) return Answer::success;
    return failed_internally_ ? Answer::internal_failure : Answer::failure;
}

} // namespace hearth::auth
