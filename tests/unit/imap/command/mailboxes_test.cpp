// SPDX-License-Identifier: Apache-2.0
// CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE and the quota commands.
#include "tests/unit/imap/transcript.hpp"

#include "store/memory_account.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

TEST_CASE("CREATE makes a mailbox and tells its id") {
    store::MemoryAccount account;
    const auto output = talk(account, "1 CREATE a/b/\r\n2 CREATE Entw&APw-rfe\r\n3 STATUS Entw&APw-rfe (MAILBOXID)\r\n4 LIST \"\" *\r\n");
    CHECK(output.starts_with("1 OK [MAILBOXID ("));
    CHECK(output.find(")] Create completed.\r\n2 OK [MAILBOXID (") != std::string::npos);
    CHECK(output.find("* LIST (\\HasNoChildren) \"/\" a/b\r\n") != std::string::npos);
    CHECK(output.find("* LIST (\\HasNoChildren) \"/\" Entw&APw-rfe\r\n") != std::string::npos);
}

TEST_CASE("CREATE keeps a special use, one that is known") {
    store::MemoryAccount account;
    const auto output = talk(account, "1 CREATE Out (USE (\\sent))\r\n2 LIST (SPECIAL-USE) \"\" *\r\n");
    CHECK(output.find("* LIST (\\HasNoChildren \\Sent) \"/\" Out\r\n") != std::string::npos);
    for (const auto* uses : {"\\All", "\\Flagged", "\\Nonsense", "\\Sent \\Trash"}) {
        CHECK(talk(account, "1 CREATE New (USE (" + std::string(uses) + "))\r\n") ==
              "1 NO [USEATTR] No mailbox can have this special use here\r\n");
    }
    for (const auto* broken : {"New (USE)", "New (USE (Sent))", "New (FOO (\\Sent))", "New USE (\\Sent)", "New (USE (\\Sent)",
             "", "New extra"})
        CHECK_MESSAGE(talk(account, "1 CREATE " + std::string(broken) + "\r\n").starts_with("1 BAD CREATE: "), broken);
    CHECK(talk(account, "1 STATUS New (MESSAGES)\r\n").starts_with("1 NO [NONEXISTENT]"));
}

TEST_CASE("what exists, or can't, isn't created") {
    store::MemoryAccount account;
    account.folder("There");
    CHECK(talk(account, "1 CREATE There\r\n").starts_with("1 NO [ALREADYEXISTS]"));
    CHECK(talk(account, "1 CREATE inbox\r\n").starts_with("1 NO [ALREADYEXISTS]"));
    CHECK(talk(account, "1 CREATE INBOX/\r\n").starts_with("1 NO [ALREADYEXISTS]"));
    CHECK(talk(account, "1 CREATE \"\"\r\n").starts_with("1 NO [CANNOT]"));
    account.fail_next({store::Error::over_quota});
    CHECK(talk(account, "1 CREATE New\r\n").starts_with("1 NO [OVERQUOTA]"));
}

TEST_CASE("DELETE removes a mailbox, and one that is selected is selected no more") {
    store::MemoryAccount account;
    account.folder("Old");
    CHECK(talk(account, "1 DELETE Old\r\n2 DELETE Old\r\n") ==
          "1 OK Delete completed.\r\n2 NO [NONEXISTENT] Mailbox doesn't exist: Old\r\n");
    CHECK(talk(account, "1 DELETE InBox\r\n") == "1 NO [CANNOT] INBOX can't be deleted\r\n");
    account.folder("Old");
    CHECK(talk(account, "1 SELECT Old\r\n2 DELETE Old\r\n3 FETCH 1 UID\r\n")
              .ends_with("2 OK Delete completed.\r\n3 BAD No mailbox selected\r\n"));
}

TEST_CASE("RENAME gives another name, below it as well") {
    store::MemoryAccount account;
    account.folder("a/b").deliver("x: y\n\n");
    account.folder("There");
    CHECK(talk(account, "1 RENAME a new\r\n2 STATUS new/b (MESSAGES)\r\n3 STATUS a/b (MESSAGES)\r\n") ==
          "1 OK Rename completed.\r\n* STATUS new/b (MESSAGES 1)\r\n2 OK Status completed.\r\n3 NO [NONEXISTENT] Mailbox "
          "doesn't exist: a/b\r\n");
    CHECK(talk(account, "1 RENAME new/b There\r\n").starts_with("1 NO [ALREADYEXISTS] Mailbox exists: There"));
    CHECK(talk(account, "1 RENAME new new/deeper\r\n") == "1 NO [CANNOT] A mailbox can't be put below itself\r\n");
    CHECK(talk(account, "1 RENAME There There\r\n").starts_with("1 NO [ALREADYEXISTS]"));
    CHECK(talk(account, "1 RENAME There INBOX\r\n").starts_with("1 NO [ALREADYEXISTS]"));
    CHECK(talk(account, "1 RENAME Nowhere X\r\n").starts_with("1 NO [NONEXISTENT] Mailbox doesn't exist: Nowhere"));
    CHECK(talk(account, "1 RENAME There \"\"\r\n").starts_with("1 NO [CANNOT]"));
    CHECK(talk(account, "1 RENAME There\r\n").starts_with("1 BAD RENAME: "));
}

