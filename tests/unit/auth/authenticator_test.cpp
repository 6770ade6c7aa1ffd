// SPDX-License-Identifier: Apache-2.0
#include "authenticator.hpp"
#include "bench.hpp"

#include <boost/asio/co_spawn.hpp>
#include <doctest/doctest.h>
#include <future>

using namespace hearth::auth;
using hearth::protocol::auth::Failure;

TEST_CASE("the right password gives the identity of the userdb, under the canonical name") {
    Bench bench;
    bench.add_users("alice:secret:1000:1001::/home/alice::userdb_mail=maildir:%h/M-%n\n");
    const auto outcome = bench.log_in("ALICE", "secret");
    const auto& identity = Bench::identity(outcome);
    CHECK(identity.user == "alice");
    CHECK(identity.uid == 1000);
    CHECK(identity.gid == 1001);
    CHECK(identity.home == "/home/alice");
    CHECK(identity.mail_location == "maildir:/home/alice/M-alice");
}

TEST_CASE("a wrong password and an unknown user are the same refusal and the same work") {
    Bench bench;
    bench.add_users("alice:secret:1000:1000\n");
    CHECK(Bench::refusal(bench.log_in("alice", "wrong")).why == Failure::credentials);
    CHECK(Bench::refusal(bench.log_in("alice", "wrong")).reason == "password mismatch");
    const auto before = bench.checked_against.size();
    const auto outcome = bench.log_in("mallory", "secret");
    CHECK(Bench::refusal(outcome).why == Failure::credentials);
    CHECK(Bench::refusal(outcome).reason == "unknown user");
    CHECK(bench.authenticator().counters().dummy_verifications == 1);
    REQUIRE(bench.checked_against.size() == before + 1);
    CHECK(bench.checked_against.back() == "secret"); // a real user's stored password: equal cost
}

TEST_CASE("an unknown user isn't let in by the password that the dummy check is made with") {
    Bench bench;
    bench.add_users("alice:secret:1000:1000\n");
    Bench::identity(bench.log_in("alice", "secret"));
    CHECK(Bench::refusal(bench.log_in("bob", "secret")).why == Failure::credentials);
    CHECK(Bench::refusal(bench.log_in("../alice", "secret")).why == Failure::credentials);
    CHECK(bench.authenticator().counters().dummy_verifications == 2);
}

TEST_CASE("unknown users cost a check even before anybody has logged in") {
    Bench bench;
    bench.add_users("locked:{CRYPT}!:1000:1000\nalice:{CLEAR}secret:1000:1000\n");
    CHECK(bench.authenticator().prepare().empty());
    Bench::refusal(bench.log_in("mallory", "x"));
    REQUIRE(bench.checked_against.size() == 1);
    CHECK(bench.checked_against[0] == "{CLEAR}secret");
    CHECK(Bench::refusal(bench.log_in("locked", "x")).why == Failure::credentials);
    CHECK(bench.authenticator().counters().dummy_verifications == 2);
}

TEST_CASE("the second login with the same password needs no hash, a changed password misses at once") {
    Bench bench;
    bench.add_users("alice:secret:1000:1000\n");
    Bench::identity(bench.log_in("alice", "secret"));
    Bench::identity(bench.log_in("alice", "secret"));
    CHECK(bench.checked_against.size() == 1);
    CHECK(bench.authenticator().counters().cache_hits == 1);
    Bench::refusal(bench.log_in("alice", "guess"));
    CHECK(bench.checked_against.size() == 2);
    CHECK(bench.authenticator().flush_cache() == 1);
    Bench::identity(bench.log_in("alice", "secret"));
    CHECK(bench.checked_against.size() == 3);
}

TEST_CASE("a password changed in the file counts for the cache, too") {
    Bench bench;
    bench.add_users("alice:secret:1000:1000\n");
    Bench::identity(bench.log_in("alice", "secret"));
    bench.directory.write("users", "alice:changed:1000:1000\n");
    Bench::refusal(bench.log_in("alice", "secret"));
    Bench::identity(bench.log_in("alice", "changed"));
}

