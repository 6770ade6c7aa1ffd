// SPDX-License-Identifier: Apache-2.0
#include "config/load.hpp"
#include "config/report.hpp"
#include "loading.hpp"

using namespace hearth::config;
using namespace std::chrono_literals;

TEST_CASE("an empty file gives the defaults and says that nobody can log in") {
    const auto loaded = load_text("");
    REQUIRE(loaded.settings);
    const auto& s = *loaded.settings;
    CHECK(s.base_dir == "/run/hearth");
    CHECK(s.protocols == std::vector<std::string>{"imap"});
    CHECK(s.listen == std::vector<std::string>{"*", "::"});
    CHECK(s.first_valid_uid == 500);
    CHECK(s.last_valid_uid == 0);
    CHECK(s.mail_location == "maildir:~/Maildir");
    CHECK(s.mail_max_userip_connections == 10);
    CHECK(s.disable_plaintext_auth);
    CHECK(s.auth_mechanisms == std::vector<std::string>{"plain", "login"});
    CHECK(s.login_greeting == "Hearth ready.");
    CHECK(s.ssl == "no");
    CHECK(s.login_handover_timeout == 10s);
    CHECK(s.login_auth_timeout == 60s);
    CHECK(s.anvil_unreachable == AnvilUnreachable::allow);
    REQUIRE(s.namespaces.size() == 1);
    CHECK(s.namespaces[0].inbox);
    CHECK(s.text("auth_cache_size") == "10M");
    CHECK(loaded.text() == "hearth.conf: note: there is no passdb: nobody can log in\n"
                           "    hint: write passdb { driver = passwd-file; args = /etc/hearth/users }\n");
}

TEST_CASE("all errors come in one run, in the order of the text") {
    CHECK(errors_of("mial_location = maildir:~/M\n"
                    "service imap {\n"
                    "  unix_listener imap { mode = 600 }\n"
                    "\tidle_kill = 300\n"
                    "}\n"
                    "ssl = yes\n"
                    "client_limit = 5\n") ==
          "hearth.conf:1:1: error: unknown setting \"mial_location\"\n"
          "    mial_location = maildir:~/M\n"
          "    ^\n"
          "    hint: did you mean \"mail_location\"?\n"
          "hearth.conf:3:31: error: mode = 600 is not octal: without a leading 0 it is the decimal number 600, which "
          "as a mode is 01130\n"
          "      unix_listener imap { mode = 600 }\n"
          "                                  ^\n"
          "    hint: write mode = 0600\n"
          "hearth.conf:4:14: error: idle_kill = 300 has no unit\n"
          "    \tidle_kill = 300\n"
          "    \t            ^\n"
          "    hint: write 300 secs or 300 mins; units are ms, s, m, h, d, w and their longer forms\n"
          "hearth.conf:6:7: error: ssl = yes can't be honoured\n"
          "    ssl = yes\n"
          "          ^\n"
          "    hint: TLS comes with a later release; until then put Dovecot or a TLS proxy in front\n"
          "hearth.conf:7:1: error: unknown setting \"client_limit\"\n"
          "    client_limit = 5\n"
          "    ^\n"
          "    hint: \"client_limit\" belongs into a service section\n");
}

TEST_CASE("unknown sections and settings in sections are named with what is near") {
    CHECK(errors_of("servise imap { }\n") == "hearth.conf:1:1: error: unknown section \"servise\"\n"
                                             "    servise imap { }\n"
                                             "    ^\n"
                                             "    hint: did you mean \"service\"?\n");
    CHECK(errors_of("service imap { clinet_limit = 3 }\n") ==
          "hearth.conf:1:16: error: unknown setting \"clinet_limit\" in a service section\n"
          "    service imap { clinet_limit = 3 }\n"
          "                   ^\n"
          "    hint: did you mean \"client_limit\"?\n");
    CHECK(errors_of("service imap { base_dir = /x }\n").find("hint: \"base_dir\" stands outside of all sections\n") !=
          std::string::npos);
    CHECK(errors_of("service impa { }\n") == "hearth.conf:1:1: error: service impa has no executable\n"
                                             "    service impa { }\n"
                                             "    ^\n"
                                             "    hint: did you mean service imap?\n");
}

