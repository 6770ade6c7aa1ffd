// SPDX-License-Identifier: Apache-2.0
#include "store/memory_account.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::store;

TEST_CASE("an account in memory behaves like one on disk") {
    MemoryAccount account;
    auto& inbox = account.folder("INBOX");
    CHECK(inbox.deliver("Subject: one\n\nbody\n") == 1);
    auto mailbox = std::move(account.open("inbox", false).value());
    REQUIRE(mailbox->rows().size() == 1);
    CHECK(mailbox->rows()[0].recent);
    CHECK((*mailbox->message(1))->envelope().subject == "one");
    CHECK((*mailbox->envelope(1))->subject == "one");
    CHECK(mailbox->size(1).value() == 22);
    inbox.deliver("two");
    CHECK(mailbox->rows().size() == 1);
    CHECK(mailbox->sync()->arrived == std::vector<std::uint32_t>{2});
    inbox.expunge(1);
    CHECK(mailbox->message(1).error() == make_error_code(Error::expunged));
    CHECK(mailbox->sync()->vanished == std::vector<std::uint32_t>{1});
    const std::vector<std::uint32_t> two{2};
    CHECK(mailbox->add_seen(two).has_value());
    CHECK(mailbox->rows()[0].flags.has(mail::Flag::seen));
    CHECK(mailbox->sync()->empty());
    const auto second = std::move(account.open("INBOX", true).value());
    CHECK_FALSE(second->rows()[0].recent);
    CHECK(second->add_seen(two).error() == make_error_code(Error::not_permitted));
    CHECK(account.status("INBOX")->messages == 1);
    CHECK(account.status("INBOX")->uidnext == 3);
}

TEST_CASE("an account in memory lists its folders and fails when told to") {
    MemoryAccount account;
    account.folder("a/b").special_use = "\\Sent";
    CHECK(account.list()->size() == 2);
    CHECK(account.open("a", true).error() == make_error_code(Error::not_selectable));
    CHECK(account.open("x", true).error() == make_error_code(Error::no_such_mailbox));
    account.fail_with(Error::in_use);
    CHECK(account.list().error() == make_error_code(Error::in_use));
    CHECK(account.status("INBOX").error() == make_error_code(Error::in_use));
    account.fail_with(std::nullopt);
    account.went_idle();
    CHECK(account.idle_count() == 1);
    for (const auto error : {Error::no_such_mailbox, Error::not_selectable, Error::expunged, Error::in_use,
             Error::corrupt, Error::unavailable, Error::not_permitted})
        CHECK(make_error_code(error).message() != make_error_code(static_cast<Error>(99)).message());
}

namespace {

std::unique_ptr<Mailbox> opened(MemoryAccount& account, const char* name = "INBOX") {
    return std::move(account.open(name, false).value());
}
using Uids = std::vector<std::uint32_t>;

} // namespace

TEST_CASE("flags changed through one mailbox are news for the other, and count modseqs") {
    MemoryAccount account;
    for (int i = 0; i < 3; ++i)
        account.folder("INBOX").deliver("x");
    const auto mine = opened(account), other = opened(account);
    const FlagChange change{.mode = FlagChange::Mode::add, .flags = {1}, .keywords = {"a"}, .unchanged_since = 3};
    const auto outcome = mine->change_flags(Uids{1, 2, 3, 9}, change).value();
    CHECK(outcome.changed == Uids{1, 2});
    CHECK(outcome.modified == Uids{3});
    CHECK(outcome.gone == Uids{9});
    CHECK(mine->rows()[0].modseq == 5);
    CHECK(mine->highest_modseq() == 4);
    CHECK(mine->sync()->flags_changed.empty());
    CHECK(mine->highest_modseq() == 5);
    CHECK(other->rows()[0].modseq == 2);
    const auto news = other->sync().value();
    CHECK(news.flags_changed == Uids{1, 2});
    CHECK(news.keywords_added);
    CHECK(other->keywords().size() == 1);
}

TEST_CASE("expunged messages leave tombstones") {
    MemoryAccount account;
    for (int i = 0; i < 4; ++i)
        account.folder("INBOX").deliver(
            "x", {static_cast<std::uint8_t>(i == 1 ? mail::Flag::deleted : mail::Flag::seen)});
    const auto mine = opened(account);
    CHECK(mine->expunge(Uids{1, 2}, true)->gone == Uids{2});
    CHECK(mine->expunge(Uids{3}, false)->gone == Uids{3});
    CHECK(mine->rows().size() == 4);
    CHECK(mine->expunged_since(1)->empty()); // not told yet
    CHECK(mine->sync()->vanished == Uids{2, 3});
    CHECK(mine->expunged_since(1).value() == Uids{2, 3});
    CHECK(mine->expunged_since(6).value() == Uids{3});
}

TEST_CASE("an intake shows nothing before it is committed, and copies keep what they are") {
    MemoryAccount account;
    auto& inbox = account.folder("INBOX");
    inbox.deliver("one", {1}, 77);
    const auto mine = opened(account);
    {
        const auto dropped = std::move(account.intake("inbox").value());
        CHECK(dropped->begin({}).has_value());
        CHECK(dropped->write("abc").has_value());
    }
    const auto intake = std::move(account.intake("INBOX").value());
    CHECK(intake->begin({.flags = {}, .keywords = {"k"}, .internal_date = 5, .size = 3}).has_value());
    CHECK(intake->write("abc").has_value());
    CHECK(intake->finish().has_value());
    CHECK(intake->take(*mine, 1).has_value());
    CHECK(intake->take(*mine, 9).error() == make_error_code(Error::expunged));
    CHECK(mine->sync()->empty());
    CHECK(intake->commit()->uids == Uids{2, 3});
    CHECK(mine->sync()->arrived == Uids{2, 3});
    CHECK(mine->rows()[1].keywords == 1);
    CHECK(mine->rows()[2].internal_date == 77);
    CHECK(mine->facts(3)->emailid == mine->facts(1)->emailid);
    CHECK(account.intake("nowhere").error() == make_error_code(Error::no_such_mailbox));
}

TEST_CASE("mailboxes are made, renamed with all below, and removed; subscriptions stay") {
    MemoryAccount account;
    CHECK(account.create("a/b/", "\\Sent").has_value());
    CHECK(account.create("a/b", "").error() == make_error_code(Error::already_exists));
    CHECK(account.create("a//b", "").error() == make_error_code(Error::bad_name));
    CHECK(account.subscribe("a/b", true).has_value());
    const auto mine = opened(account, "a/b");
    CHECK(account.rename("a", "c").has_value());
    CHECK(account.rename("c/b", "c/b/d").error() == make_error_code(Error::bad_name));
    CHECK(account.status("c/b").has_value());
    CHECK(mine->sync().has_value());
    const auto subscribed = account.list().value();
    REQUIRE(subscribed.size() == 3);
    CHECK(subscribed[1].name == "a/b");
    CHECK(subscribed[1].subscribed);
    CHECK_FALSE(subscribed[1].exists);
    CHECK(account.remove("c/b").has_value());
    CHECK(mine->sync().error() == make_error_code(Error::no_such_mailbox));
    CHECK(account.remove("INBOX").error() == make_error_code(Error::not_permitted));
    account.folder("INBOX").deliver("x");
    CHECK(account.rename("INBOX", "old").has_value());
    CHECK(account.status("old")->messages == 1);
    CHECK(account.status("INBOX")->messages == 0);
}
