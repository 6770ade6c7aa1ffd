// SPDX-License-Identifier: Apache-2.0
// A configuration of the shape that Debian 12 ships for Dovecot: split into conf.d, mbox, PAM, a snake-oil certificate.
#include "config/load.hpp"

#include <doctest/doctest.h>

using namespace hearth::config;

namespace {

MemoryFiles distribution(const std::string& local) {
    return MemoryFiles({
        {"/etc/dovecot/dovecot.conf", "# Enable installed protocols\n!include_try "
                                      "/usr/share/dovecot/protocols.d/*.protocol\n\ndict {\n  #quota = mysql:/x\n}\n"
                                      "!include conf.d/*.conf\n!include_try local.conf\n"},
        {"/usr/share/dovecot/protocols.d/a-imap.protocol", "protocols = $protocols imap\n"},
        {"/usr/share/dovecot/protocols.d/b-lmtp.protocol", "protocols = $protocols lmtp\n"},
        {"/etc/dovecot/conf.d/10-auth.conf", "auth_mechanisms = plain\n!include auth-system.ext\n"},
        {"/etc/dovecot/conf.d/auth-system.ext",
            "passdb {\n  driver = pam\n  # args = session=yes dovecot\n}\nuserdb {\n  driver = passwd\n}\n"},
        {"/etc/dovecot/conf.d/10-director.conf",
            "service director {\n  unix_listener login/director {\n    #mode = 0666\n  }\n  inet_listener {\n  "
            "}\n}\nservice imap-login {\n}\nprotocol lmtp {\n}\n"},
        {"/etc/dovecot/conf.d/10-mail.conf",
            "mail_location = mbox:~/mail:INBOX=/var/mail/%u\nnamespace inbox {\n  inbox = "
            "yes\n}\nmail_privileged_group = mail\nprotocol !indexer-worker {\n}\n"},
        {"/etc/dovecot/conf.d/10-master.conf",
            "service imap-login {\n  inet_listener imap {\n    #port = 143\n  }\n  inet_listener imaps {\n  "
            "}\n}\nservice lmtp {\n  unix_listener lmtp {\n  }\n}\n"
            "service imap {\n}\nservice auth {\n  unix_listener auth-userdb {\n  }\n}\nservice auth-worker "
            "{\n}\nservice dict {\n  unix_listener dict {\n  }\n}\n"},
        {"/etc/dovecot/conf.d/10-ssl.conf", "ssl = yes\nssl_cert = </etc/dovecot/private/dovecot.pem\nssl_key = "
                                            "</etc/dovecot/private/dovecot.key\nssl_client_ca_dir = "
                                            "/etc/ssl/certs\nssl_dh = </usr/share/dovecot/dh.pem\n"},
        {"/etc/dovecot/conf.d/15-mailboxes.conf",
            "namespace inbox {\n  mailbox Drafts {\n    special_use = \\Drafts\n  }\n  mailbox \"Sent Messages\" {\n   "
            " special_use = \\Sent\n  }\n}\n"},
        {"/etc/dovecot/conf.d/90-quota.conf", "plugin {\n  #quota = fs\n}\nplugin {\n}\n"},
        {"/etc/dovecot/local.conf", local},
    });
}

} // namespace

TEST_CASE("Debian's untouched Dovecot configuration is refused for mbox, PAM and TLS only, with at most three notes") {
    const auto loaded = load("/etc/dovecot/dovecot.conf", distribution(""));
    INFO(loaded.text());
    REQUIRE(loaded.errors.size() == 3);
    CHECK(loaded.errors[0].message == "the passdb driver pam is not built");
    CHECK(loaded.errors[1].message == "mail in the mbox format can't be served");
    CHECK(loaded.errors[2].message == "ssl = yes can't be honoured");
    CHECK(loaded.notes.size() == 2); // lmtp, ssl_dh
}

TEST_CASE(
    "local.conf can't take back a refused passdb, but the other refusals have a way out in the file they stand in") {
    auto files = distribution("mail_location = maildir:~/Maildir\n");
    const auto loaded = load("/etc/dovecot/dovecot.conf", files);
    CHECK(loaded.errors.size() == 3); // every line is checked, also one that a later line replaces
}
