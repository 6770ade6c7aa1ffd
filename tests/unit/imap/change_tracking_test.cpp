// SPDX-License-Identifier: Apache-2.0
// Several clients and other programs change one mailbox, at random by a printed seed. Each client is a model that knows
// nothing but the untagged responses it got; after every command it must agree with what its own server says.
#include "store/memory_account.hpp"
#include "tests/unit/imap/live_session.hpp"

#include "base/text.hpp"
#include "mail/uid_set.hpp"

#include <doctest/doctest.h>
#include <map>
#include <random>
#include <set>
#include <vector>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

namespace {

struct Known {
    std::uint32_t uid = 0; // 0: told by EXISTS only
    std::set<std::string> flags;
    std::uint64_t modseq = 0;
    bool operator==(const Known&) const = default;
};

enum class Kind { plain, condstore, qresync, rev2 };

std::uint64_t number_after(std::string_view line, std::string_view word) {
    const auto at = line.find(word);
    if (at == std::string_view::npos) return 0;
    const auto from = line.substr(at + word.size());
    return parse_u64(from.substr(0, from.find_first_not_of("0123456789"))).value_or(0);
}

std::set<std::string> flags_of(std::string_view line) {
    std::set<std::string> flags;
    auto list = line.substr(line.find("FLAGS (") + 7);
    list = list.substr(0, list.find(')'));
    for (const auto flag : split(list, ' '))
        if (!flag.empty() && flag != "\\Recent") flags.emplace(flag);
    return flags;
}

std::vector<std::uint32_t> numbers_of(std::string_view set) {
    std::vector<std::uint32_t> numbers;
    for (const auto& range : mail::NumberSet::parse(set)->resolve(0))
        for (auto n = range.first; n <= range.last; ++n)
            numbers.push_back(n);
    return numbers;
}

class Client {
public:
    Client(asio::io_context& io, store::Account& account, Kind kind) : session_(io, account), kind_(kind) {
        if (kind_ == Kind::qresync) session_.say("e ENABLE QRESYNC\r\n");
        if (kind_ == Kind::rev2) session_.say("e ENABLE IMAP4rev2 QRESYNC\r\n");
        select();
    }

    [[nodiscard]] bool has_modseqs() const { return kind_ != Kind::plain; }
    [[nodiscard]] bool has_qresync() const { return kind_ == Kind::qresync || kind_ == Kind::rev2; }
    [[nodiscard]] std::size_t size() const { return messages_.size(); }
    [[nodiscard]] const std::vector<Known>& messages() const { return messages_; }

    /// Sends a command and believes the answer; then compares.
    void command(const std::string& text) {
        believe(session_.say("x " + text + "\r\n"), text);
        compare();
    }
    void store(
        bool uid, const std::string& set, std::string mode, const std::string& flag, bool silent, bool conditional) {
        std::string text = (uid ? "UID STORE " : "STORE ") + set;
        if (conditional && has_modseqs()) text += " (UNCHANGEDSINCE " + std::to_string(seen_modseq_) + ")";
        text += " " + mode + (silent ? "FLAGS.SILENT (" : "FLAGS (") + flag + ")";
        const auto answer = session_.say("x " + text + "\r\n");
        // A silent STORE came true for everything that MODIFIED doesn't name, and what is told otherwise comes after.
        if (silent) assume(uid, set, mode, flag, answer);
        believe(answer, text);
        compare();
    }
    /// Leaves the mailbox, misses what happens meanwhile, and comes back with what it knows.
    void leave() {
        session_.say("x UNSELECT\r\n");
        away_ = true;
    }
    void come_back() {
        if (!away_) return;
        if (!has_qresync()) return select();
        std::map<std::uint32_t, Known> cache;
        for (const auto& message : messages_)
            cache[message.uid] = message;
        messages_.clear();
        earlier_.clear();
        believe(session_.say("x SELECT INBOX (QRESYNC (1 " + std::to_string(highest_modseq_) + "))\r\n"), "SELECT");
        for (const auto uid : earlier_)
            cache.erase(uid);
        for (const auto& message : messages_)
            if (message.uid != 0) cache[message.uid] = message;
        REQUIRE(cache.size() == messages_.size());
        std::size_t index = 0;
        for (const auto& [uid, message] : cache)
            messages_[index++] = message;
        away_ = false;
        compare();
    }
    [[nodiscard]] bool is_away() const { return away_; }

private:
    void select() {
        messages_.clear();
        believe(session_.say(has_modseqs() ? "x SELECT INBOX (CONDSTORE)\r\n" : "x SELECT INBOX\r\n"), "SELECT");
        away_ = false;
        compare();
    }