TEST_CASE("too many checks at once are a temporary failure, for unknown users as well") {
    Bench bench;
    bench.add_users("alice:secret:1000:1000\nbob:secret:1000:1000\n");
    bench.queue_limit = 0;
    CHECK(Bench::refusal(bench.log_in("alice", "secret")).why == Failure::temporary);
    CHECK(Bench::refusal(bench.log_in("mallory", "secret")).why == Failure::temporary);
    CHECK(bench.authenticator().counters().overloads == 2);
}

TEST_CASE("acting as another user is refused, naming oneself is not") {
    Bench bench;
    bench.add_users("alice:secret:1000:1000\nbob:other:1000:1000\n");
    Bench::identity(bench.log_in("alice", "secret", "192.0.2.1", "Alice"));
    CHECK(Bench::refusal(bench.log_in("alice", "secret", "192.0.2.1", "bob")).why == Failure::credentials);
}

TEST_CASE("allow_nets and nologin are honoured, proxy fails the login") {
    Bench bench;
    bench.add_users("near:pw:1000:1000::::allow_nets=192.0.2.0/"
                    "24\nout:pw:1000:1000::::nologin\nfar:pw:1000:1000::::proxy=y host=10.0.0.1\n");
    Bench::identity(bench.log_in("near", "pw"));
    CHECK(Bench::refusal(bench.log_in("near", "pw", "203.0.113.1")).why == Failure::credentials);
    CHECK(Bench::refusal(bench.log_in("out", "pw")).why == Failure::disabled);
    CHECK(Bench::refusal(bench.log_in("out", "wrong")).why == Failure::credentials);
    CHECK(Bench::refusal(bench.log_in("far", "pw")).why == Failure::temporary);
}

TEST_CASE("several passdbs are asked in order, and one that is broken is never a wrong password") {
    Bench bench;
    bench.settings.passdbs = {
        bench.passwd_file("first", "alice:one\n"), bench.passwd_file("second", "alice:two\nbob:three\n")};
    bench.settings.userdbs = {*parse_userdb("static", "uid=1000 gid=1000 home=/srv/%Ln")};
    Bench::identity(bench.log_in("alice", "one"));
    Bench::identity(bench.log_in("alice", "two"));
    const auto outcome = bench.log_in("bob", "three");
    CHECK(Bench::identity(outcome).home == "/srv/bob");
    CHECK(Bench::refusal(bench.log_in("bob", "one")).why == Failure::credentials);
}

TEST_CASE("a passwd-file that is missing makes wrong passwords temporary failures") {
    Bench bench;
    bench.settings.passdbs = {
        *parse_passdb("passwd-file", "/nonexistent/users"), bench.passwd_file("second", "bob:three\n")};
    bench.settings.userdbs = {*parse_userdb("static", "uid=1000 gid=1000 home=/srv/%u")};
    CHECK(bench.authenticator().prepare().size() == 1);
    Bench::identity(bench.log_in("bob", "three"));
    CHECK(Bench::refusal(bench.log_in("bob", "wrong")).why == Failure::temporary);
}

TEST_CASE("a deny passdb refuses who is found in it, and everybody when it can't be read") {
    Bench bench;
    auto deny = bench.passwd_file("deny", "bob:\n");
    deny.deny = true;
    bench.settings.passdbs = {deny, *parse_passdb("static", "password=pw")};
    bench.settings.userdbs = {*parse_userdb("static", "uid=1000 gid=1000 home=/srv/%u")};
    Bench::identity(bench.log_in("alice", "pw"));
    CHECK(Bench::refusal(bench.log_in("bob", "pw")).why == Failure::credentials);
    Bench broken;
    auto missing = *parse_passdb("passwd-file", "/nonexistent/deny");
    missing.deny = true;
    broken.settings = bench.settings;
    broken.settings.passdbs[0] = missing;
    CHECK(Bench::refusal(broken.log_in("alice", "pw")).why == Failure::temporary);
}

TEST_CASE("username_filter and mechanisms choose who a passdb is for") {
    Bench bench;
    auto domain = *parse_passdb("static", "password=domain");
    domain.username_filter = {"*@a.org", "!root@*"};
    auto by_login = *parse_passdb("static", "password=login");
    by_login.mechanisms = {"LOGIN"};
    bench.settings.passdbs = {domain, by_login};
    bench.settings.userdbs = {*parse_userdb("static", "uid=1000 gid=1000 home=/srv/%n")};
    Bench::identity(bench.log_in("alice@a.org", "domain"));
    CHECK(Bench::refusal(bench.log_in("alice@b.org", "domain")).why == Failure::credentials);
    CHECK(Bench::refusal(bench.log_in("root@a.org", "domain")).why == Failure::credentials);
    CHECK(Bench::refusal(bench.log_in("alice@a.org", "login")).why == Failure::credentials);
}

