// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/mailbox_directories.hpp"

#include "disk_fixture.hpp"

#include <algorithm>

using namespace hearth;
using namespace hearth::store;
using Names = std::vector<std::string>;
using Set = std::set<std::string>;

namespace {

Names sorted(Result<Names> names) {
    REQUIRE(names.has_value());
    std::sort(names->begin(), names->end());
    return *names;
}

void remove_all(const Disk& disk, const std::string& hidden) {
    for (;;) {
        const auto done = remove_slice(disk.at(), hidden);
        if (done) return;
        REQUIRE(done.error() == make_error_code(Error::unfinished));
    }
}

} // namespace

TEST_CASE("a new mailbox is a whole Maildir, and one that is there is told") {
    const Disk disk;
    REQUIRE(make_mailbox(disk.at(), ".A.B", Layout::maildirpp).has_value());
    CHECK(disk.names(".A.B") == Set{"cur", "new", "tmp", "maildirfolder"});
    CHECK(make_mailbox(disk.at(), ".A.B", Layout::maildirpp).error() == make_error_code(Error::already_exists));
    REQUIRE(make_mailbox(disk.at(), "", Layout::maildirpp).has_value());
    CHECK(disk.names("") == Set{"cur", "new", "tmp", ".A.B"});
    CHECK(sorted(list_mailboxes(disk.at(), Layout::maildirpp)) == Names{".A.B"});
}

TEST_CASE("one that was made by half is completed") {
    const Disk disk;
    disk.make(".A/tmp");
    REQUIRE(make_mailbox(disk.at(), ".A", Layout::maildirpp).has_value());
    CHECK(disk.names(".A") == Set{"cur", "new", "tmp", "maildirfolder"});
}

TEST_CASE("under LAYOUT=fs mailboxes lie in each other") {
    const Disk disk;
    REQUIRE(make_mailbox(disk.at(), "", Layout::fs).has_value());
    REQUIRE(make_mailbox(disk.at(), "a/b/c", Layout::fs).has_value());
    CHECK(disk.names("a/b/c") == Set{"cur", "new", "tmp"});
    CHECK(disk.names("a") == Set{"b"});
    CHECK(sorted(list_mailboxes(disk.at(), Layout::fs)) == Names{"a/b/c"});
    REQUIRE(make_mailbox(disk.at(), "a", Layout::fs).has_value());
    CHECK(sorted(list_mailboxes(disk.at(), Layout::fs)) == Names{"a", "a/b/c"});
}

TEST_CASE("links are neither followed nor listed") {
    const Disk disk, other;
    other.make_maildir();
    for (const auto* name : {".Link", "Link"})
        std::filesystem::create_directory_symlink(other.path, disk.path / name);
    CHECK(sorted(list_mailboxes(disk.at(), Layout::maildirpp)).empty());
    CHECK(sorted(list_mailboxes(disk.at(), Layout::fs)).empty());
    CHECK_FALSE(make_mailbox(disk.at(), "Link/inside", Layout::fs).has_value());
    CHECK(other.names("") == Set{"cur", "new", "tmp"});
}

TEST_CASE("a removed mailbox is out of sight at once, and gone in slices") {
    const Disk disk;
    REQUIRE(make_mailbox(disk.at(), "", Layout::maildirpp).has_value());
    REQUIRE(make_mailbox(disk.at(), ".A", Layout::maildirpp).has_value());
    REQUIRE(make_mailbox(disk.at(), ".A.B", Layout::maildirpp).has_value());
    for (int i = 0; i < 1000; ++i)
        disk.write(".A/cur/" + std::to_string(i) + ".m:2,", "x");
    const auto hidden = hide_mailbox(disk.at(), ".A", Layout::maildirpp);
    REQUIRE(hidden.has_value());
    CHECK(sorted(list_mailboxes(disk.at(), Layout::maildirpp)) == Names{".A.B"});
    CHECK(hidden_mailboxes(disk.at()) == Names{*hidden});
    CHECK(remove_slice(disk.at(), *hidden).error() == make_error_code(Error::unfinished));
    remove_all(disk, *hidden);
    CHECK(hidden_mailboxes(disk.at()).empty());
    CHECK(disk.names("tmp").empty());
    CHECK(remove_slice(disk.at(), *hidden).has_value());
    CHECK(hide_mailbox(disk.at(), ".A", Layout::maildirpp).error() == boost::system::errc::no_such_file_or_directory);
    CHECK_FALSE(remove_slice(disk.at(), ".A.B").has_value());
}

