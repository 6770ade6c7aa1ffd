// SPDX-License-Identifier: Apache-2.0
#include "base/unique_fd.hpp"
#include "config/encode_snapshot.hpp"
#include "config/schema.hpp"
#include "config/snapshot.hpp"
#include "loading.hpp"

#include <sys/mman.h>
#include <unistd.h>

using namespace hearth::config;
using namespace std::chrono_literals;

namespace {

const char* const full =
    "auth_cache_ttl = 90 s\nlogin_greeting = \"back\\\\slash\"\nmail_home = /srv/%u\nlogin_trusted_networks = "
    "10.0.0.0/8 ::1\n"
    "passdb { driver = static; args = password=s3cret }\nuserdb { driver = static; args = uid=vm home=/h/%u "
    "token=s3cret }\n"
    "ssl_key_password = s3cret\nsubmission_relay_password = s3cret\n"
    "protocol imap { imap_id_log = * }\n"
    "namespace inbox { inbox = yes; mailbox Sent { special_use = \\Sent }; mailbox Trash { auto = create } }\n";

Snapshot snapshot_of(const Settings& settings, std::string_view service) {
    return Snapshot::parse(encode_snapshot(settings, *settings.service(service))).value();
}

} // namespace

TEST_CASE("each kind of service is told what it needs") {
    const auto s = good(full);
    const auto auth = snapshot_of(s, "auth");
    CHECK(auth.service() == "auth");
    CHECK(auth.duration("auth_cache_ttl") == 90s);
    CHECK(auth.count("passdb") == 2);
    CHECK(auth.text("passdb.0.driver") == "static");
    CHECK(auth.text("passdb.0.args") == "password=s3cret");
    CHECK(!auth.flag("passdb.0.deny"));
    CHECK(auth.count("userdb") == 1);

    const auto login = snapshot_of(s, "imap-login");
    CHECK(login.text("login_greeting") == "back\\slash");
    CHECK(login.words("login_trusted_networks") == std::vector<std::string>{"10.0.0.0/8", "::1"});
    CHECK(login.flag("disable_plaintext_auth"));
    CHECK(login.uint("service.client_limit") == 1000);
    CHECK(login.count("service.inet_listener") == 1);
    CHECK(login.text("service.inet_listener.0.name") == "imap");
    CHECK(login.uint("service.inet_listener.0.port") == 143);

    const auto imap = snapshot_of(s, "imap");
    CHECK(imap.text("mail_home") == "/srv/%u");
    CHECK(imap.text("imap_id_log") == "*"); // of protocol imap
    CHECK(imap.uint("imap_max_line_length") == 64 * 1024);
    CHECK(imap.duration("service.idle_kill") == 5min);
    CHECK(imap.uint("service.service_count") == std::numeric_limits<std::uint64_t>::max());
    CHECK(imap.text("service.process_listener") == "login/imap-%{pid}");
    CHECK(imap.count("namespace") == 1);
    CHECK(imap.count("namespace.0.mailbox") == 2);
    CHECK(imap.text("namespace.0.mailbox.0.special_use") == "\\Sent");
    CHECK(imap.text("namespace.0.mailbox.1.name") == "Trash");

    CHECK(snapshot_of(good("protocol imap { mail_max_userip_connections = 20 }\n"), "anvil")
              .uint("mail_max_userip_connections") == 20);
}

TEST_CASE("no process but auth is told anything of passdbs and userdbs, and nobody a password that isn't its own") {
    auto s = good(std::string(full) + "protocols = imap x\nservice x { protocol = x; executable = x }\nservice y { "
                                      "type = worker; executable = y }\n");
    REQUIRE(s.services.size() == 6);
    for (const auto& service : s.services) {
        const auto text = encode_snapshot(s, service);
        CAPTURE(service.name);
        const bool told = text.find("s3cret") != std::string::npos;
        CHECK(told == (service.kind == ServiceKind::auth));
        CHECK((text.find("passdb.") != std::string::npos) == (service.kind == ServiceKind::auth));
        CHECK((text.find("userdb.") != std::string::npos) == (service.kind == ServiceKind::auth));
        CHECK(text.find("ssl_key") == std::string::npos);
        if (service.kind == ServiceKind::login) CHECK(text.find("mail_location") == std::string::npos);
        if (service.kind == ServiceKind::anvil) CHECK(text.find("mail_location") == std::string::npos);
    }
}

TEST_CASE("a setting that is secret is told to nobody by the table") {
    for (const auto& spec : global_settings())
        if (spec.secret) CHECK_MESSAGE(spec.audience == nobody, std::string(spec.name));
}

TEST_CASE("a snapshot without a line gives the schema's default") {
    const Snapshot empty;
    CHECK(empty.text("login_greeting") == "Hearth ready.");
    CHECK(empty.uint("mail_max_userip_connections") == 10);
    CHECK(empty.flag("disable_plaintext_auth"));
    CHECK(empty.duration("login_handover_timeout") == 10s);
    CHECK(empty.words("auth_mechanisms") == std::vector<std::string>{"plain", "login"});
    CHECK(empty.count("passdb") == 0);
    CHECK(!empty.has("login_greeting"));
    CHECK(Snapshot::parse("login_greeting=a\\nb\\\\\n").value().text("login_greeting") == "a\nb\\");
}

TEST_CASE("text that no master writes is refused") {
    for (const std::string text :
        {"login_greeting", "login_greeting=a", "=a\n", "no equals\n", "a=\\x\n", "a=\\\n", "a=1\na=2\n"})
        CHECK_MESSAGE(!Snapshot::parse(text), text);
    CHECK(!Snapshot::parse(std::string(snapshot_bytes_max + 1, 'a')));
    std::string many;
    for (std::size_t i = 0; i <= snapshot_lines_max; ++i)
        many += std::to_string(i) + "=\n";
    CHECK(!Snapshot::parse(many));
}

TEST_CASE("a snapshot is read from the start of its descriptor, as often as wanted") {
    const hearth::UniqueFd file(::memfd_create("snapshot", MFD_CLOEXEC));
    REQUIRE(file);
    const auto s = good("login_greeting = hello\n");
    const auto text = encode_snapshot(s, *s.service("imap-login"));
    REQUIRE(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    for (int i = 0; i < 2; ++i)
        CHECK(Snapshot::read(file.get()).value().text("login_greeting") == "hello");
    CHECK(!Snapshot::read(-1));
}
