// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/keywords_file.hpp"

#include "disk_fixture.hpp"

using namespace hearth;
using namespace hearth::store;

namespace {

Result<void> give_letters(const Disk& disk, KeywordTable& table, std::vector<std::size_t> numbers) {
    const auto lock = Dotlock::acquire(disk.at(), "dovecot-uidlist");
    REQUIRE(lock.has_value());
    return write_keywords(*lock, disk.at(), table, numbers);
}

} // namespace

TEST_CASE("no dovecot-keywords has no letters") {
    const Disk disk;
    KeywordTable table;
    Stamp stamp{1, 2, 3, 4};
    REQUIRE(read_keywords(disk.at(), table, &stamp).has_value());
    CHECK(table.names().empty());
    CHECK_FALSE(stamp.exists());
}

TEST_CASE("new keywords get letters behind those that others gave meanwhile") {
    const Disk disk;
    KeywordTable table;
    const auto mine = table.add("$Mine").value();
    disk.write("dovecot-keywords", "0 Theirs\n");
    REQUIRE(give_letters(disk, table, {mine}).has_value());
    CHECK(disk.read("dovecot-keywords") == "0 Theirs\n1 $Mine\n");
    CHECK(table.names() == std::vector<std::string>{"$Mine", "Theirs"});
    CHECK(table.bits(0b11) == 0b11);
    CHECK(table.letters(0b01) == 0b10);
    CHECK_FALSE(disk.has("dovecot-keywords.lock"));
}

TEST_CASE("a file that needs no change isn't written") {
    const Disk disk;
    disk.write("dovecot-keywords", "0 a\n");
    KeywordTable table;
    REQUIRE(read_keywords(disk.at(), table).has_value());
    const auto before = stamp_of(disk.at(), "dovecot-keywords").value();
    REQUIRE(give_letters(disk, table, {0}).has_value());
    CHECK(stamp_of(disk.at(), "dovecot-keywords").value() == before);
}

TEST_CASE("a lock that somebody else has is told, and the table stays that of the file") {
    const Disk disk;
    KeywordTable table;
    const auto number = table.add("a").value();
    disk.write("dovecot-keywords.lock", "1:elsewhere.example");
    CHECK(give_letters(disk, table, {number}).error() == make_error_code(Error::busy));
    CHECK(table.lettered_bits() == 0);
}
