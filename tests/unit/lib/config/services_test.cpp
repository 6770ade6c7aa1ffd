// SPDX-License-Identifier: Apache-2.0
#include "config/settings.hpp"
#include "loading.hpp"

using namespace hearth::config;
using namespace std::chrono_literals;

TEST_CASE("the built-in services are anvil, auth, imap-login and imap") {
    const auto s = good("");
    REQUIRE(s.services.size() == 4);
    CHECK(s.services[0].kind == ServiceKind::anvil);
    CHECK(s.services[1].kind == ServiceKind::auth);
    CHECK(s.services[1].user == "hearthauth");

    const auto* login = s.service("imap-login");
    REQUIRE(login != nullptr);
    CHECK(login->kind == ServiceKind::login);
    CHECK(login->user == "hearthnull");
    CHECK(login->chroot == "login");
    CHECK(login->process_min_avail == 1);
    CHECK(login->client_limit == 1000);
    REQUIRE(login->inet_listeners.size() == 1); // imaps waits for TLS
    CHECK(login->inet_listeners[0].name == "imap");
    CHECK(login->inet_listeners[0].port == 143);
    CHECK(login->inet_listeners[0].addresses == std::vector<std::string>{"*", "::"});

    const auto* imap = s.service("imap");
    REQUIRE(imap != nullptr);
    CHECK(imap->kind == ServiceKind::worker);
    CHECK(imap->executable == "imap");
    CHECK(imap->client_limit == 1);
    CHECK(imap->process_limit == 1024);
    CHECK(imap->process_limit_reserve == 51); // 5%, rounded down
    CHECK(imap->service_count == unlimited);
    CHECK(imap->idle_kill == 5min);
    CHECK(imap->vsz_limit_bytes == 256ULL * 1024 * 1024);
    CHECK(imap->worker_start == WorkerStart::fork);
    CHECK(imap->process_listener == "login/imap-%{pid}");
    REQUIRE(imap->unix_listeners.size() == 1);
    CHECK(imap->unix_listeners[0].path == "login/imap");
    CHECK(imap->unix_listeners[0].mode == 0660);
    CHECK(imap->unix_listeners[0].group == "hearthnull");
}

TEST_CASE("a block changes what it names and leaves the rest; 2.4's names are the same settings") {
    const auto s = good("service imap {\n  restart_request_count = 7\n  idle_kill_interval = 2 mins\n  process_limit = "
                        "64\n  process_limit_reserve = 8\n}\n"
                        "service imap { client_limit = 4 }\nservice imap-login { inet_listener imap { port = 1143; "
                        "address = 127.0.0.1 } }\n");
    const auto* imap = s.service("imap");
    CHECK(imap->service_count == 7);
    CHECK(imap->idle_kill == 2min);
    CHECK(imap->client_limit == 4);
    CHECK(imap->process_limit_reserve == 8);
    CHECK(imap->process_listener == "login/imap-%{pid}");
    const auto* login = s.service("imap-login");
    REQUIRE(login->inet_listeners.size() == 1);
    CHECK(login->inet_listeners[0].port == 1143);
    CHECK(login->inet_listeners[0].addresses == std::vector<std::string>{"127.0.0.1"});
}

TEST_CASE("port 0 and mode 0 switch a listener off, and zero limits mean the defaults") {
    const auto s = good("default_client_limit = 77\nservice imap-login { inet_listener imap { port = 0 } }\n"
                        "service imap { unix_listener login/imap-%{pid} { mode = 0 }\n client_limit = 0\n }\n");
    CHECK(s.service("imap-login")->inet_listeners.empty());
    CHECK(s.service("imap")->process_listener.empty());
    CHECK(s.service("imap")->client_limit == 77);
}

TEST_CASE("the short names of a worker's listeners mean those in login") {
    const auto s = good("service imap {\n unix_listener imap { mode = 0600 }\n unix_listener imap-%{pid} { }\n}\n");
    REQUIRE(s.service("imap")->unix_listeners.size() == 1);
    CHECK(s.service("imap")->unix_listeners[0].path == "login/imap");
    CHECK(s.service("imap")->unix_listeners[0].mode == 0600);
    CHECK(s.service("imap")->process_listener == "login/imap-%{pid}");
}

TEST_CASE("users may be numbers, and the names of default users count wherever they are set") {
    const auto s = good("service imap-login { user = 1000; group = 1001 }\ndefault_internal_user = inner\n");
    CHECK(s.service("imap-login")->user == "1000");
    CHECK(s.service("imap-login")->group == "1001");
    CHECK(s.service("anvil")->user == "inner");
}

TEST_CASE("a service of one's own is started when protocols names its protocol") {
    const std::string finger = "service finger {\n protocol = finger\n executable = finger -v --fast\n unix_listener "
                               "login/finger { mode = 0660 }\n unix_listener finger-%{pid} { }\n}\n";
    CHECK(good(finger).service("finger") == nullptr);
    const auto s = good(finger + "protocols = imap finger\n");
    REQUIRE(s.service("finger") != nullptr);
    const auto& service = *s.service("finger");
    CHECK(service.kind == ServiceKind::worker);
    CHECK(service.arguments == std::vector<std::string>{"-v", "--fast"});
    CHECK(service.process_listener == "login/finger-%{pid}");
    CHECK(service.process_limit == 100);
    CHECK(service.process_limit_reserve == 5);
    CHECK(service.idle_kill == 1min);
}

