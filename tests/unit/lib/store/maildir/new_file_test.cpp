// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/new_file.hpp"

#include "disk_fixture.hpp"
#include "mail/message.hpp"
#include "store/maildir/file_name.hpp"
#include "store/maildir/message_file.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <random>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>

using namespace hearth;
using namespace hearth::store;

namespace {

struct NewMaildir : Disk {
    NewMaildir() { make_maildir(); }

    // Writes `text` in pieces of `piece` bytes and publishes it; the name in cur/.
    [[nodiscard]] std::string add(std::string_view text, std::size_t piece = 1000) const {
        auto file = NewFile::create(at());
        REQUIRE(file.has_value());
        for (std::size_t from = 0; from < text.size(); from += piece)
            REQUIRE(file->write(text.substr(from, piece)).has_value());
        REQUIRE(file->finish(1000000000).has_value());
        const auto name = file->publish("FS");
        REQUIRE(name.has_value());
        return *name;
    }
    [[nodiscard]] std::string fetch(const std::string& name) const {
        auto file = MessageFile::open(at(), "cur/" + name);
        REQUIRE(file.has_value());
        const auto text = file->read();
        REQUIRE(text.has_value());
        return *text;
    }
};

} // namespace

TEST_CASE("a message gets a name with its flags and both sizes, and its internal date") {
    const NewMaildir disk;
    const auto name = disk.add("Subject: x\r\n\r\nbody\r\n");
    CHECK(disk.read("cur/" + name) == "Subject: x\n\nbody\n");
    const auto parsed = parse_maildir_name(name);
    CHECK(parsed.size == 17);
    CHECK(parsed.virtual_size == 20);
    CHECK(parsed.flags.has(mail::Flag::seen));
    CHECK(name.ends_with(",S=17,W=20:2,FS"));
    CHECK(disk.names("tmp").empty());
    struct stat status {};
    REQUIRE(::stat((disk.path / "cur" / name).c_str(), &status) == 0);
    CHECK(status.st_mtime == 1000000000);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("whatever a client sends, in whatever pieces, comes back with CRLF line ends and the size it was given") {
    std::mt19937 random(11);
    const NewMaildir disk;
    for (int round = 0; round < 300; ++round) {
        std::string text;
        for (auto count = random() % 30; count > 0; --count)
            text += std::string_view("\r\n\na\r\n")[random() % 6];
        CAPTURE(text);
        const auto name = disk.add(text, 1 + random() % 4);
        const auto got = disk.fetch(name);
        CHECK(got == mail::to_crlf(text));
        CHECK(parse_maildir_name(name).virtual_size == got.size());
        CHECK(parse_maildir_name(name).size == disk.read("cur/" + name).size());
        disk.remove("cur/" + name);
    }
}

TEST_CASE("large messages and empty ones are whole") {
    const NewMaildir disk;
    std::string text;
    for (int i = 0; text.size() < 300000; ++i)
        text += "line " + std::to_string(i) + "\r\n";
    CHECK(disk.fetch(disk.add(text, 7777)) == text);
    CHECK(disk.fetch(disk.add("")) == "");
    CHECK(disk.fetch(disk.add("\r")) == "\r");
}

TEST_CASE("one that isn't published leaves nothing behind") {
    const NewMaildir disk;
    {
        auto file = NewFile::create(disk.at());
        REQUIRE(file.has_value());
        REQUIRE(file->write("x").has_value());
        CHECK(disk.names("tmp").size() == 1);
        const auto moved = std::move(*file);
        CHECK(disk.names("tmp").size() == 1);
    }
    CHECK(disk.names("tmp").empty());
    CHECK(disk.names("cur").empty());
}

TEST_CASE("names never repeat, rise, and sort by arrival") {
    std::string last;
    for (int i = 0; i < 10000; ++i) {
        const auto base = unique_base();
        if (i > 0) CHECK(arrived_before(last, base));
        last = base;
    }
    CHECK(is_message_name(last));
    CHECK(last.find_first_of(":/, \n") == std::string::npos);
    // A child that was forked between two names has others than its parent.
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    if (::fork() == 0) {
        const auto base = unique_base();
        ::_exit(::write(pipe[1], base.data(), base.size()) == static_cast<ssize_t>(base.size()) ? 0 : 1);
    }
    std::string other(300, '\0');
    other.resize(static_cast<std::size_t>(::read(pipe[0], other.data(), other.size())));
    ::wait(nullptr);
    CHECK(other.find(".M") != std::string::npos);
    CHECK(other.substr(0, other.find('.', 12)) != unique_base().substr(0, other.find('.', 12)));
    ::close(pipe[0]);
    ::close(pipe[1]);
}

TEST_CASE("a copy is a hard link under a new name") {
    const NewMaildir disk;
    disk.make_maildir(".Sent");
    const UniqueFd sent(::open((disk.path / ".Sent").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const auto name = disk.add("Subject: x\r\n\r\n");
    auto copy = NewFile::take(sent.get(), disk.at(), "cur/" + name, std::nullopt);
    REQUIRE(copy.has_value());
    CHECK(copy->virtual_size() == 14);
    const auto copied = copy->publish("");
    REQUIRE(copied.has_value());
    CHECK(parse_maildir_name(*copied).base != parse_maildir_name(name).base);
    CHECK(copied->ends_with(",S=12,W=14:2,"));
    struct stat a {
    }, b{};
    REQUIRE(::stat((disk.path / "cur" / name).c_str(), &a) == 0);
    REQUIRE(::stat((disk.path / ".Sent/cur" / *copied).c_str(), &b) == 0);
    CHECK(a.st_ino == b.st_ino);
    CHECK(disk.names(".Sent/tmp").empty());
}

TEST_CASE("taking a message that is gone, or none, says so and leaves nothing") {
    const NewMaildir disk;
    CHECK(NewFile::take(disk.at(), disk.at(), "cur/1.gone:2,", std::nullopt).error() ==
          boost::system::errc::no_such_file_or_directory);
    disk.make("cur/2.dir:2,");
    CHECK_FALSE(NewFile::take(disk.at(), disk.at(), "cur/2.dir:2,", std::nullopt).has_value());
    std::filesystem::create_symlink("/etc/passwd", disk.path / "cur/3.link:2,");
    CHECK_FALSE(NewFile::take(disk.at(), disk.at(), "cur/3.link:2,", std::nullopt).has_value());
    CHECK(disk.names("tmp").empty());
}

TEST_CASE("a message that gets another name while it is taken is gone under the old one, and nothing else is wrong") {
    const NewMaildir disk;
    disk.write("cur/1.a:2,", "x");
    std::atomic<bool> stop = false;
    std::thread other([&] { // reads it and unreads it
        for (bool seen = false; !stop || seen; seen = !seen)
            disk.rename(seen ? "cur/1.a:2,S" : "cur/1.a:2,", seen ? "cur/1.a:2," : "cur/1.a:2,S");
    });
    std::set<int> errors;
    for (int i = 0; i < 20000; ++i) {
        const auto copy = NewFile::take(disk.at(), disk.at(), "cur/1.a:2,", std::nullopt);
        if (!copy) errors.insert(copy.error().value());
    }
    stop = true;
    other.join();
    CHECK(errors == std::set<int>{ENOENT});
}

TEST_CASE("where no link can be made, the message is copied with its time") {
    const NewMaildir disk;
    // Another file system than that of temporary directories, if there is one.
    std::string elsewhere = "/dev/shm/hearth-test-XXXXXX";
    if (::mkdtemp(elsewhere.data()) == nullptr) return;
    {
        const auto name = disk.add("Subject: x\r\n\r\nbody\r\n");
        for (const auto* part : {"cur", "tmp"})
            std::filesystem::create_directories(elsewhere + "/" + part);
        const UniqueFd other(::open(elsewhere.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        auto copy = NewFile::take(other.get(), disk.at(), "cur/" + name, 20);
        REQUIRE(copy.has_value());
        const auto copied = copy->publish("S");
        REQUIRE(copied.has_value());
        auto file = MessageFile::open(other.get(), "cur/" + *copied);
        REQUIRE(file.has_value());
        CHECK(file->read().value() == "Subject: x\r\n\r\nbody\r\n");
        CHECK(file->internal_date() == 1000000000);
        CHECK(std::filesystem::is_empty(elsewhere + "/tmp"));
    }
    std::filesystem::remove_all(elsewhere);
}

TEST_CASE("of a packed message only its name tells the size unpacked") {
    const NewMaildir disk;
    disk.write("cur/1.a:2,", "\x1f\x8b\x08 not really");
    const auto copy = NewFile::take(disk.at(), disk.at(), "cur/1.a:2,", 77);
    REQUIRE(copy.has_value());
    CHECK(copy->base().find(",S=") == std::string::npos);
    CHECK(copy->base().ends_with(",W=77"));
}

TEST_CASE("a file that may not grow says that it is full of something") {
    const NewMaildir disk;
    const auto pid = ::fork();
    if (pid == 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{100000, 100000};
        auto file = NewFile::create(disk.at());
        bool failed = ::setrlimit(RLIMIT_FSIZE, &limit) == 0 && file.has_value();
        failed = failed && !file->write(std::string(200000, 'x'));
        { const auto gone = std::move(*file); }
        ::_exit(failed && disk.names("tmp").empty() ? 0 : 1);
    }
    int status = 1;
    ::waitpid(pid, &status, 0);
    CHECK(status == 0);
    CHECK(is_full({ENOSPC, boost::system::system_category()}));
    CHECK(is_full({EDQUOT, boost::system::system_category()}));
    CHECK_FALSE(is_full({EIO, boost::system::system_category()}));
}

TEST_CASE("a Maildir without tmp/ gets one") {
    const Disk disk;
    disk.make("cur");
    auto file = NewFile::create(disk.at());
    REQUIRE(file.has_value());
    CHECK(disk.names("tmp").size() == 1);
}

TEST_CASE("leftovers go after 36 hours, and nothing else does") {
    const NewMaildir disk;
    disk.write("tmp/1.fresh", "x");
    disk.set_age("tmp/1.fresh", 1000000); // an internal date in the past
    disk.make("tmp/hearth-removed.1");
    remove_leftovers(disk.at());
    CHECK(disk.names("tmp").size() == 2);
}