TEST_CASE("a setting's value takes in other settings, the environment and files") {
    const MemoryFiles files({{"/etc/h/a.conf", "mail_home = /home/%u\n"
                                               "login_greeting = <greeting\n"
                                               "protocols = $protocols imap\n"
                                               "protocols = $protocols lmtp\n"
                                               "mail_location = maildir:$mail_home/M\n"
                                               "imap_id_send = a $mail_home $ENV:WHERE \"$x\" $5\n"
                                               "imap_id_log = \"$mail_home\"\n"
                                               "ssl_key = <key.pem\n"},
                                {"/etc/h/greeting", "Good day.\n"}},
        {{"WHERE", "here"}});
    const auto loaded = load("/etc/h/a.conf", files);
    INFO(loaded.text());
    REQUIRE(loaded.settings);
    const auto& s = *loaded.settings;
    CHECK(s.login_greeting == "Good day.");
    CHECK(s.protocols == std::vector<std::string>{"imap", "lmtp"});
    CHECK(s.mail_location == "maildir:$mail_home/M"); // only at the beginning of a word
    CHECK(s.text("imap_id_send") == "a /home/%u here \"$x\" $5");
    CHECK(s.text("imap_id_log") == "$mail_home");
    CHECK(s.text("ssl_key") == "</etc/h/key.pem"); // a reference: the key is not read
}

TEST_CASE("what can't be expanded is an error") {
    CHECK(errors_of("mail_home = $mail_hmoe\n") == "hearth.conf:1:13: error: $mail_hmoe is not a setting\n"
                                                   "    mail_home = $mail_hmoe\n"
                                                   "                ^\n"
                                                   "    hint: did you mean $mail_home?\n");
    CHECK(errors_of("mail_home = <none\n") == "hearth.conf:1:13: error: can't read none: No such file or directory\n"
                                              "    mail_home = <none\n"
                                              "                ^\n"
                                              "    hint: put the value into quotes if the < is meant literally\n");
    const MemoryFiles files(
        {{"a", "mail_home = <b\nmail_uid = <c"}, {"b", "two\nlines\n"}, {"c", std::string(file_bytes_max + 1, 'x')}});
    const auto loaded = load("a", files);
    REQUIRE(loaded.errors.size() == 2);
    CHECK(loaded.errors[0].message == "b holds more than one line of text");
    CHECK(loaded.errors[1].message == "can't read c: File too large");
}

TEST_CASE("a configuration that isn't there is one error") {
    const auto loaded = load("none.conf", MemoryFiles({}));
    CHECK(!loaded.settings);
    CHECK(loaded.errors.at(0).text() == "none.conf: error: can't read the configuration: No such file or directory\n");
}

TEST_CASE("passwords are not shown with an error of their line") {
    CHECK(errors_of("passdb { driver = static; args = nopassword=y password=geheim; nope = 1 }\n").find("geheim") ==
          std::string::npos);
    const auto shown = errors_of("ssl_key_password = \"geheim\n");
    CHECK(shown == "hearth.conf:1:20: error: this \" is never closed on its line\n"
                   "    ssl_key_password =...\n"
                   "                      ^\n"
                   "    hint: close it, or begin without it\n");
}

