// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/folder_name.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>

using namespace hearth::store;

namespace {

const Namespace dots{"", '.'}, slashes{"", '/'}, courier{"INBOX.", '.'};

} // namespace

TEST_CASE("names become directories of a Maildir++") {
    CHECK(folder_directory("INBOX", dots) == "");
    CHECK(folder_directory("inbox", dots) == "");
    CHECK(folder_directory("Sub.Folder", dots) == ".Sub.Folder");
    CHECK(folder_directory("Sub/Folder", slashes) == ".Sub.Folder");
    CHECK(folder_directory("Entw\xc3\xbcrfe", dots) == ".Entw&APw-rfe");
    CHECK(folder_directory("inbox.x", dots) == ".INBOX.x");
    CHECK(folder_directory("INBOX.Sent", courier) == ".Sent");
    CHECK(folder_directory("inbox.Sent", courier) == ".Sent");
    CHECK(folder_directory("INBOX", courier) == "");
    CHECK_FALSE(folder_directory("Sent", courier));
    CHECK_FALSE(folder_directory("INBOX.", courier));
}

TEST_CASE("names that could lead elsewhere are none") {
    for (const auto* name : {"", ".", "..", "../x", "a/../b", "/etc", "a/", "/a", "a//b", "a/.", "a/..", "a.b", ".a",
             "a\nb", "a\x7f", "a\xff", "\xed\xa0\x80"})
        CHECK_MESSAGE(!folder_directory(name, slashes), name);
    for (const auto* name : {"", ".", "..", "a..b", ".a", "a.", "a/b", "../x", "x/../../y"})
        CHECK_MESSAGE(!folder_directory(name, dots), name);
    CHECK_FALSE(folder_directory(std::string("a\0b", 3), dots));
    CHECK_FALSE(folder_directory(std::string(255, 'a'), dots));
    CHECK(folder_directory(std::string(254, 'a'), dots));
    CHECK_FALSE(
        folder_directory(std::string(200, 'a') +
                             "\xc3\xa4\xc3\xb6 \xc3\xbc \xc3\xa4 \xc3\xa4 \xc3\xa4 \xc3\xa4 \xc3\xa4 \xc3\xa4 \xc3\xa4",
            dots));
}

TEST_CASE("directories become names, and only those that can be opened again") {
    CHECK(mailbox_name(".Sub.Folder", slashes) == "Sub/Folder");
    CHECK(mailbox_name(".Sent", courier) == "INBOX.Sent");
    for (const auto* directory :
        {"", ".", "..", "cur", ".INBOX", "..x", ".a..b", ".a.", ".&AGE-", ".&", ".a\nb", ".inbox.x"})
        CHECK_MESSAGE(!mailbox_name(directory, dots), directory);
}

TEST_CASE("no name, whatever it is made of, has a directory outside the root") {
    const std::array<std::string, 14> pieces{
        "a", ".", "/", "..", "&", "-", "\xc3\xa4", "INBOX", std::string(1, '\0'), "\n", "~", "\xff", "&AC8-", "\\"};
    std::mt19937 random(3);
    for (int round = 0; round < 20000; ++round) {
        std::string name;
        for (unsigned i = 0, count = static_cast<unsigned>(random() % 6); i < count; ++i)
            name += pieces[random() % pieces.size()];
        for (const auto* names : {&dots, &slashes, &courier}) {
            const auto directory = folder_directory(name, *names);
            if (!directory || directory->empty()) continue;
            CHECK(directory->size() >= 2);
            CHECK((*directory)[0] == '.');
            CHECK((*directory)[1] != '.');
            CHECK(directory->find('/') == std::string::npos);
            CHECK(directory->find('\0') == std::string::npos);
            CHECK(folder_directory(mailbox_name(*directory, *names).value(), *names) == directory);
        }
    }
}

TEST_CASE("parents are named nearest first, the prefix is none") {
    CHECK(parent_names("a/b/c", slashes) == std::vector<std::string>{"a/b", "a"});
    CHECK(parent_names("INBOX.a.b", courier) == std::vector<std::string>{"INBOX.a"});
    CHECK(parent_names("a", slashes).empty());
    CHECK(parent_names("INBOX", courier).empty());
}

TEST_CASE("under LAYOUT=fs names become directories in each other") {
    const auto fs = Layout::fs;
    CHECK(folder_directory("inbox", slashes, fs) == "");
    CHECK(folder_directory("Sub/Folder", slashes, fs) == "Sub/Folder");
    CHECK(folder_directory("INBOX.a.b", courier, fs) == "a/b");
    CHECK(folder_directory("a.b/c", slashes, fs) == "a.b/c");
    CHECK(folder_directory("Entw\xc3\xbcrfe", slashes, fs) == "Entw&APw-rfe");
    CHECK(mailbox_name("a.b/c", slashes, fs) == "a.b/c");
    CHECK(mailbox_name("a/b", courier, fs) == "INBOX.a.b");
}

TEST_CASE("under LAYOUT=fs no name leads out of the mail or into a Maildir") {
    for (const auto* name : {"", "/", "a/", "/a", "a//b", ".", "..", "a/../b", ".hidden", "a/.hidden", "cur", "a/new",
             "tmp/x", "maildirfolder", "a\n", "\xff"})
        CHECK_FALSE_MESSAGE(folder_directory(name, slashes, Layout::fs).has_value(), name);
    std::string deep = "a";
    for (std::size_t i = 1; i < fs_levels_max; ++i)
        deep += "/a";
    CHECK(folder_directory(deep, slashes, Layout::fs).has_value());
    CHECK_FALSE(folder_directory(deep + "/a", slashes, Layout::fs).has_value());
    CHECK_FALSE(folder_directory(std::string(256, 'a'), slashes, Layout::fs).has_value());
    CHECK_FALSE(mailbox_name("INBOX", slashes, Layout::fs).has_value());
    CHECK_FALSE(mailbox_name(".hearth", slashes, Layout::fs).has_value());
}
