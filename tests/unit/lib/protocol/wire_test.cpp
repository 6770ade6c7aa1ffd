// SPDX-License-Identifier: Apache-2.0
#include "protocol/wire.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using protocol::Reader;
using protocol::Writer;

TEST_CASE("numbers are written in network order and read back") {
    Writer out;
    out.u8(0xfe);
    out.u16(0x0102);
    out.u32(0x03040506);
    out.u64(0x0708090a0b0c0dff);
    const auto bytes = out.take();
    CHECK(bytes == std::string("\xfe\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\xff", 15));
    Reader in(bytes);
    CHECK(in.u8() == 0xfe);
    CHECK(in.u16() == 0x0102);
    CHECK(in.u32() == 0x03040506);
    CHECK(in.u64() == 0x0708090a0b0c0dff);
    CHECK(in.done());
}

TEST_CASE("after the first thing that doesn't fit a reader gives nothing for good") {
    Reader in(std::string_view("\x00\x09"
                               "abc\x01\x02",
        7)); // says nine bytes, has five
    CHECK(in.text(100).empty());
    CHECK_FALSE(in.ok());
    CHECK(in.u8() == 0);
    CHECK(in.u16() == 0);
    CHECK(in.left() == 0);
    CHECK_FALSE(in.done());
}

TEST_CASE("text above its limit is an error, at it is none") {
    Writer out;
    out.text("abcd");
    const auto bytes = out.take();
    Reader fits(bytes), above(bytes);
    CHECK(fits.text(4) == "abcd");
    CHECK(fits.done());
    CHECK(above.text(3).empty());
    CHECK_FALSE(above.ok());
}

TEST_CASE("text longer than its length can say is cut, and what follows stays readable") {
    Writer out;
    out.text(std::string(70'000, 'x'));
    out.u8(7);
    const auto bytes = out.take();
    Reader in(bytes);
    CHECK(in.text(0xffff).size() == 0xffff);
    CHECK(in.u8() == 7);
    CHECK(in.done());
}

TEST_CASE("a count of more things than could be there is an error, before anything is allocated") {
    Writer out;
    out.u32(1000);
    out.raw("12345678");
    const auto bytes = out.take();
    Reader in(bytes);
    CHECK(in.count(5000, 4) == 0);
    CHECK_FALSE(in.ok());
    Writer two;
    two.u32(2);
    two.raw("12345678");
    const auto right = two.take();
    Reader fits(right), above(right);
    CHECK(fits.count(2, 4) == 2);
    CHECK(fits.left() == 8);
    CHECK(above.count(1, 4) == 0);
}

TEST_CASE("blobs and fixed bytes are read whole or not at all") {
    Writer out;
    out.blob("ab");
    out.bytes(std::array<std::uint8_t, 3>{1, 2, 3});
    const auto bytes = out.take();
    Reader in(bytes);
    CHECK(in.blob(2) == "ab");
    CHECK(in.bytes<3>() == std::array<std::uint8_t, 3>{1, 2, 3});
    CHECK(in.done());
    Reader cut(std::string_view(bytes).substr(0, bytes.size() - 1));
    cut.blob(2);
    CHECK(cut.bytes<3>() == std::array<std::uint8_t, 3>{});
    CHECK_FALSE(cut.ok());
}
