// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"
#include "capabilities.hpp"
#include "statistics.hpp"
#include "tests/unit/imap/fake_account.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

namespace {

Options options_of(std::string_view text) {
    return read_options(text.empty() ? config::Snapshot() : config::Snapshot::parse(std::string(text) + "\n").value());
}

std::string talk_with(const Options& options, std::string commands, std::string_view capabilities = {}) {
    FakeAccount account;
    ScriptedConnection connection({std::move(commands)});
    RenderedItems rendered;
    return play_on(
        connection, account, rendered, {.login_tag = "L1", .options = &options, .capabilities = capabilities})
        .output;
}

} // namespace

TEST_CASE("imap_id_send says what ID answers") {
    CHECK(options_of("").id_reply == "(\"name\" \"Hearth\")");
    CHECK(options_of("imap_id_send=").id_reply == "NIL");
    CHECK(options_of("imap_id_send=name * os * version 7").id_reply == "(\"name\" \"Hearth\" \"version\" \"7\")");
    CHECK(options_of("imap_id_send=name \"My Server\" support-url https://x.org/").id_reply ==
          "(\"name\" \"My Server\" \"support-url\" \"https://x.org/\")");
    CHECK(talk_with(options_of("imap_id_send=name X"), "1 ID NIL\r\n") == "* ID (\"name\" \"X\")\r\n1 OK ID completed.\r\n");
}

TEST_CASE("imap_capability replaces the list, or adds and removes") {
    CHECK(capability_list("A B LITERAL+", options_of(""), 0) == "A B LITERAL+");
    CHECK(capability_list("A B", options_of(""), 123) == "A B APPENDLIMIT=123");
    CHECK(capability_list("A B", options_of("imap_capability=+X -a +b"), 0) == "B X");
    CHECK(capability_list("A B", options_of("imap_capability=IMAP4rev1 Y"), 123) == "IMAP4rev1 Y");
    CHECK(capability_list("A LITERAL+", options_of("imap_literal_minus=yes"), 0) == "A LITERAL-");
    CHECK(capability_list("A", options_of("imap_jmap_url=https://x.org/jmap"), 0) == "A JMAPACCESS");
    CHECK(talk_with(options_of(""), "1 CAPABILITY\r\n", "IMAP4rev1 Z").starts_with("* CAPABILITY IMAP4rev1 Z\r\n1 OK "));
}

TEST_CASE("JMAPACCESS is there when the administrator says where") {
    CHECK(talk_with(options_of("imap_jmap_url=https://x.org/jmap"), "1 GETJMAPACCESS\r\n") ==
          "* JMAPACCESS \"https://x.org/jmap\"\r\n1 OK Getjmapaccess completed.\r\n");
    CHECK(talk_with(options_of(""), "1 GETJMAPACCESS\r\n").starts_with("1 NO [CANNOT] "));
}

TEST_CASE("imap_logout_format has Dovecot's variables") {
    Statistics statistics;
    statistics.bytes_in = 12;
    statistics.bytes_out = 345;
    statistics.header_count = 7;
    CHECK(statistics.text("in=%i out=%o") == "in=12 out=345");
    CHECK(statistics.text("%{input}/%{output} %{fetch_hdr_count}%% %x %") == "12/345 7% %x %");
    CHECK(statistics.text() ==
          "in=12 out=345 deleted=0 expunged=0 trashed=0 hdr_count=7 hdr_bytes=0 body_count=0 body_bytes=0");
}

TEST_CASE("the other settings are read") {
    const auto options = options_of("imap_fetch_failure=disconnect-after\nimap_idle_notify_interval=30 secs\n"
                                    "imap_client_workarounds=delay-newmail tb-lsub-flags\nimap_id_log=name os");
    CHECK(options.fetch_failure == FetchFailure::disconnect_after);
    CHECK(options.delays_new_mail);
    CHECK(options.lsub_tells_noselect);
    CHECK(!options.extra_mailbox_separator);
    CHECK(options.id_fields_logged == std::vector<std::string>{"name", "os"});
    CHECK(options_of("").fetch_failure == FetchFailure::disconnect_immediately);
    CHECK(options_of("").logout_format.empty() == false);
}
