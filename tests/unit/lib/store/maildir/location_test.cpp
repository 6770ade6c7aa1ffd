// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/location.hpp"

#include <doctest/doctest.h>

using namespace hearth::store;

namespace {

const UserVariables joe{"joe@Example.com", "/home/joe"};

std::string complaint(std::string_view setting, const UserVariables& variables = joe) {
    const auto location = MailLocation::parse(setting, variables);
    return location ? "" : location.error().text;
}

} // namespace

TEST_CASE("variables and the home directory are replaced") {
    CHECK(MailLocation::parse("maildir:~/Maildir", joe)->root == "/home/joe/Maildir");
    CHECK(MailLocation::parse("maildir:~", joe)->root == "/home/joe");
    CHECK(MailLocation::parse("maildir:%h/Maildir/", joe)->root == "/home/joe/Maildir");
    CHECK(MailLocation::parse("maildir:/vmail/%d/%n", joe)->root == "/vmail/Example.com/joe");
    CHECK(MailLocation::parse("maildir:/vmail/%Ld/%Un/%u", joe)->root == "/vmail/example.com/JOE/joe@Example.com");
    CHECK(MailLocation::parse("maildir:/vmail/%{domain}/%{username}/%{user}%%", joe)->root ==
          "/vmail/Example.com/joe/joe@Example.com%");
}

TEST_CASE("options name other places, the root is their default") {
    const auto location = MailLocation::parse(
        "maildir:~/Mail:INBOX=/var/mail/%n:CONTROL=/ctl/%n:INDEX=/idx/%n:LAYOUT=maildir++:SUBSCRIPTIONS=subs", joe);
    REQUIRE(location.has_value());
    CHECK(location->inbox == "/var/mail/joe");
    CHECK(location->control == "/ctl/joe");
    CHECK(location->index == "/idx/joe");
    CHECK(location->subscriptions == "subs");
    const auto plain = MailLocation::parse("maildir:/a::b:INDEX=MEMORY", joe);
    CHECK(plain->root == "/a:b");
    CHECK(plain->control == "/a:b");
    CHECK(plain->index == "/a:b");
}

TEST_CASE("other formats and options are refused by name") {
    for (const auto* setting : {"mbox:~/mail:INBOX=/var/mail/%u", "mdbox:~/m", "sdbox:~/m", "imapc:", "", "~/Maildir"})
        CHECK_MESSAGE(complaint(setting).find("maildir:PATH") != std::string::npos, setting);
    CHECK(complaint("mbox:~/mail").find("mbox") != std::string::npos);
    CHECK(complaint("maildir:~/m:LAYOUT=index").find("LAYOUT=index") != std::string::npos);
    CHECK(complaint("maildir:~/m:DIRNAME=x").find("DIRNAME=x") != std::string::npos);
    CHECK(complaint("maildir:~/m:UTF-8").find("UTF-8") != std::string::npos);
    CHECK(complaint("maildir:~/m:SUBSCRIPTIONS=../x") != "");
    CHECK(complaint("maildir:relative") != "");
    CHECK(complaint("maildir:") != "");
    CHECK(complaint("maildir:/%x").find("%x") != std::string::npos);
    CHECK(complaint("maildir:/%{unclosed") != "");
    CHECK(complaint("maildir:/a%") != "");
}

TEST_CASE("a user name can't lead out of the path") {
    for (const auto* user : {"..", ".", "../root", "a/b", "", "..@x", "joe@..", "joe@a/b", "@x"})
        CHECK_MESSAGE(complaint("maildir:/vmail/%d/%n", {user, "/h"}) != "", user);
    CHECK(complaint("maildir:/vmail/%u", {std::string("a\0b", 3), "/h"}) != "");
    CHECK(complaint("maildir:/vmail/%d", {"nodomain", "/h"}) != "");
    CHECK(complaint("maildir:/vmail/%n", {"nodomain", ""}) == "");
}

TEST_CASE("a home directory that is used must be there") {
    CHECK(complaint("maildir:~/Maildir", {"joe", ""}).find("home") != std::string::npos);
    CHECK(complaint("maildir:%h/x", {"joe", "relative"}) != "");
}

TEST_CASE("LAYOUT=fs and an index in memory are served") {
    CHECK(MailLocation::parse("maildir:~/m", joe)->layout == Layout::maildirpp);
    CHECK(MailLocation::parse("maildir:~/m:LAYOUT=Maildir++", joe)->layout == Layout::maildirpp);
    CHECK(MailLocation::parse("maildir:~/m:LAYOUT=fs", joe)->layout == Layout::fs);
    CHECK_FALSE(MailLocation::parse("maildir:~/m:INDEX=/i", joe)->index_in_memory);
    CHECK(MailLocation::parse("maildir:~/m:INDEX=MEMORY", joe)->index_in_memory);
}
