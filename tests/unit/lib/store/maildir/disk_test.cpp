// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/disk.hpp"

#include "disk_fixture.hpp"

using namespace hearth;
using namespace hearth::store;
namespace errc = boost::system::errc;

TEST_CASE("a file is replaced whole, and nothing else is left") {
    const Disk disk;
    disk.write("file", "old");
    REQUIRE(replace_file(disk.at(), "file", "new text", 0640).has_value());
    CHECK(disk.read("file") == "new text");
    CHECK(disk.names("") == std::set<std::string>{"file"});
}

TEST_CASE("appending is to the file that was read, or to none") {
    const Disk disk;
    disk.write("file", "a\n");
    const auto inode = stamp_of(disk.at(), "file").value().inode;
    REQUIRE(append_to_file(disk.at(), "file", inode, "b\n").has_value());
    CHECK(disk.read("file") == "a\nb\n");
    CHECK(append_to_file(disk.at(), "file", inode + 1, "c\n").error() ==
          error_code(ESTALE, boost::system::system_category()));
    CHECK(disk.read("file") == "a\nb\n");
}

TEST_CASE("renaming replaces nothing") {
    const Disk disk;
    disk.write("a", "1");
    disk.write("b", "2");
    CHECK(rename_new(disk.at(), "a", disk.at(), "b").error() == errc::file_exists);
    CHECK(disk.read("b") == "2");
    REQUIRE(rename_new(disk.at(), "a", disk.at(), "c").has_value());
    CHECK(disk.names("") == std::set<std::string>{"b", "c"});
}

TEST_CASE("nothing below a directory is reached through a link or out of it") {
    const Disk disk, other;
    other.write("secret", "x");
    std::filesystem::create_directory_symlink(other.path, disk.path / "link");
    std::filesystem::create_symlink(other.path / "secret", disk.path / "file");
    disk.make("inside");
    for (const std::string name : {"link/secret", "file", "inside/../../etc/passwd", "/etc/passwd", "inside/../file"})
        CHECK_FALSE_MESSAGE(read_file(disk.at(), name, 1000).has_value(), name);
    CHECK_FALSE(open_directory(disk.at(), "link").has_value());
    CHECK_FALSE(open_directory(disk.at(), "..").has_value());
    CHECK_FALSE(sync_directory(disk.at(), "link").has_value());
    CHECK(sync_directory(disk.at(), "inside").has_value());
    CHECK(sync_directory(disk.at(), ".").has_value());
}

TEST_CASE("reading is bounded, and parts are parts") {
    const Disk disk;
    disk.write("file", "0123456789");
    CHECK(read_file(disk.at(), "file", 9).error() == errc::file_too_large);
    CHECK(read_file(disk.at(), "file", 10).value() == "0123456789");
    CHECK(read_start(disk.at(), "file", 3).value() == "012");
    Stamp stamp;
    const auto fd = open_file(disk.at(), "file", &stamp);
    REQUIRE(fd.has_value());
    CHECK(stamp == stamp_of(disk.at(), "file").value());
    CHECK(read_at(fd->get(), 8, 5).value() == "89");
    CHECK(read_at(fd->get(), 20, 5).value().empty());
}

TEST_CASE("removing what isn't there says so") {
    const Disk disk;
    disk.write("file", "");
    CHECK(remove_file(disk.at(), "file").has_value());
    CHECK(remove_file(disk.at(), "file").error() == errc::no_such_file_or_directory);
}
