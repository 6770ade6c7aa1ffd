// SPDX-License-Identifier: Apache-2.0
#include "password/password_scheme.hpp"
#include "sasl.hpp"

#include <doctest/doctest.h>

using namespace hearth::auth;
using std::string;
using namespace std::string_literals;

namespace {

const Credentials& credentials(const SaslStep& step) {
    REQUIRE(std::holds_alternative<Credentials>(step));
    return std::get<Credentials>(step);
}

} // namespace

TEST_CASE("PLAIN takes its message as initial response, or after an empty challenge") {
    const auto at_once = make_exchange("plain")->start("\0alice\0secret"s);
    CHECK(credentials(at_once).user == "alice");
    CHECK(credentials(at_once).password.text() == "secret");
    CHECK(credentials(at_once).authorize_as.empty());

    auto exchange = make_exchange("PLAIN");
    const auto asked = exchange->start(std::nullopt);
    REQUIRE(std::holds_alternative<Ask>(asked));
    CHECK(std::get<Ask>(asked).challenge.empty());
    CHECK(credentials(exchange->proceed("bob\0alice\0\xc3\xa4 b"s)).authorize_as == "bob");
}

TEST_CASE("PLAIN refuses what isn't its message, and what is too long") {
    const string user(255, 'u'), password(password_bytes_max, 'p');
    CHECK(std::holds_alternative<Credentials>(make_exchange("PLAIN")->start("\0"s + user + "\0"s + password)));
    for (const auto& bad : {""s, "alice"s, "\0alice"s, "\0\0secret"s, "\0alice\0sec\0ret"s, "\0"s + user + "u\0secret"s,
             user + "u\0alice\0secret"s, "\0alice\0"s + password + "p"s}) {
        CHECK(std::holds_alternative<Malformed>(make_exchange("PLAIN")->start(bad)));
    }
}

TEST_CASE("LOGIN asks for user and password, the user may come with the command") {
    auto exchange = make_exchange("login");
    CHECK(std::get<Ask>(exchange->start(std::nullopt)).challenge == "Username:");
    CHECK(std::get<Ask>(exchange->proceed("alice")).challenge == "Password:");
    CHECK(credentials(exchange->proceed("secret")).user == "alice");

    auto with_user = make_exchange("LOGIN");
    CHECK(std::get<Ask>(with_user->start("alice")).challenge == "Password:");
    CHECK(credentials(with_user->proceed("secret")).password.text() == "secret");

    CHECK(std::holds_alternative<Malformed>(make_exchange("LOGIN")->start("")));
    auto with_nul = make_exchange("LOGIN");
    with_nul->start("alice");
    CHECK(std::holds_alternative<Malformed>(with_nul->proceed("sec\0ret"s)));
}

TEST_CASE("mechanisms that aren't built in are no exchange") {
    for (const auto* name : {"", "CRAM-MD5", "PLAINX", "EXTERNAL"})
        CHECK(make_exchange(name) == nullptr);
    for (const auto name : built_in_mechanisms())
        CHECK(make_exchange(name) != nullptr);
}

TEST_CASE("a secret leaves nothing behind when it is moved") {
    Secret first(string(100, 's'));
    const Secret second(std::move(first));
    CHECK(second.text().size() == 100);
    CHECK(first.text().empty());
}
