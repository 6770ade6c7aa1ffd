// SPDX-License-Identifier: Apache-2.0
#include "config/dump.hpp"
#include "loading.hpp"

using namespace hearth::config;

TEST_CASE("-n shows what the file says, with its place") {
    const auto loaded = load_text("mail_home = \"/srv/ %u\"   # x\nservice imap {\n  client_limit = 4\n}\nnamespace "
                                  "inbox {\n  inbox = yes\n  mailbox \"Sent Items\" {\n  }\n}\n"
                                  "passdb {\n  driver = static\n  args = password=geheim\n}\nssl_key = </etc/key\n");
    REQUIRE(loaded.settings);
    CHECK(dump(*loaded.settings, {.only_changed = true}) ==
          "ssl_key = </etc/key  # hearth.conf:14\n"
          "mail_home = /srv/ %u  # hearth.conf:1\n"
          "service imap {\n"
          "  client_limit = 4  # hearth.conf:3\n"
          "}\n"
          "namespace inbox {\n"
          "  inbox = yes  # hearth.conf:6\n"
          "  mailbox \"Sent Items\" {\n"
          "  }\n"
          "}\n"
          "passdb {\n"
          "  driver = static  # hearth.conf:11\n"
          "  # args holds a password and is not shown  # hearth.conf:12\n"
          "}\n");
    CHECK(dump(*loaded.settings).find("login_greeting = Hearth ready.  # default\n") != std::string::npos);
    CHECK(dump(*loaded.settings).find("geheim") == std::string::npos);
}

TEST_CASE("values are quoted when they would be read as something else") {
    for (const std::string value : {"", "a b", "\\Sent", "it's", "a#b", "100%", "%{x}", "$5", "a$b"})
        CHECK(quote(value) == value);
    CHECK(quote(" a") == "\" a\"");
    CHECK(quote("a #b") == "\"a #b\"");
    CHECK(quote("#a") == "\"#a\"");
    CHECK(quote("\"a") == "\"\\\"a\"");
    CHECK(quote("a\\") == "\"a\\\\\"");
    CHECK(quote("<a") == "\"<a\"");
    CHECK(quote("x $name") == "\"x $name\"");
}

TEST_CASE("print, parse, print gives the same text, whole and changed only") {
    const auto s = good("mail_home = \"$x # \\\\ \\\" \"\nprotocols = imap lmtp\nservice imap { service_count = 1; "
                        "idle_kill = infinite }\n"
                        "service finger { executable = finger; unix_listener finger-%{pid} { }; unix_listener finger { "
                        "mode = 0666; user = 7 } }\n"
                        "remote 10.0.0.0/8 { ssl_cert = <c.pem }\nprotocol !pop3 { imap_id_log = \"*\" }\nservice "
                        "imap-login { inet_listener imap { address = 127.0.0.1 } }\n"
                        "namespace { inbox = yes; mailbox \"a \\\" b\" { auto = create } "
                        "}\nmail_max_userip_connections = 0\nuserdb me { driver = prefetch }\n");
    for (const bool changed : {false, true}) {
        const DumpOptions options{.only_changed = changed, .origins = false, .secrets = true};
        const auto text = dump(s, options);
        const auto again = load_text(text);
        INFO(text);
        INFO(again.text());
        REQUIRE(again.settings);
        CHECK(dump(*again.settings, options) == text);
        CHECK(again.settings->services.size() == s.services.size());
    }
}
