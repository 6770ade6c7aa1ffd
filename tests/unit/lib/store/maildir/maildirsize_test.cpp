// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/maildirsize.hpp"

#include "disk_fixture.hpp"
#include "store/maildir/mailbox_directories.hpp"

using namespace hearth;
using namespace hearth::store;

namespace {

constexpr QuotaLimits limits{1000, 10};

struct CountedMail : Disk {
    CountedMail() {
        make_maildir();
        make_maildir(".Sent");
        write("cur/1.a,S=100,W=105:2,S", "x");
        write("new/2.b", "12345");
        write(".Sent/cur/3.c,S=200:2,S", "x");
    }
    [[nodiscard]] MaildirQuota quota(QuotaLimits wanted = limits) const {
        return MaildirQuota(at(), Layout::maildirpp, wanted);
    }
};

template <class Work> auto finished(Work work) {
    for (;;) {
        auto done = work();
        if (done || done.error() != make_error_code(Error::unfinished)) return done;
    }
}

QuotaUse use_of(MaildirQuota& quota) {
    const auto use = finished([&] { return quota.use(); });
    REQUIRE(use.has_value());
    return *use;
}

} // namespace

TEST_CASE("maildirsize is a header and a sum") {
    const auto size = MaildirSize::parse("1000S,10C\n  500  3\n-100 -1\n20 1\n");
    REQUIRE(size.has_value());
    CHECK(size->limits == limits);
    CHECK(size->use == QuotaUse{420, 3});
    CHECK(size->lines == 3);
    CHECK(MaildirSize::parse("10C\n0 0\n")->limits == QuotaLimits{0, 10});
    CHECK(MaildirSize::parse("\n0 0\n")->limits == QuotaLimits{});
    for (const auto* text : {"", "1000S", "1000S\n", "1000S\n5 5", "1000X\n0 0\n", "S\n0 0\n", ",\n0 0\n", "1S\nx 1\n",
             "1S\n1\n", "1S\n1 1 1\n", "1S\n-1 1\n", "1S\n9223372036854775807 1\n9223372036854775807 1\n"})
        CHECK_MESSAGE(!MaildirSize::parse(text), text);
    for (const auto& some : {QuotaLimits{}, QuotaLimits{5, 0}, QuotaLimits{0, 7}, limits}) {
        const auto again = MaildirSize::parse(MaildirSize::text(some, {12, 3}));
        REQUIRE(again.has_value());
        CHECK(again->limits == some);
        CHECK(again->use == QuotaUse{12, 3});
    }
}

TEST_CASE("without file all mailboxes are counted, by name or by stat, and the file is written") {
    const CountedMail account;
    auto quota = account.quota();
    CHECK(use_of(quota) == QuotaUse{305, 3});
    CHECK(account.read("maildirsize") == "1000S,10C\n305 3\n");
}

TEST_CASE("changes are appended, and believed") {
    const CountedMail account;
    auto quota = account.quota();
    static_cast<void>(use_of(quota));
    REQUIRE(quota.add({50, 1}).has_value());
    REQUIRE(quota.add({-5, -1}).has_value());
    REQUIRE(quota.add({}).has_value());
    CHECK(account.read("maildirsize") == "1000S,10C\n305 3\n50 1\n-5 -1\n");
    CHECK(use_of(quota) == QuotaUse{350, 3});
}

TEST_CASE("a file that is broken, too long, or of other limits is made anew") {
    for (const std::string& text :
        {std::string("garbage"), "1000S,10C\n" + std::string(6000, ' '), std::string("999S,10C\n1 1\n")}) {
        const CountedMail account;
        account.write("maildirsize", text);
        auto quota = account.quota();
        CHECK(use_of(quota) == QuotaUse{305, 3});
        CHECK(account.read("maildirsize") == "1000S,10C\n305 3\n");
    }
}

TEST_CASE("what says that the account is full is counted again, unless it was just counted") {
    const CountedMail account;
    auto quota = account.quota();
    account.write("maildirsize", "1000S,10C\n990 3\n");
    CHECK(quota.check_room({20, 1}).error() == make_error_code(Error::over_quota));
    CHECK(quota.check_room({10, 1}).has_value());
    account.set_age("maildirsize", 15 * 60 + 5);
    CHECK(finished([&] { return quota.check_room({20, 1}); }).has_value());
    CHECK(account.read("maildirsize") == "1000S,10C\n305 3\n");
    account.write("maildirsize", "1000S,10C\n900 3\n95 1\n");
    CHECK(finished([&] { return quota.check_room({20, 1}); }).has_value());
    account.write("maildirsize", "1000S,10C\n0 10\n");
    CHECK(quota.check_room({1, 1}).error() == make_error_code(Error::over_quota));
}

TEST_CASE("a large account is counted in slices") {
    const CountedMail account;
    for (int i = 0; i < 3000; ++i)
        account.write("cur/" + std::to_string(i) + ".m:2,", "xx");
    auto quota = account.quota({});
    CHECK(use_of(quota) == QuotaUse{305 + 6000, 3003});
}

TEST_CASE("without file a change is left to the next count") {
    const CountedMail account;
    auto quota = account.quota();
    REQUIRE(quota.add({50, 1}).has_value());
    CHECK_FALSE(account.has("maildirsize"));
}
