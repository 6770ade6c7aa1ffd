// SPDX-License-Identifier: Apache-2.0
#include "chain.hpp"

#include <doctest/doctest.h>

using namespace hearth::auth;

TEST_CASE("by default the first success ends the walk, and failures go on") {
    const ChainRule rule;
    Chain chain;
    CHECK_FALSE(chain.settle(Answer::failure, rule));
    CHECK(chain.result() == Answer::failure);
    CHECK(chain.settle(Answer::success, rule));
    CHECK(chain.result() == Answer::success);
}

TEST_CASE("a database that failed is never told as a wrong password") {
    const ChainRule rule;
    Chain chain;
    chain.settle(Answer::internal_failure, rule);
    chain.settle(Answer::failure, rule);
    CHECK(chain.result() == Answer::internal_failure);
    Chain strict;
    ChainRule return_fail;
    return_fail.on_internal_failure = Then::return_fail;
    CHECK(strict.settle(Answer::internal_failure, return_fail));
    CHECK(strict.result() == Answer::internal_failure);
    Chain found_later;
    found_later.settle(Answer::internal_failure, rule);
    found_later.settle(Answer::success, rule);
    CHECK(found_later.result() == Answer::success);
}

TEST_CASE("an empty chain lets nobody in") {
    CHECK(Chain().result() == Answer::failure);
}

TEST_CASE("continue after a success verifies, but lets in only if a later one says so") {
    ChainRule go_on;
    go_on.on_success = Then::go_on;
    Chain chain;
    CHECK_FALSE(chain.settle(Answer::success, go_on));
    CHECK(chain.verified());
    CHECK(chain.result() == Answer::failure);
    CHECK(chain.settle(Answer::success, ChainRule()));
    CHECK(chain.result() == Answer::success);
}

TEST_CASE("continue-ok, continue-fail and return keep and change the state as Dovecot's") {
    ChainRule go_on_ok, go_on_fail, return_state;
    go_on_ok.on_success = Then::go_on_ok;
    go_on_fail.on_failure = Then::go_on_fail;
    return_state.on_failure = Then::return_state;
    Chain chain;
    CHECK_FALSE(chain.settle(Answer::success, go_on_ok));
    CHECK(chain.result() == Answer::success);
    CHECK(chain.settle(Answer::failure, return_state));
    CHECK(chain.result() == Answer::success);
    Chain undone;
    undone.settle(Answer::success, go_on_ok);
    undone.settle(Answer::failure, go_on_fail);
    CHECK(undone.result() == Answer::failure);
    Chain first;
    CHECK(first.settle(Answer::failure, return_state));
    CHECK(first.result() == Answer::failure);
}

TEST_CASE("skip looks at what happened before") {
    ChainRule if_open, if_in;
    if_open.skip = Skip::after_success;
    if_in.skip = Skip::without_success;
    Chain chain;
    CHECK_FALSE(chain.skips(if_open));
    CHECK(chain.skips(if_in));
    CHECK_FALSE(chain.skips(ChainRule()));
    ChainRule go_on_ok;
    go_on_ok.on_success = Then::go_on_ok;
    chain.settle(Answer::success, go_on_ok);
    CHECK(chain.skips(if_open));
    CHECK_FALSE(chain.skips(if_in));
}

TEST_CASE("Dovecot's words are understood and others are not") {
    for (const auto* word : {"return-ok", "return-fail", "return", "continue", "continue-ok", "continue-fail"})
        CHECK(parse_then(word).has_value());
    for (const auto* word : {"never", "authenticated", "unauthenticated", "found", "notfound"})
        CHECK(parse_skip(word).has_value());
    CHECK_FALSE(parse_then("ok").has_value());
    CHECK_FALSE(parse_skip("always").has_value());
}
