// SPDX-License-Identifier: Apache-2.0
#include "fields.hpp"

#include <doctest/doctest.h>

using namespace hearth::auth;

TEST_CASE("parse_fields takes words apart at the first equals sign, and the first of two counts") {
    const auto fields = parse_fields("  uid=500 mail=maildir:~/M:INDEX=/x  nologin uid=0 =x home=");
    CHECK(fields == Fields{{"uid", "500"}, {"mail", "maildir:~/M:INDEX=/x"}, {"nologin", ""}, {"home", ""}});
    CHECK(parse_fields("").empty());
    CHECK(is_set(fields, "nologin"));
    CHECK_FALSE(is_set(parse_fields("nopassword=No"), "nopassword"));
    CHECK_FALSE(is_set(fields, "absent"));
}

TEST_CASE("expand replaces variables, short and long, and changes case where asked") {
    const Variables variables{"Alice@Example.ORG", "imap", "192.0.2.1", "198.51.100.2", "/home/a"};
    CHECK(*expand("%u %n %d %s %r %l %h %%", variables) ==
          "Alice@Example.ORG Alice Example.ORG imap 192.0.2.1 198.51.100.2 /home/a %");
    CHECK(*expand("%Lu|%Un|%Ld|%{user}|%{username}|%{domain}|%L{domain}", variables) ==
          "alice@example.org|ALICE|example.org|Alice@Example.ORG|Alice|Example.ORG|example.org");
    CHECK(expand("", variables)->empty());
    const Variables local{"bob", "imap", "", "", ""};
    CHECK(*expand("%n/%d", local) == "bob/");
}

TEST_CASE("expand complains about variables it doesn't know instead of leaving them in") {
    const Variables variables{"alice", "imap", "", "", ""};
    for (const auto* format : {"%z", "%", "100%", "%{nope}", "%{user", "%L", "%Hu"}) {
        CAPTURE(format);
        CHECK_FALSE(expand(format, variables).has_value());
    }
}

TEST_CASE("a value that looks like a variable is not expanded again") {
    const Variables variables{"%d@%u", "imap", "", "", ""};
    CHECK(*expand("/mail/%u", variables) == "/mail/%d@%u");
}