    void assume(
        bool uid, const std::string& set, const std::string& mode, const std::string& flag, const std::string& answer) {
        std::set<std::uint32_t> left_alone;
        if (const auto at = answer.find("[MODIFIED "); at != std::string::npos)
            for (const auto n : numbers_of(answer.substr(at + 10, answer.find(']', at) - at - 10)))
                left_alone.insert(n);
        const bool some_gone = answer.find("expunged meanwhile") != std::string::npos;
        for (const auto n : numbers_of(set)) {
            const auto at =
                std::find_if(messages_.begin(), messages_.end(), [&](const Known& m) { return m.uid == n; });
            if (uid ? at == messages_.end() : n > messages_.size()) continue;
            auto& message = uid ? *at : messages_[n - 1];
            if (left_alone.contains(n)) continue;
            // Which one is gone isn't said: the client must ask, as the comparison after this does.
            if (some_gone) message.uid = 0;
            if (mode == "+") message.flags.insert(flag);
            if (mode == "-") message.flags.erase(flag);
            if (mode.empty()) message.flags = {flag};
        }
    }

    void believe(const std::string& answer, const std::string& command) {
        INFO(command, "\n", answer);
        const bool by_number =
            command.starts_with("STORE") || command.starts_with("FETCH") || command.starts_with("SEARCH");
        CHECK(answer.find("x BAD") == std::string::npos);
        for (const auto line : split(answer, '\n')) {
            if (line.starts_with("* VANISHED")) {
                CHECK(has_qresync());
                CHECK_FALSE(by_number);
                vanish(trim(line));
            } else if (line.find(" EXPUNGE\r") != std::string_view::npos) {
                CHECK_FALSE(has_qresync());
                CHECK_FALSE(by_number);
                const auto number = number_after(line, "* ");
                REQUIRE(number >= 1);
                REQUIRE(number <= messages_.size());
                messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(number) - 1);
            } else if (line.find(" EXISTS\r") != std::string_view::npos) {
                const auto count = number_after(line, "* ");
                REQUIRE(count >= messages_.size());
                messages_.resize(count);
            } else if (line.find(" FETCH (") != std::string_view::npos) {
                fetched(line);
            }
            CHECK((kind_ != Kind::rev2 || line.find("RECENT") == std::string_view::npos));
            if (const auto modseq = number_after(line, "[HIGHESTMODSEQ ")) {
                CHECK(modseq >= highest_modseq_);
                highest_modseq_ = seen_modseq_ = modseq;
            }
        }
    }

    void vanish(std::string_view line) {
        const bool earlier = line.find("(EARLIER)") != std::string_view::npos;
        for (const auto uid : numbers_of(line.substr(line.rfind(' ') + 1))) {
            if (earlier) {
                earlier_.insert(uid);
                continue;
            }
            const auto gone = index_of(uid);
            REQUIRE(gone < messages_.size());
            messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(gone));
        }
    }

    // A UID that was never told is one of the unknown messages between its neighbours.
    [[nodiscard]] std::size_t index_of(std::uint32_t uid) const {
        std::size_t unknown = messages_.size();
        for (std::size_t i = 0; i < messages_.size(); ++i) {
            if (messages_[i].uid == uid) return i;
            if (messages_[i].uid == 0) unknown = i;
            if (messages_[i].uid > uid) break;
            if (messages_[i].uid != 0) unknown = messages_.size();
        }
        return unknown;
    }

    void fetched(std::string_view line) {
        const auto number = number_after(line, "* ");
        REQUIRE(number >= 1);
        REQUIRE(number <= messages_.size());
        auto& message = messages_[number - 1];
        if (const auto uid = number_after(line, "UID ")) {
            if (message.uid != 0) CHECK(message.uid == uid);
            message.uid = static_cast<std::uint32_t>(uid);
        }
        if (line.find("FLAGS (") != std::string_view::npos) message.flags = flags_of(line);
        if (has_modseqs()) CHECK(line.find("MODSEQ (") != std::string_view::npos);
        if (const auto modseq = number_after(line, "MODSEQ (")) message.modseq = modseq;
    }

    // FETCH by number tells what the server's view of this session is, without changing it.
    void compare() {
        const auto before = messages_;
        if (before.empty()) {
            CHECK(session_.say("y SEARCH ALL\r\n").find("y OK") != std::string::npos);
            return;
        }
        messages_.assign(before.size(), {});
        const auto answer =
            session_.say(has_modseqs() ? "y FETCH 1:* (UID FLAGS MODSEQ)\r\n" : "y FETCH 1:* (UID FLAGS)\r\n");
        REQUIRE(answer.find("y OK") != std::string::npos);
        believe(answer, "FETCH");
        for (std::size_t i = 0; i < before.size(); ++i) {
            INFO("message ", i + 1, " of ", before.size());
            REQUIRE(messages_[i].uid != 0);
            if (before[i].uid != 0) CHECK(before[i] == messages_[i]);
        }
        CHECK(session_.say("y FETCH " + std::to_string(before.size() + 1) + " UID\r\n").find("y BAD") !=
              std::string::npos);
    }

    LiveSession session_;
    Kind kind_;
    std::vector<Known> messages_;
    std::set<std::uint32_t> earlier_;
    std::uint64_t highest_modseq_ = 1, seen_modseq_ = 1;
    bool away_ = false;
};