TEST_CASE("RENAME of INBOX moves its messages, and INBOX stays") {
    store::MemoryAccount account;
    account.folder("INBOX").deliver("x: y\n\n");
    CHECK(talk(account, "1 RENAME INBOX Kept\r\n2 STATUS Kept (MESSAGES)\r\n3 STATUS INBOX (MESSAGES)\r\n") ==
          "1 OK Rename completed.\r\n* STATUS Kept (MESSAGES 1)\r\n2 OK Status completed.\r\n* STATUS INBOX (MESSAGES "
          "0)\r\n3 OK Status completed.\r\n");
}

TEST_CASE("a selected mailbox that is renamed is selected no more; IMAP4rev2 is told the old name") {
    store::MemoryAccount account;
    account.folder("a/b");
    CHECK(talk(account, "0 ENABLE IMAP4rev2\r\n1 SELECT a/b\r\n2 RENAME a \"c d\"\r\n3 FETCH 1 UID\r\n")
              .ends_with("* LIST () \"/\" \"c d\" (\"OLDNAME\" (a))\r\n2 OK Rename completed.\r\n3 BAD No mailbox "
                         "selected\r\n"));
}

TEST_CASE("subscriptions are kept, also of what isn't there") {
    store::MemoryAccount account;
    account.folder("a");
    CHECK(talk(account, "1 SUBSCRIBE a\r\n2 LSUB \"\" *\r\n3 UNSUBSCRIBE a\r\n4 LSUB \"\" *\r\n") ==
          "1 OK Subscribe completed.\r\n* LSUB () \"/\" a\r\n2 OK Lsub completed.\r\n3 OK Unsubscribe completed.\r\n4 OK Lsub "
          "completed.\r\n");
    CHECK(talk(account, "1 SUBSCRIBE\r\n").starts_with("1 BAD SUBSCRIBE: "));
}

TEST_CASE("a store that stutters is asked again") {
    store::MemoryAccount account;
    account.fail_next({store::Error::busy, store::Error::unfinished});
    CHECK(talk(account, "1 CREATE New\r\n").starts_with("1 OK "));
    account.fail_next({store::Error::unfinished});
    CHECK(talk(account, "1 RENAME New Newer\r\n").starts_with("1 OK "));
    account.fail_next({store::Error::unfinished, store::Error::busy});
    CHECK(talk(account, "1 DELETE Newer\r\n").starts_with("1 OK "));
    account.fail_next({store::Error::unfinished});
    CHECK(talk(account, "1 LIST \"\" %\r\n").find("INBOX") != std::string::npos);
}

TEST_CASE("without limits the quota root holds nothing, with limits what is used") {
    store::MemoryAccount account;
    CHECK(talk(account, "1 GETQUOTAROOT INBOX\r\n2 GETQUOTA \"\"\r\n") ==
          "* QUOTAROOT INBOX \"\"\r\n* QUOTA \"\" ()\r\n1 OK Getquotaroot completed.\r\n* QUOTA \"\" ()\r\n2 OK Getquota "
          "completed.\r\n");
    account.folder("INBOX").deliver("a: b\n\n" + std::string(2000, 'x') + "\n");
    account.limit_quota(10240, 5);
    CHECK(talk(account, "1 GETQUOTA \"\"\r\n") == "* QUOTA \"\" (STORAGE 2 10 MESSAGE 1 5)\r\n1 OK Getquota completed.\r\n");
    account.limit_quota(0, 5);
    CHECK(talk(account, "1 GETQUOTA \"\"\r\n") == "* QUOTA \"\" (MESSAGE 1 5)\r\n1 OK Getquota completed.\r\n");
}

TEST_CASE("quota of what isn't there, and limits set by clients, are refused") {
    store::MemoryAccount account;
    CHECK(talk(account, "1 GETQUOTA other\r\n") == "1 NO [NONEXISTENT] There is no such quota root\r\n");
    CHECK(talk(account, "1 GETQUOTAROOT Nowhere\r\n").starts_with("1 NO [NONEXISTENT]"));
    CHECK(talk(account, "1 SETQUOTA \"\" (STORAGE 5)\r\n") ==
          "1 NO [NOPERM] Quota is set in the server's configuration\r\n");
}
