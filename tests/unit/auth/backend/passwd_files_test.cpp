// SPDX-License-Identifier: Apache-2.0
#include "temporary_directory.hpp"
#include "backend/passwd_files.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace hearth;
using namespace hearth::auth;
using namespace std::chrono_literals;

namespace {

const Time start{1000s};

Variables user(const char* name) {
    Variables variables;
    variables.user = name;
    return variables;
}

} // namespace

TEST_CASE("a changed file counts from the next look-up on, whoever holds the old one keeps it") {
    const test::TemporaryDirectory directory;
    const auto path = directory.write("users", "alice:one\n");
    PasswdFiles files;
    const auto first = files.get(path, start);
    REQUIRE(first.has_value());
    CHECK((*first)->users.at("alice").password == "one");

    directory.write("users", "alice:two\nbob:three\n");
    const auto second = files.get(path, start);
    REQUIRE(second.has_value());
    CHECK((*second)->users.at("alice").password == "two");
    CHECK((*first)->users.at("alice").password == "one");
}

TEST_CASE("two changes of equal size within one tick of the clock are both seen") {
    const test::TemporaryDirectory directory;
    const auto path = directory.write("users", "alice:one\n");
    PasswdFiles files;
    auto now = start;
    for (int i = 0; i < 50; ++i) {
        const auto text = "alice:" + std::to_string(100 + i) + "\n";
        {
            std::ofstream out(path, std::ios::binary | std::ios::trunc); // in place: same inode, same size
            out << text;
        }
        now += 1ms;
        const auto file = files.get(path, now);
        REQUIRE(file.has_value());
        CHECK((*file)->users.at("alice").password == std::to_string(100 + i));
    }
}

TEST_CASE("an entry is found by format, a missing user or a missing domain's file is nobody") {
    const test::TemporaryDirectory directory;
    directory.write("example.org", "alice:one::::/home/a\n");
    PasswdFiles files;
    const auto format = directory.path() + "/%d";
    const auto found = files.find(format, "%n", user("alice@example.org"), start);
    REQUIRE(found.has_value());
    REQUIRE(found->has_value());
    CHECK((**found).home == "/home/a");
    CHECK_FALSE(files.find(format, "%n", user("bob@example.org"), start)->has_value());
    CHECK_FALSE(files.find(format, "%u", user("alice@example.org"), start)->has_value());
    CHECK_FALSE(files.find(format, "%n", user("alice@other.net"), start)->has_value());
}

TEST_CASE("what can't be read is a fault that names the file, never an unknown user") {
    const test::TemporaryDirectory directory;
    PasswdFiles files;
    const auto missing = files.find(directory.path() + "/users", "%u", user("alice"), start);
    REQUIRE(missing.has_error());
    CHECK(missing.error().text.find("/users doesn't exist") != std::string::npos);

    ::mkdir((directory.path() + "/folder").c_str(), 0700);
    CHECK(files.get(directory.path() + "/folder", start).has_error());
    ::mkfifo((directory.path() + "/fifo").c_str(), 0600);
    CHECK(files.get(directory.path() + "/fifo", start).has_error());

    if (::geteuid() == 0) return; // root reads everything
    const auto path = directory.write("secret", "alice:one\n");
    ::chmod(path.c_str(), 0);
    const auto refused = files.get(path, start);
    REQUIRE(refused.has_error());
    CHECK(refused.error().text.find("can't be read by uid") != std::string::npos);
    CHECK(refused.error().text.find("chmod 640") != std::string::npos);
}

TEST_CASE("a file that goes away or becomes unreadable takes its users with it") {
    const test::TemporaryDirectory directory;
    const auto path = directory.write("users", "alice:one\n");
    PasswdFiles files;
    REQUIRE(files.get(path, start).has_value());
    ::unlink(path.c_str());
    CHECK(files.get(path, start + 1s)->get() == nullptr);
}

TEST_CASE("more files than are kept still work") {
    const test::TemporaryDirectory directory;
    PasswdFiles files;
    for (std::size_t i = 0; i < PasswdFiles::files_max + 20; ++i) {
        const auto path = directory.write("d" + std::to_string(i), "u:" + std::to_string(i) + "\n");
        const auto file = files.get(path, start + std::chrono::milliseconds(i));
        REQUIRE(file.has_value());
        CHECK((*file)->users.at("u").password == std::to_string(i));
    }
    CHECK((*files.get(directory.path() + "/d0", start + 1s))->users.at("u").password == "0");
}
