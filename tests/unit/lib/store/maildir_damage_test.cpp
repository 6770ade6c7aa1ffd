// SPDX-License-Identifier: Apache-2.0
// The index damaged in many ways: no way ends the worker, and UIDs stay.
#include "maildir_fixture.hpp"

#include <map>
#include <random>

using namespace hearth;
using namespace hearth::store;

namespace {

namespace fs = std::filesystem;

constexpr int rounds = 1000;
constexpr int messages = 12;
constexpr std::size_t page_bytes = 4096;

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

std::string subject(int number) {
    return "message-" + std::to_string(number);
}

// An account whose index has a history, and copies of that index: as a worker leaves it, and as a killed one does.
struct Template {
    Maildir disk;
    std::map<std::string, std::string> closed, killed; // file name to bytes

    Template() {
        for (int i = 0; i < messages; ++i)
            disk.deliver(std::to_string(100 + i) + ".a:2,", "Subject: " + subject(i + 1) + "\n\nbody\n", "cur/");
        disk.age();
        {
            MaildirAccount account(disk.settings());
            const auto inbox = open_or_fail(account, "INBOX");
            for (const auto& row : inbox->rows())
                static_cast<void>(patiently([&] { return inbox->summary(row.uid); }));
            disk.age();
            static_cast<void>(open_or_fail(account, "INBOX"));
            killed = files();
        }
        closed = files();
    }
    [[nodiscard]] std::map<std::string, std::string> files() const {
        std::map<std::string, std::string> result;
        for (const auto& entry : fs::directory_iterator(disk.path / "hearth"))
            result[entry.path().filename()] = disk.read("hearth/" + entry.path().filename().string());
        return result;
    }
    void restore(const std::map<std::string, std::string>& wanted) const {
        fs::remove_all(disk.path / "hearth");
        fs::create_directory(disk.path / "hearth");
        for (const auto& [name, bytes] : wanted)
            disk.write("hearth/" + name, bytes);
    }
};

// Changes some of the files, and tells how.
std::string damage(std::map<std::string, std::string>& files, Random& random) {
    std::vector<std::string> names;
    for (const auto& [name, bytes] : files)
        if (name.starts_with("index.db") && !bytes.empty()) names.push_back(name);
    const auto name = names.at(below(random, names.size()));
    auto& bytes = files[name];
    switch (below(random, 6)) {
    case 0: bytes.resize(below(random, bytes.size())); return name + " cut";
    case 1: {
        const auto at = below(random, bytes.size()) / page_bytes * page_bytes;
        bytes.replace(
            at, std::min(page_bytes, bytes.size() - at), std::string(std::min(page_bytes, bytes.size() - at), '\0'));
        return name + " with a zero page";
    }
    case 2:
        for (auto& byte : bytes)
            byte = static_cast<char>(random());
        return name + " with random bytes";
    case 3: {
        const auto at = below(random, bytes.size());
        const auto end = std::min(bytes.size(), at + 1 + below(random, 2 * page_bytes));
        for (auto i = at; i < end; ++i)
            bytes[i] = static_cast<char>(random());
        return name + " with a torn piece";
    }
    case 4: files.erase(name); return name + " deleted";
    default: bytes += std::string(below(random, 3 * page_bytes), 'x'); return name + " with more at its end";
    }
}

// The account as a client sees it; it must work, whatever it comes to.
std::string look(Maildir& disk) {
    std::string found;
    MaildirAccount account(disk.settings());
    const auto inbox = open_or_fail(account, "INBOX");
    const Uids known = uids(*inbox);
    for (const auto uid : known) {
        const auto message = patiently([&] { return inbox->message(uid); });
        found += std::to_string(uid) + " " +
                 (message ? (*message)->header("Subject").value_or("") : message.error().message()) + "\n";
        static_cast<void>(patiently([&] { return inbox->summary(uid); }));
    }
    FlagChange change;
    change.mode = FlagChange::Mode::replace;
    const auto changed = patiently([&] { return inbox->change_flags(known, change); });
    REQUIRE_MESSAGE(
        changed.has_value(), changed.error().message() << " " << (disk.warnings.empty() ? "" : disk.warnings.back()));
    CHECK(sync(*inbox).has_value());
    account.went_idle();
    return found;
}

// Of the first round; the environment's, to see one again.
unsigned first_seed() {
    const char* given = std::getenv("HEARTH_SEED");
    return given == nullptr ? std::random_device()() : static_cast<unsigned>(std::strtoul(given, nullptr, 10));
}

} // namespace

TEST_CASE("an index that is damaged in a thousand ways costs no UID and ends no worker") {
    // Each round makes an index anew, and waits for the disk.
    const char* before = std::getenv("TMPDIR");
    const std::string place = before == nullptr ? "" : before;
    if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 1);
    Template account;
    place.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", place.c_str(), 1);
    std::string wanted;
    for (int i = 1; i <= messages; ++i)
        wanted += std::to_string(i) + " " + subject(i) + "\n";
    REQUIRE(look(account.disk) == wanted);
    const auto first = first_seed();
    for (int round = 0; round < rounds; ++round) {
        const auto seed = first + static_cast<unsigned>(round);
        CAPTURE(seed);
        Random random(seed);
        auto files = below(random, 2) == 0 ? account.closed : account.killed;
        const auto how = damage(files, random);
        CAPTURE(how);
        account.restore(files);
        REQUIRE(look(account.disk) == wanted);
        REQUIRE(look(account.disk) == wanted);
    }
}

TEST_CASE("single bytes of an index that change end no worker, and what a client asks for is answered") {
    const char* before = std::getenv("TMPDIR");
    const std::string place = before == nullptr ? "" : before;
    if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 1);
    Template account;
    place.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", place.c_str(), 1);
    const auto wanted = look(account.disk);
    const auto first = first_seed();
    for (int round = 0; round < rounds; ++round) {
        const auto seed = first + static_cast<unsigned>(round);
        CAPTURE(seed);
        Random random(seed);
        auto files = below(random, 2) == 0 ? account.closed : account.killed;
        for (auto& [name, bytes] : files)
            for (std::size_t i = below(random, 20); name.starts_with("index.db") && !bytes.empty() && i > 0; --i)
                bytes[below(random, bytes.size())] ^= static_cast<char>(1U << below(random, 8));
        account.restore(files);
        // SQLite has no sums of its pages: a byte within a row may change it unseen. No message is lost.
        static_cast<void>(look(account.disk));
        account.disk.remove("hearth/index.db");
        REQUIRE(look(account.disk) == wanted);
    }
}

TEST_CASE("the index of another user's mail is not used") {
    Maildir mine, other;
    mine.deliver("1.mine", "Subject: mine\n\nx\n");
    other.deliver("1.other", "Subject: other\n\nx\n");
    other.deliver("2.other", "Subject: more\n\nx\n");
    const auto of_mine = look(mine);
    static_cast<void>(look(other));
    fs::remove_all(mine.path / "hearth");
    fs::copy(other.path / "hearth", mine.path / "hearth");
    mine.warnings.clear();
    CHECK(look(mine) == of_mine);
    CHECK(mine.warned("it is of the mail in"));
}
