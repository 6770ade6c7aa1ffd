// SPDX-License-Identifier: Apache-2.0
#include "passwd_file.hpp"

#include <doctest/doctest.h>

using namespace hearth::auth;

TEST_CASE("a full line is taken apart into its columns and extra fields") {
    const auto file = parse_passwd_file(
        "alice:{PLAIN}secret:1000:mail:Alice A.:/home/alice:/bin/sh:"
        "userdb_mail=maildir:~/Maildir:INDEX=/var/idx allow_nets=192.0.2.0/24,::1 userdb_quota_rule=*:storage=1G\n");
    REQUIRE(file.has_value());
    CHECK(file->complaints.empty());
    const auto& alice = file->users.at("alice");
    CHECK(alice.password == "{PLAIN}secret");
    CHECK(alice.uid == "1000");
    CHECK(alice.gid == "mail");
    CHECK(alice.home == "/home/alice");
    CHECK(alice.fields == Fields{{"allow_nets", "192.0.2.0/24,::1"}});
    CHECK(alice.userdb_fields == Fields{{"mail", "maildir:~/Maildir:INDEX=/var/idx"}, {"quota_rule", "*:storage=1G"}});
}

TEST_CASE("columns at the end may be missing, comments and empty lines are skipped") {
    const auto file = parse_passwd_file("# users\n\n  \nbob:$6$x$y\r\ncarol:pw::::::nologin\nlast:x");
    REQUIRE(file.has_value());
    CHECK(file->complaints.empty());
    CHECK(file->users.size() == 3);
    CHECK(file->users.at("bob").password == "$6$x$y");
    CHECK(file->users.at("bob").home.empty());
    CHECK(file->users.at("carol").fields.contains("nologin"));
    CHECK(file->users.contains("last"));
}

TEST_CASE("a line that can't be used is named and left out, the others hold") {
    const auto file = parse_passwd_file("alice:one\nalice:two\n:nobody\nnocolon\n" + std::string(9000, 'x') +
                                        ":y\nbob:z\nnul" + std::string(1, '\0') + ":q\n");
    REQUIRE(file.has_value());
    CHECK(file->users.size() == 2);
    CHECK(file->users.at("alice").password == "one");
    REQUIRE(file->complaints.size() == 5);
    CHECK(file->complaints[0] == "line 2: has the user alice again: the first one counts");
    CHECK(file->complaints[1] == "line 3: has no user name");
    CHECK(file->complaints[2] == "line 4: has no password field");
    CHECK(file->complaints[3] == "line 5: longer than 8192 bytes");
    CHECK(file->complaints[4] == "line 7: has a NUL byte");
}

TEST_CASE("a file full of nonsense gives a bounded number of complaints") {
    std::string text;
    for (int i = 0; i < 1000; ++i)
        text += "nonsense\n";
    const auto file = parse_passwd_file(text);
    REQUIRE(file.has_value());
    CHECK(file->complaints.size() == passwd_complaints_max + 1);
    CHECK(file->complaints.back() == "and 984 more lines");
}

TEST_CASE("a file above the bound is refused whole") {
    CHECK_FALSE(parse_passwd_file(std::string(passwd_file_bytes_max + 1, '\n')).has_value());
    CHECK(parse_passwd_file("").has_value());
}
