// SPDX-License-Identifier: Apache-2.0
#include "prepare.hpp"
#include "options.hpp"

#include "mail/message.hpp"
#include "store/index/database.hpp"

#include <ctime>
#include <sqlite3.h>

namespace hearth::imap {
namespace {

// A little of everything that makes GMime and GLib build their tables: dates, encoded words, parameters, a part.
constexpr std::string_view message = "Date: Mon, 2 Jan 2006 15:04:05 -0700\r\n"
                                     "From: =?utf-8?q?A=C3=A4?= <a@example.org>\r\n"
                                     "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
                                     "--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
                                     "Content-Transfer-Encoding: quoted-printable\r\n\r\n=E4\r\n--b--\r\n";

} // namespace

void prepare(const config::Snapshot& settings) {
    ::tzset();
    (void)read_options(settings);
    (void)mail::Message::parse(std::string(message));
    // The library's own state; a database of this process that is gone before anybody is forked.
    if (const auto database = store::Database::open(":memory:"))
        (void)(*database)->run("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)");
    // GMime draws from the kernel each time it wants a boundary, OpenSSL notices another pid by itself; GLib's own
    // generator isn't used. SQLite's (names of temporary files, checksums' salts) would go on in each worker where it
    // stopped here: now the first who draws seeds it.
    ::sqlite3_randomness(0, nullptr);
}

} // namespace hearth::imap