TEST_CASE("without userdb the passdb's userdb_ fields, mail_uid, mail_gid and mail_home say it all") {
    Bench bench;
    bench.settings.passdbs = {
        bench.passwd_file("users", "alice:pw::::::userdb_uid=1234 userdb_mail=maildir:/x\nbob:pw\n")};
    bench.settings.mail_uid = "1500";
    bench.settings.mail_gid = "1500";
    bench.settings.mail_home = "/srv/%n";
    const auto alice = bench.log_in("alice", "pw"), bob = bench.log_in("bob", "pw");
    CHECK(Bench::identity(alice).uid == 1234);
    CHECK(Bench::identity(alice).gid == 1500);
    CHECK(Bench::identity(alice).mail_location == "maildir:/x");
    CHECK(Bench::identity(bob).uid == 1500);
    CHECK(Bench::identity(bob).home == "/srv/bob");
}

TEST_CASE("default_fields fill gaps, override_fields win, and the system resolves names") {
    Bench bench;
    bench.settings.passdbs = {*parse_passdb("static", "password=pw")};
    auto userdb = bench.passwd_file("users", "alice::1000:::/home/alice\nbob:::::\n");
    userdb.default_fields = parse_fields("uid=2000 home=/srv/%u");
    userdb.override_fields = parse_fields("gid=nogroup mail=maildir:%h/Mail");
    bench.settings.userdbs = {userdb};
    const auto alice = bench.log_in("alice", "pw"), bob = bench.log_in("bob", "pw");
    CHECK(Bench::identity(alice).uid == 1000);
    CHECK(Bench::identity(alice).mail_location == "maildir:/home/alice/Mail");
    CHECK(Bench::identity(bob).uid == 2000);
    CHECK(Bench::identity(bob).home == "/srv/bob");
    CHECK(Bench::identity(bob).gid == 65534);
}

TEST_CASE("a user that no userdb knows, or whose ids can't be used, is no wrong password") {
    Bench bench;
    bench.settings.passdbs = {*parse_passdb("static", "password=pw")};
    bench.settings.userdbs = {
        bench.passwd_file("users", "low:x:100:1000\nroot:x:0:0\nnoname:x:no-such-user-anywhere:1\n")};
    CHECK(Bench::refusal(bench.log_in("ghost", "pw")).why == Failure::temporary);
    CHECK(Bench::refusal(bench.log_in("low", "pw")).why == Failure::disabled);
    CHECK(Bench::refusal(bench.log_in("root", "pw")).why == Failure::disabled);
    CHECK(Bench::refusal(bench.log_in("noname", "pw")).why == Failure::temporary);
}

TEST_CASE("userdb passwd asks the system: root is found there and refused for its uid") {
    Bench bench;
    bench.settings.passdbs = {*parse_passdb("static", "password=pw")};
    bench.settings.userdbs = {*parse_userdb("passwd", "")};
    CHECK(Bench::refusal(bench.log_in("root", "pw")).reason == "its uid is 0: root's mail is never opened");
    CHECK(Bench::refusal(bench.log_in("no-such-user", "pw")).why == Failure::temporary);
    const auto nobody = bench.log_in("nobody", "pw");
    CHECK(Bench::identity(nobody).uid == 65534);
}

TEST_CASE("identify says who a user is without a password, and knows unknown ones") {
    Bench bench;
    bench.settings.passdbs = {bench.passwd_file("users", "alice:pw::::::userdb_uid=1000 userdb_gid=1000\n")};
    bench.settings.userdbs = {*parse_userdb("prefetch", "")};
    const auto alice = run_until_done(bench.io, bench.authenticator().identify({}, "Alice"));
    CHECK(Bench::identity(alice).uid == 1000);
    const auto nobody = run_until_done(bench.io, bench.authenticator().identify({}, "mallory"));
    CHECK(Bench::refusal(nobody).reason == "unknown user");
    CHECK(bench.checked_against.empty());
}
