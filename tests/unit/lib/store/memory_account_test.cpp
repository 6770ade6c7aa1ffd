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