TEST_CASE("under LAYOUT=fs a mailbox with others below it leaves its name") {
    const Disk disk;
    for (const auto* name : {"", "a", "a/b"})
        REQUIRE(make_mailbox(disk.at(), name, Layout::fs).has_value());
    disk.write("a/dovecot-uidlist", "x");
    disk.write("a/cur/1.m:2,", "x");
    const auto hidden = hide_mailbox(disk.at(), "a", Layout::fs);
    REQUIRE(hidden.has_value());
    CHECK(disk.names("a") == Set{"b"});
    CHECK(sorted(list_mailboxes(disk.at(), Layout::fs)) == Names{"a/b"});
    remove_all(disk, *hidden);
    const auto leaf = hide_mailbox(disk.at(), "a/b", Layout::fs);
    REQUIRE(leaf.has_value());
    CHECK(disk.names("a").empty());
    remove_all(disk, *leaf);
    CHECK(disk.names("tmp").empty());
}

TEST_CASE("removing follows no links") {
    const Disk disk, other;
    other.write("precious", "x");
    REQUIRE(make_mailbox(disk.at(), ".A", Layout::maildirpp).has_value());
    std::filesystem::create_directory_symlink(other.path, disk.path / ".A/cur/link");
    const auto hidden = hide_mailbox(disk.at(), ".A", Layout::maildirpp);
    REQUIRE(hidden.has_value());
    remove_all(disk, *hidden);
    CHECK(other.has("precious"));
}

TEST_CASE("renaming takes everything below along, the mailbox itself last") {
    const Disk disk;
    for (const auto* name : {".A", ".A.B", ".A.B.C", ".AB", ".X"})
        REQUIRE(make_mailbox(disk.at(), name, Layout::maildirpp).has_value());
    disk.write(".A.B/cur/1.m:2,", "x");
    const auto all = list_mailboxes(disk.at(), Layout::maildirpp).value();
    const auto plan = plan_rename(all, ".A", ".Z", Layout::maildirpp);
    REQUIRE(plan.has_value());
    REQUIRE(plan->size() == 3);
    CHECK(plan->back().from == ".A");
    REQUIRE(rename_mailboxes(disk.at(), *plan).has_value());
    CHECK(sorted(list_mailboxes(disk.at(), Layout::maildirpp)) == Names{".AB", ".X", ".Z", ".Z.B", ".Z.B.C"});
    CHECK(disk.has(".Z.B/cur/1.m:2,"));
}

TEST_CASE("a renaming onto mailboxes that are there does nothing") {
    const Disk disk;
    for (const auto* name : {".A", ".A.B", ".Z.B"})
        REQUIRE(make_mailbox(disk.at(), name, Layout::maildirpp).has_value());
    const auto all = list_mailboxes(disk.at(), Layout::maildirpp).value();
    const auto plan = plan_rename(all, ".A", ".Z", Layout::maildirpp).value();
    CHECK(rename_mailboxes(disk.at(), plan).error() == boost::system::errc::file_exists);
    CHECK(sorted(list_mailboxes(disk.at(), Layout::maildirpp)) == Names{".A", ".A.B", ".Z.B"});
}

TEST_CASE("a renaming that was cut off can be asked for again") {
    const Disk disk;
    for (const auto* name : {".A", ".A.B", ".A.C"})
        REQUIRE(make_mailbox(disk.at(), name, Layout::maildirpp).has_value());
    disk.rename(".A.B", ".Z.B");
    const auto all = list_mailboxes(disk.at(), Layout::maildirpp).value();
    REQUIRE(rename_mailboxes(disk.at(), plan_rename(all, ".A", ".Z", Layout::maildirpp).value()).has_value());
    CHECK(sorted(list_mailboxes(disk.at(), Layout::maildirpp)) == Names{".Z", ".Z.B", ".Z.C"});
}

TEST_CASE("nothing can be renamed into itself, or to a name that is too long") {
    const Names all{".A", ".A.B"};
    CHECK_FALSE(plan_rename(all, ".A", ".A.C", Layout::maildirpp).has_value());
    CHECK_FALSE(plan_rename(all, ".A", ".A", Layout::maildirpp).has_value());
    CHECK_FALSE(plan_rename(all, ".A", "." + std::string(253, 'x'), Layout::maildirpp).has_value());
    CHECK_FALSE(plan_rename(all, "a", "a/b", Layout::fs).has_value());
    CHECK(plan_rename(all, ".A", "." + std::string(252, 'x'), Layout::maildirpp).has_value());
}

TEST_CASE("a control directory that was never made is no obstacle") {
    const Disk disk;
    disk.make(".A");
    const std::vector<DirectoryRename> steps{{".A.B", ".Z.B"}, {".A", ".Z"}};
    REQUIRE(rename_mailboxes(disk.at(), steps).has_value());
    CHECK(disk.names("") == Set{".Z"});
}

TEST_CASE("under LAYOUT=fs one renaming moves all, and makes the new parents") {
    const Disk disk;
    for (const auto* name : {"a", "a/b"})
        REQUIRE(make_mailbox(disk.at(), name, Layout::fs).has_value());
    REQUIRE(rename_mailboxes(disk.at(), plan_rename({}, "a", "x/y", Layout::fs).value()).has_value());
    CHECK(sorted(list_mailboxes(disk.at(), Layout::fs)) == Names{"x/y", "x/y/b"});
}