TEST_CASE("a protocol block changes the limit for its protocol, which anvil and the master see too") {
    CHECK(good("protocol imap {\n mail_max_userip_connections = 20\n}\n").mail_max_userip_connections == 20);
    CHECK(good("protocol !imap {\n mail_max_userip_connections = 20\n}\n").mail_max_userip_connections == 10);
    CHECK(good("mail_max_userip_connections = 0\n").mail_max_userip_connections == unlimited);
}

TEST_CASE("limits that contradict each other are shown with the arithmetic") {
    CHECK(errors_of("service imap {\n  process_limit = 4\n  process_min_avail = 9\n}\n") ==
          "hearth.conf:3:23: error: service imap: process_min_avail 9 > process_limit 4\n"
          "      process_min_avail = 9\n"
          "                          ^\n"
          "    hint: at most 4 processes can be ready; raise process_limit or lower process_min_avail\n");
    CHECK(
        errors_of("service imap {\n  process_limit = 10\n  process_min_avail = 8\n  process_limit_reserve = 4\n}\n") ==
        "hearth.conf:3:23: error: service imap: process_min_avail 8 + process_limit_reserve 4 = 12 > process_limit 10\n"
        "      process_min_avail = 8\n"
        "                          ^\n"
        "    hint: no process would be left for users; raise process_limit\n");
    CHECK(errors_of("service imap { process_limit = 3; process_limit_reserve = 3 }\n") ==
          "hearth.conf:1:59: error: service imap: process_limit_reserve 3 leaves 0 of 3 processes to users\n"
          "    service imap { process_limit = 3; process_limit_reserve = 3 }\n"
          "                                                              ^\n"
          "    hint: keep less of process_limit free\n");
    CHECK(errors_of("service anvil { client_limit = 20 }\n") ==
          "hearth.conf:1:32: error: service anvil: client_limit 20 < imap-login 16 + 8 others = 24 connections\n"
          "    service anvil { client_limit = 20 }\n"
          "                                   ^\n"
          "    hint: write client_limit = 24 here, or lower process_limit of the login services\n");
    CHECK(errors_of("first_valid_uid = 2000\nlast_valid_uid = 1000\n") ==
          "hearth.conf:2:18: error: first_valid_uid 2000 > last_valid_uid 1000: no user would be valid\n"
          "    last_valid_uid = 1000\n"
          "                     ^\n"
          "    hint: 0 means no upper bound\n");
    CHECK(errors_of("mail_uid = 8\n") == "hearth.conf:1:12: error: mail_uid 8 < first_valid_uid 500\n"
                                         "    mail_uid = 8\n"
                                         "               ^\n"
                                         "    hint: write first_valid_uid = 8, or use another\n");
    CHECK(errors_of("login_auth_timeout = 5s\n").find("login_handover_timeout 10 secs > login_auth_timeout 5 secs\n") !=
          std::string::npos);
}

TEST_CASE("other contradictions are errors") {
    for (const std::string text :
        {"service auth { process_limit = 2 }", "service imap-login { drop_priv_before_exec = yes }",
            "service imap { client_limit = 5000 }", "service a { executable = a; unix_listener login/imap { } }",
            "service a { executable = a; inet_listener x { port = 143 } }",
            "service imap { unix_listener other/imap-%{pid} { } }",
            "service imap { unix_listener imap-%{uid} { mode = 0600 } }",
            "service a { executable = a; unix_listener ../x { } }", "service imap-login { user = root }",
            "service anvil { user = hearthauth }", "passdb { args = /x }",
            "passdb { driver = passwd-file; args = users }", "passdb { driver = passwd-file; args = schema=PLAIN /x }",
            "passdb { driver = static }", "namespace a { inbox = yes }\nnamespace b { prefix = b/ }",
            "namespace a { prefix = a/ }", "namespace { inbox = yes }\nnamespace { inbox = yes }", "protocols = imapp",
            "namespace { separator = ab; inbox = yes }"}) {
        CAPTURE(text);
        auto loaded = load_text(text + "\n");
        INFO(loaded.text());
        CHECK(loaded.errors.size() == 1);
        if (!loaded.errors.empty()) CHECK(loaded.errors[0].origin.line > 0);
    }
}

TEST_CASE("in a private instance it doesn't matter that services run as one user") {
    const std::string text = "service anvil { user = me }\nservice auth { user = me }\n";
    CHECK(!load_text(text).settings);
    CHECK(load_text(text, {.overrides = {}, .managed = false}).settings);
}

TEST_CASE("databases and namespaces keep their order and their fields") {
    const auto s = good(
        "passdb { driver = static; args = password=x; deny = yes; mechanisms = PLAIN }\n"
        "userdb { driver = static; args = uid=vmail home=/m/%u; default_fields = a=b }\nuserdb { driver = passwd }\n"
        "namespace inbox {\n inbox = yes\n separator = /\n mailbox Sent { special_use = \\Sent; auto = create }\n}\n"
        "namespace inbox {\n mailbox Sent { auto = subscribe }\n mailbox \"Sent Messages\" { special_use = \\Sent "
        "}\n}\n");
    REQUIRE(s.passdbs.size() == 2);
    CHECK(s.passdbs[0].deny);
    CHECK(s.passdbs[0].args == "password=x");
    CHECK(s.passdbs[1].driver == "passwd-file");
    REQUIRE(s.userdbs.size() == 2);
    CHECK(s.userdbs[0].default_fields == "a=b");
    REQUIRE(s.namespaces.size() == 1);
    REQUIRE(s.namespaces[0].mailboxes.size() == 2);
    CHECK(s.namespaces[0].mailboxes[0].autocreate == "subscribe");
    CHECK(s.namespaces[0].mailboxes[0].special_use == std::vector<std::string>{"\\Sent"});
    CHECK(s.namespaces[0].mailboxes[1].name == "Sent Messages");
}