class Scene {
public:
    explicit Scene(unsigned seed) : engine_(seed) {
        account_.folder("Other");
        for (int i = 0; i < 6; ++i)
            inbox().deliver("a: b\n\n");
        for (const auto kind : {Kind::plain, Kind::condstore, Kind::qresync, Kind::rev2, Kind::plain, Kind::qresync})
            clients_.push_back(std::make_unique<Client>(io_, account_, kind));
    }

    void step() {
        if (chance(5)) disturb();
        if (chance(10)) account_.fail_next({store::Error::unfinished, store::Error::unfinished});
        auto& client = *clients_[below(clients_.size())];
        if (client.is_away()) return client.come_back();
        act(client);
        account_.fail_next({});
    }
    void settle() {
        for (auto& client : clients_) {
            client->come_back();
            client->command("NOOP");
            REQUIRE(client->size() == inbox().messages.size());
            for (std::size_t i = 0; i < client->size(); ++i) {
                CHECK(client->messages()[i].uid == inbox().messages[i].row.uid);
                if (client->has_modseqs()) CHECK(client->messages()[i].modseq == inbox().messages[i].row.modseq);
            }
        }
    }

private:
    store::MemoryAccount::Folder& inbox() { return account_.folder("INBOX"); }
    std::size_t below(std::size_t limit) { return limit == 0 ? 0 : engine_() % limit; }
    bool chance(std::size_t one_in) { return below(one_in) == 0; }
    std::string flag() {
        static const std::vector<std::string> all{"\\Seen", "\\Deleted", "\\Flagged", "$Junk", "$Work"};
        return all[below(all.size())];
    }
    std::string numbers(const Client& client, bool uid) {
        std::set<std::uint32_t> chosen;
        for (auto i = below(4) + 1; i > 0; --i) {
            const auto index = below(client.size());
            chosen.insert(uid ? client.messages()[index].uid : static_cast<std::uint32_t>(index + 1));
        }
        return mail::to_sequence_set({chosen.begin(), chosen.end()});
    }

    // Another program.
    void disturb() {
        if (chance(2)) inbox().deliver("x: y\n\n");
        const auto& all = inbox().messages;
        if (!all.empty() && chance(3)) inbox().expunge(all[below(all.size())].row.uid);
        if (!all.empty() && chance(2))
            inbox().set_flags(all[below(all.size())].row.uid, {static_cast<std::uint8_t>(below(32))});
    }

    void act(Client& client) {
        static const std::vector<std::string> modes{"+", "-", ""};
        const bool uid = chance(2);
        const auto prefix = uid ? std::string("UID ") : std::string();
        const auto what = below(12);
        if (client.size() == 0 && what >= 4 && what != 10) return client.command("APPEND INBOX (\\Seen) {2+}\r\nab");
        switch (what) {
        case 0: return client.command("NOOP");
        case 1: return client.command("CHECK");
        case 2: return client.command("APPEND INBOX (\\Seen) {2+}\r\nab {1+}\r\nc");
        case 3: return client.command("EXPUNGE");
        case 4: return client.command("UID EXPUNGE " + numbers(client, true));
        case 5: return client.command(prefix + "COPY " + numbers(client, uid) + (chance(2) ? " INBOX" : " Other"));
        case 6: return client.command(prefix + "MOVE " + numbers(client, uid) + (chance(2) ? " INBOX" : " Other"));
        case 10: return client.leave();
        default: client.store(uid, numbers(client, uid), modes[below(3)], flag(), chance(2), chance(4));
        }
    }

    std::mt19937 engine_;
    asio::io_context io_{1};
    store::MemoryAccount account_;
    std::vector<std::unique_ptr<Client>> clients_;
};

} // namespace

TEST_CASE("clients that believe what they are told agree with the server, whoever changes the mailbox") {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        INFO("seed ", seed);
        Scene scene(seed);
        for (int i = 0; i < 150; ++i)
            scene.step();
        scene.settle();
    }
}