TEST_CASE("what Hearth can't honour is refused with the way out") {
    CHECK(errors_of("mail_location = mbox:~/mail:INBOX=/var/mail/%u\n") ==
          "hearth.conf:1:17: error: mail in the mbox format can't be served\n"
          "    mail_location = mbox:~/mail:INBOX=/var/mail/%u\n"
          "                    ^\n"
          "    hint: copy each user's mail with `doveadm sync -u USER maildir:~/Maildir`, then write mail_location = "
          "maildir:~/Maildir\n");
    for (const std::string line : {"mail_location = maildir:~/M:LAYOUT=index", "mail_location = ~/Maildir",
             "mail_location = maildir:/m/%1n/%n", "mail_location = maildir:/m/%{nope}", "mail_location = maildir:/m/%",
             "mail_location = maildir:", "mail_location =", "mail_plugins = acl", "mail_plugins = $mail_plugins mail_crypt",
             "mail_nfs_storage = yes", "mail_chroot = /x", "auth_policy_server_url = http://x/",
             "namespace { type = shared; inbox = yes }", "passdb { driver = pam }", "passdb { driver = passwd }",
             "userdb { driver = sql }", "login_plugins = x", "service imap { executable = imap post-login }",
             "service imap-login { inet_listener imaps { port = 993; ssl = yes } }", "base_dir = run",
             "dovecot_config_version = 2.4.0", "remote 10.0.0.0/8 { disable_plaintext_auth = no }",
             "protocol imap { passdb { driver = static } }", "protocol imap { first_valid_uid = 3 }"}) {
        CAPTURE(line);
        const auto loaded = load_text(line + "\n");
        REQUIRE(loaded.errors.size() == 1);
        CHECK(!loaded.errors[0].hint.empty());
        CHECK(!loaded.errors[0].line.empty());
    }
}

TEST_CASE("both layouts of a Maildir are accepted") {
    CHECK(load_text("mail_location = maildir:~/M:LAYOUT=fs\n").errors.empty());
    CHECK(load_text("mail_location = maildir:~/M:LAYOUT=Maildir++\n").errors.empty());
}

TEST_CASE("what only tunes is accepted with a note, one for all of a kind") {
    CHECK(notes_of("mmap_disable = yes\nmaildir_very_dirty_syncs = yes\n") ==
          "hearth.conf:2:1: note: mmap_disable, maildir_very_dirty_syncs: tunes Dovecot's storage; Hearth's works "
          "without it\n"
          "    mmap_disable = yes\n"
          "    ^\n");
    CHECK(notes_of("mmap_disable = no\n").empty());
    CHECK(
        notes_of("service director { user = x }\nservice lmtp {\n unix_listener lmtp {\n mode = 0666\n }\n}\nservice "
                 "pop3 { }\n") ==
        "hearth.conf:2:1: note: director, lmtp: services that Hearth doesn't have; their blocks are read and ignored\n"
        "    service director { user = x }\n"
        "    ^\n");
    CHECK(notes_of("protocols = imap lmtp pop3\n")
              .find("note: lmtp, pop3: not served by Hearth; keep Dovecot for them") != std::string::npos);
    CHECK(notes_of("plugin {\n quota = maildir\n}\n").find("note: quota: settings of plugins that aren't loaded") !=
          std::string::npos);
    CHECK(notes_of("pop3_uidl_format = %g\n").find("note: pop3_uidl_format: without effect") != std::string::npos);
    CHECK(notes_of("service auth { unix_listener /var/spool/postfix/private/auth { mode = 0660 } }\n")
              .find("note: /var/spool/postfix/private/auth: listeners that") != std::string::npos);
    CHECK(notes_of("service imap { service_count = 1 }\n") ==
          "hearth.conf:2:32: note: service_count = 1: this switches warmth off; each login starts a new process\n"
          "    service imap { service_count = 1 }\n"
          "                                   ^\n"
          "    hint: write service_count = 0 to keep workers warm\n");
}

TEST_CASE("overrides win over the file") {
    const auto loaded =
        load_text("login_greeting = a\n", {.overrides = {"login_greeting=b", "service/imap/client_limit=3"}});
    REQUIRE(loaded.settings);
    CHECK(loaded.settings->login_greeting == "b");
    CHECK(loaded.settings->service("imap")->client_limit == 3);
    const auto bad = load_text("", {.overrides = {"service/imap/idle_kill=3"}});
    REQUIRE(bad.errors.size() == 1);
    CHECK(bad.errors[0].text() ==
          "-o 1:1:24: error: idle_kill = 3 has no unit\n"
          "    service/imap/idle_kill=3\n"
          "                           ^\n"
          "    hint: write 3 secs or 3 mins; units are ms, s, m, h, d, w and their longer forms\n");
}

TEST_CASE("the number of errors is bounded") {
    std::string text;
    for (int i = 0; i < 1000; ++i)
        text += "nothing_like_it = 1\n";
    const auto loaded = load_text(text);
    CHECK(loaded.errors.size() == diagnostics_max + 1);
}
