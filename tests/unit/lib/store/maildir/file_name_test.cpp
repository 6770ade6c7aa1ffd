// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/file_name.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace hearth;
using namespace hearth::store;

TEST_CASE("a file name tells base, flags, keywords and sizes") {
    const auto name = parse_maildir_name("1276528487.M364837P9451.kurkku,S=1355,W=1394:2,FSac");
    CHECK(name.base == "1276528487.M364837P9451.kurkku,S=1355,W=1394");
    CHECK(name.flags.has(mail::Flag::seen));
    CHECK(name.flags.has(mail::Flag::flagged));
    CHECK_FALSE(name.flags.has(mail::Flag::draft));
    CHECK(name.letters == 0b101);
    CHECK(name.size == 1355);
    CHECK(name.virtual_size == 1394);
}

TEST_CASE("every system flag has its letter") {
    for (const auto& [letter, flag] : {std::pair{'S', mail::Flag::seen}, {'R', mail::Flag::answered},
             {'F', mail::Flag::flagged}, {'T', mail::Flag::deleted}, {'D', mail::Flag::draft}}) {
        const auto flags = parse_maildir_name(std::string("x:2,") + letter).flags;
        CHECK(flags.bits == static_cast<std::uint8_t>(flag));
    }
}

TEST_CASE("names without info, with other info or unknown letters have no flags") {
    for (const auto* file : {"x", "x:", "x:1,S", "x:2", "x:2,", "x:2,XQ9"}) {
        const auto name = parse_maildir_name(file);
        CHECK(name.base == "x");
        CHECK(name.flags.bits == 0);
        CHECK(name.letters == 0);
    }
    CHECK(parse_maildir_name("x:2,S,dovecot-ext").flags.has(mail::Flag::seen));
    CHECK(parse_maildir_name("x:2,S,ab").letters == 0);
}

TEST_CASE("sizes that are no numbers are none") {
    for (const auto* file : {"x,W=", "x,W=a", "x,W=12x", "x,W=99999999999999999999999", "x,S=1W=2"})
        CHECK_FALSE(parse_maildir_name(file).virtual_size);
    CHECK(parse_maildir_name("x,W=0").virtual_size == 0);
}

TEST_CASE("files are in the order of their delivery") {
    CHECK(arrived_before("9.a", "10.a"));
    CHECK(arrived_before("10.M2P1.h", "10.M10P1.h"));
    CHECK(arrived_before("10.P1.a", "10.P1.b"));
    CHECK_FALSE(arrived_before("10.P1.a", "10.P1.a"));
    CHECK(arrived_before("junk", "1.x"));
}

TEST_CASE("dot files, names without base and names with line ends are no messages") {
    for (const auto* file : {"", ".", "..", ".nfs001", ":2,S", "a\nb"})
        CHECK_FALSE(is_message_name(file));
    CHECK(is_message_name("1.x:2,"));
}

TEST_CASE("flags and keywords are written as sorted letters, and read again") {
    mail::Flags flags;
    CHECK(flag_letters(flags, 0).empty());
    for (std::uint8_t bits = 0; bits < 32; ++bits) {
        flags.bits = bits;
        const auto name = with_flags("1.a,S=3:2,PST", flags, 0b1000001);
        const auto parsed = parse_maildir_name(name);
        CHECK(parsed.flags == flags);
        CHECK(parsed.letters == 0b1000001);
        CHECK(parsed.base == "1.a,S=3");
        CHECK(name.find('P') != std::string::npos);
        CHECK(std::is_sorted(name.begin() + static_cast<std::ptrdiff_t>(name.find(":2,")) + 3, name.end()));
        CHECK(with_flags(name, flags, 0b1000001) == name);
    }
}

TEST_CASE("changing flags keeps what it doesn't know") {
    mail::Flags seen;
    seen.set(mail::Flag::seen);
    CHECK(with_flags("1.a", seen, 0) == "1.a:2,S");
    CHECK(with_flags("1.a:2,", {}, 0) == "1.a:2,");
    CHECK(with_flags("1.a:2,FSabc", {}, 0b010) == "1.a:2,b");
    CHECK(with_flags("1.a:2,PS,more", {}, 1) == "1.a:2,Pa,more");
    CHECK(with_flags("1.a:1,x", seen, 0) == "1.a:1,x:2,S");
    CHECK(name_in_cur("x") == "x:2,");
    CHECK(name_in_cur("x:2,S") == "x:2,S");
}
