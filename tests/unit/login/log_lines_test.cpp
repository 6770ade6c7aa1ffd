// SPDX-License-Identifier: Apache-2.0
#include "log_lines.hpp"
#include "settings.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::login;
using namespace std::chrono_literals;

namespace {

const Settings settings;
const Endpoints endpoints{"192.0.2.7", "192.0.2.1", 50000, 143};

std::string line(std::string_view message, const LineFields& fields) {
    return format_line(settings.log_format, settings.log_elements, message, fields, endpoints);
}

} // namespace

TEST_CASE("a login line is Dovecot's, with the session and the reuse behind it") {
    LineFields fields;
    fields.user = "alice";
    fields.method = "PLAIN";
    fields.session = "0f";
    fields.worker_pid = 1234;
    fields.reuse = "cold(first)";
    CHECK(
        line("Login", fields) ==
        "Login: user=<alice>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1, mpid=1234, session=<0f>, reuse=cold(first)");
    fields.secured = true;
    fields.reuse = "warm";
    CHECK(line("Login", fields) == "Login: user=<alice>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1, mpid=1234, "
                                   "secured, session=<0f>, reuse=warm");
}

TEST_CASE("what is unknown is left out, but never the user") {
    CHECK(line("Aborted login (no auth attempts in 0 secs)", LineFields{}) ==
          "Aborted login (no auth attempts in 0 secs): user=<>, rip=192.0.2.7, lip=192.0.2.1");
}

TEST_CASE("a hostile user name can't forge a line") {
    LineFields fields;
    fields.user = "x>\nLogin: user=<root";
    CHECK(line("Disconnected", fields).find('\n') == std::string::npos);
}

TEST_CASE("own formats are followed") {
    LineFields fields;
    fields.user = "alice";
    fields.session = "0f";
    CHECK(format_line("%s|%$|%%", {"%u@%r:%b", "x=%{session}", "pid=%e", "plain"}, "Login", fields, endpoints) ==
          "alice@192.0.2.7:50000, x=0f, plain|Login|%");
    CHECK(format_line("%", {"%", "%{u"}, "m", fields, endpoints) == "%");
}

TEST_CASE("how far a client got is said in Dovecot's words") {
    const Time start{1h};
    Progress progress;
    progress.connected = start;
    CHECK(progress_text(progress, start + 3s) == "(no auth attempts in 3 secs)");
    progress.plaintext_refused = true;
    CHECK(progress_text(progress, start) == "(tried to use disallowed plaintext auth)");
    progress.attempts = 1;
    progress.first_attempt = start + 5s;
    CHECK(progress_text(progress, start + 7s) == "(auth failed, 1 attempts in 2 secs)");
    progress.aborted = true;
    CHECK(progress_text(progress, start + 7s) == "(aborted authentication)");
    progress.in_sasl = true;
    CHECK(progress_text(progress, start + 9s) == "(client didn't finish SASL auth, waited 4 secs)");
    progress.in_sasl = progress.aborted = false;
    progress.temporary = true;
    CHECK(progress_text(progress, start + 9s) == "(auth service reported temporary failure)");
    progress.temporary = false;
    progress.attempts = 2;
    progress.successes = 1;
    CHECK(progress_text(progress, start + 9s) == "(internal failure, 1 successful auths)");
}
