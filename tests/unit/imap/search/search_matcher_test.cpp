// SPDX-License-Identifier: Apache-2.0
// SEARCH beside brute force: random programs over random mail, evaluated message by message from the parsed mail.
#include "search/search_matcher.hpp"
#include "case_folding.hpp"
#include "tests/unit/imap/search/stuttering_account.hpp"
#include "wire/dates.hpp"
#include "wire/search_request.hpp"

#include <doctest/doctest.h>
#include <random>

using namespace hearth;
using namespace hearth::imap;
using hearth::imap::testing::StutteringAccount;

namespace {

constexpr std::int64_t now = 100 * 86400;

/// A mailbox of random mail, some of it gone.
class Mail {
public:
    explicit Mail(unsigned seed) : random_(seed) {
        auto& inbox = account_.folder("INBOX");
        inbox.keywords = {"one", "two"};
        const auto count = random_() % 12;
        for (unsigned i = 0; i < count; ++i)
            add(inbox);
        view_ = std::make_unique<View>(account_.open("INBOX", false).value(), "INBOX", enabled_, Time());
        for (auto& message : inbox.messages)
            message.unreadable = random_() % 6 == 0;
    }

    store::MemoryAccount::Folder& inbox() { return account_.folder("INBOX"); }
    testing::ReadHabits& habits() { return account_.habits; }
    const View& view() const { return *view_; }
    std::vector<std::uint32_t> saved;

private:
    std::string word() {
        static constexpr const char* words[] = {"fox", "Fox", "dog", "\xc3\x84pfel", "x", ""};
        return words[random_() % 6];
    }
    void add(store::MemoryAccount::Folder& inbox) {
        mail::Flags flags;
        flags.bits = static_cast<std::uint8_t>(random_() % 32);
        std::string text = "Subject: " + word() + " " + word() + "\n";
        if (random_() % 3 != 0) text += "Date: " + std::to_string(1 + random_() % 5) + " Jan 2020 23:00:00 -0900\n";
        for (auto n = random_() % 3; n > 0; --n)
            text += "X-Tag: " + word() + "\n";
        text += "\n" + word() + " " + word() + "\n";
        const auto uid = inbox.deliver(text, flags, static_cast<std::int64_t>(random_() % 200 * 86400));
        auto* stored = inbox.find(uid);
        stored->row.keywords = random_() % 4;
        stored->row.modseq = random_() % 10;
        stored->threadid = random_() % 2 == 0 ? "Ta" : "";
        if (random_() % 2 == 0) saved.push_back(uid);
        inbox.uidnext += static_cast<std::uint32_t>(random_() % 3);
    }

    std::mt19937 random_;
    StutteringAccount account_;
    Enabled enabled_;
    std::unique_ptr<View> view_;
};

/// Random search keys as a client writes them.
class Keys {
public:
    explicit Keys(unsigned seed) : random_(seed) {}

    std::string program() {
        std::string text = key(0);
        for (auto n = random_() % 3; n > 0; --n)
            text += ' ' + key(0);
        return text;
    }

private:
    std::string key(int depth) {
        if (depth < 4) {
            switch (random_() % 8) {
            case 0: return "NOT " + key(depth + 1);
            case 1: return "OR " + key(depth + 1) + ' ' + key(depth + 1);
            case 2: return '(' + key(depth + 1) + ' ' + key(depth + 1) + ')';
            default: break;
            }
        }
        static constexpr const char* leaves[] = {"ALL", "SEEN", "UNSEEN", "DELETED", "FLAGGED", "NEW", "OLD", "RECENT",
            "KEYWORD one", "UNKEYWORD TWO", "KEYWORD three", "2:4", "*", "1", "UID 3:7", "UID *", "$", "UID $",
            "LARGER 60", "SMALLER 70", "BEFORE 1-Mar-1970", "SINCE 1-Apr-1970", "YOUNGER 864000", "OLDER 4320000",
            "MODSEQ 5", "MODSEQ \"/flags/\\\\Seen\" all 7", "THREADID Ta", "SENTBEFORE 3-Jan-2020", "SENTON 2-Jan-2020",
            "SENTSINCE 4-Jan-2020", "SUBJECT fox", "SUBJECT \"fox dog\"", "SUBJECT \"\"", "FROM x", "HEADER X-Tag fox",
            "HEADER x-tag \"\"", "HEADER X-None \"\"", "BODY fox", "BODY \"\xc3\xa4PF\"", "TEXT dog", "TEXT subject",
            "BODY nothing", "SAVEDATESUPPORTED"};
        return leaves[random_() % std::size(leaves)];
    }
    std::mt19937 random_;
};

/// Kleene's logic in the plainest form: 0 no, 1 unknown, 2 yes.
class BruteForce {
public:
    explicit BruteForce(Mail& mail) : mail_(mail) {}

    int truth(const SearchKey& key, std::size_t index) {
        using Kind = SearchKey::Kind;
        if (key.kind == Kind::negate) return 2 - truth(key.children.front(), index);
        if (key.kind == Kind::any || key.kind == Kind::every) {
            int result = key.kind == Kind::any ? 0 : 2;
            for (const auto& child : key.children)
                result = key.kind == Kind::any ? std::max(result, truth(child, index)) :
                                                 std::min(result, truth(child, index));
            return result;
        }
        const auto& row = mail_.view().rows()[index];
        const auto* stored = mail_.inbox().find(row.uid);
        const auto held = holds_by_row(key, row, index);
        if (held) return *held ? 2 : 0;
        // Sizes and ids are in the index, the rest is in the file.
        const bool in_file = key.cost >= SearchKey::Cost::summary;
        if (stored->unreadable && in_file) return 1;
        return holds_by_text(key, *mail::Message::parse(mail::to_crlf(stored->bytes)), *stored) ? 2 : 0;
    }

private:
    std::optional<bool> holds_by_row(const SearchKey& key, const store::MessageRow& row, std::size_t index) {
        using Kind = SearchKey::Kind;
        const auto keywords = mail_.view().mailbox().keywords();
        const auto day = row.internal_date / 86400;
        const bool has_keyword = (key.name == "one" && (row.keywords & 1) != 0) ||
            (key.name == "TWO" && (row.keywords & 2) != 0);
        switch (key.kind) {
        case Kind::all: return true;
        case Kind::sequence:
            return key.set->contains(
                static_cast<std::uint32_t>(index + 1), static_cast<std::uint32_t>(mail_.view().rows().size()));
        case Kind::uid: return key.set->contains(row.uid, mail_.view().uid_max());
        case Kind::saved_result: return std::count(mail_.saved.begin(), mail_.saved.end(), row.uid) != 0;
        case Kind::flag: return row.flags.has(key.flag);
        case Kind::no_flag: return !row.flags.has(key.flag);
        case Kind::keyword: return has_keyword;
        case Kind::no_keyword: return !has_keyword;
        case Kind::recent: return row.recent;
        case Kind::not_recent: return !row.recent;
        case Kind::unseen_and_recent: return row.recent && !row.flags.has(mail::Flag::seen);
        case Kind::before: return day < key.day;
        case Kind::since: return day >= key.day;
        case Kind::younger: return now - row.internal_date <= static_cast<std::int64_t>(key.number);
        case Kind::older: return now - row.internal_date >= static_cast<std::int64_t>(key.number);
        case Kind::modseq: return row.modseq >= key.number;
        default: return std::nullopt;
        }
    }
    static bool holds_by_text(
        const SearchKey& key, const mail::Message& message, const store::MemoryAccount::StoredMessage& stored) {
        using Kind = SearchKey::Kind;
        const auto needle = fold_case(key.text);
        const auto date = message.header("Date");
        const auto sent = date ? day_of_date_header(*date) : std::nullopt;
        const auto sent_day = sent.value_or(0);
        switch (key.kind) {
        case Kind::larger: return message.bytes().size() > key.number;
        case Kind::smaller: return message.bytes().size() < key.number;
        case Kind::thread_id: return stored.threadid == key.name;
        case Kind::saves_dates: return true;
        case Kind::sent_before: return sent && sent_day < key.day;
        case Kind::sent_on: return sent && sent_day == key.day;
        case Kind::sent_since: return sent && sent_day >= key.day;
        case Kind::body: return contains(fold_case(message.searchable_text(false)), needle);
        case Kind::text: return contains(fold_case(message.searchable_text(true)), needle);
        default: break;
        }
        mail::HeaderFields fields(message.bytes().substr(0, message.structure().body_begin));
        const auto name = fold_case(key.name);
        while (const auto field = fields.next())
            if (fold_case(field->name) == name &&
                contains(fold_case(mail::decode_header_text(mail::unfold(field->value))), needle))
                return true;
        return false;
    }
    Mail& mail_;
};

SearchKey parse(std::string_view text) {
    Arguments arguments(text);
    auto key = read_search_keys(arguments);
    CHECK_MESSAGE(key.has_value(), text, ": ", arguments.error());
    return std::move(*key);
}

} // namespace

TEST_CASE("random searches find what brute force finds, also while the store stutters") {
    for (unsigned seed = 0; seed < 1500; ++seed) {
        Mail mail(seed);
        mail.habits().fails_every = seed % 3;
        if (mail.habits().fails_every == 1) mail.habits().fails_every = 5;
        mail.habits().has_summaries = seed % 2 == 0;
        const auto text = Keys(seed * 7 + 1).program();
        const auto key = parse(text);
        SearchMatcher matcher(key, mail.view(), now, mail.saved);
        BruteForce brute(mail);
        std::vector<std::size_t> found, expected;
        for (const auto& range : matcher.candidates()) {
            for (auto index = range.begin; index < range.end; ++index) {
                auto matches = matcher.matches(index);
                for (int patience = 0; !matches && patience < 100; ++patience)
                    matches = matcher.matches(index);
                REQUIRE_MESSAGE(matches.has_value(), "seed ", seed, ": ", text, " ", matches.error().message());
                if (*matches == SearchMatcher::Truth::yes) found.push_back(index);
            }
        }
        for (std::size_t index = 0; index < mail.view().rows().size(); ++index)
            if (brute.truth(key, index) == 2) expected.push_back(index);
        CHECK_MESSAGE(found == expected, "seed ", seed, ": ", text);
    }
}

TEST_CASE("a failure of the store is the search's failure") {
    Mail mail(5);
    REQUIRE(!mail.view().rows().empty());
    const auto key = parse("BODY x");
    SearchMatcher matcher(key, mail.view(), now, {});
    mail.habits().always = store::Error::unavailable;
    const auto matches = matcher.matches(0);
    REQUIRE(!matches);
    CHECK(matches.error() == store::Error::unavailable);
}

TEST_CASE("a set that must hold narrows the candidates") {
    Mail mail(4);
    REQUIRE(mail.view().rows().size() > 3);
    const auto key = parse("SEEN 2:3 1:*");
    const auto candidates = SearchMatcher(key, mail.view(), now, {}).candidates();
    REQUIRE(candidates.size() == 1);
    CHECK(candidates[0].begin == 1);
    CHECK(candidates[0].end == 3);
    const auto either = parse("OR 2:3 SEEN");
    CHECK(SearchMatcher(either, mail.view(), now, {}).candidates()[0].end == mail.view().rows().size());
}

TEST_CASE("what a summary decides is decided without reading the message") {
    StutteringAccount account;
    account.habits.has_summaries = true;
    account.folder("INBOX").deliver(
        "From: a@b\nTo: c@d\nSubject: fox\nDate: 1 Jan 2020 10:00:00 +0000\nMessage-ID: <x@y>\n\ntext\n");
    const Enabled enabled;
    const View view(account.open("INBOX", false).value(), "INBOX", enabled, Time());
    const auto key = parse("FROM a TO c SUBJECT fox SENTON 1-Jan-2020 NOT CC x LARGER 5 HEADER Message-ID x@y");
    SearchMatcher matcher(key, view, now, {});
    CHECK(matcher.matches(0).value() == SearchMatcher::Truth::yes);
    CHECK(account.habits.messages == 0);
}

TEST_CASE("FUZZY keys are answered by the full-text index where there is one") {
    StutteringAccount account;
    for (int i = 0; i < 3; ++i)
        account.folder("INBOX").deliver("a: b\n\ntext\n");
    const Enabled enabled;
    const View view(account.open("INBOX", false).value(), "INBOX", enabled, Time());
    const auto key = parse("FUZZY BODY fox NOT FUZZY TEXT nothing");
    for (const bool has_index : {true, false}) {
        account.habits.fuzzy.reset();
        if (has_index) account.habits.fuzzy = {{2, 70}};
        SearchMatcher matcher(key, view, now, {});
        REQUIRE(matcher.look_up_fuzzy());
        CHECK(matcher.matches(0).value() == SearchMatcher::Truth::no);
        CHECK(matcher.matches(1).value() == SearchMatcher::Truth::no); // both keys find it, the second is not to
    }
    const auto one = parse("FUZZY BODY fox");
    account.habits.fuzzy = {{2, 70}};
    SearchMatcher matcher(one, view, now, {});
    REQUIRE(matcher.look_up_fuzzy());
    CHECK(matcher.matches(0).value() == SearchMatcher::Truth::no);
    CHECK(matcher.matches(1).value() == SearchMatcher::Truth::yes);
    CHECK(account.habits.messages <= 3);
}

TEST_CASE("FUZZY asks the index where the key says, and of fields it doesn't know nothing") {
    StutteringAccount account;
    account.folder("INBOX").deliver("X-Y: fox\nSubject: dog\n\ntext\n");
    account.habits.fuzzy = {{1, 70}};
    const Enabled enabled;
    const View view(account.open("INBOX", false).value(), "INBOX", enabled, Time());
    const auto key = parse("FUZZY (SUBJECT a FROM b TO c CC d BCC e HEADER From f BODY g TEXT h HEADER X-Y fox SEEN) NOT SEEN FROM z");
    SearchMatcher matcher(key, view, now, {});
    REQUIRE(matcher.look_up_fuzzy());
    using enum store::FuzzyField;
    std::vector<std::pair<store::FuzzyField, std::string>> wanted = {
        {subject, "a"}, {from, "b"}, {to, "c"}, {cc, "d"}, {bcc, "e"}, {from, "f"}, {body, "g"}, {text, "h"}};
    auto asked = account.habits.fuzzy_asked;
    std::sort(asked.begin(), asked.end());
    std::sort(wanted.begin(), wanted.end());
    CHECK(asked == wanted);
    const auto other = parse("FUZZY HEADER X-Y fo");
    SearchMatcher exact(other, view, now, {});
    REQUIRE(exact.look_up_fuzzy());
    CHECK(exact.matches(0).value() == SearchMatcher::Truth::yes);
    CHECK(exact.relevancy(0) == 100);
}

TEST_CASE("relevancy is the mean of keys that must all hold, and the best of alternatives") {
    StutteringAccount account;
    account.folder("INBOX").deliver("Subject: fox\n\ntext\n");
    const Enabled enabled;
    const View view(account.open("INBOX", false).value(), "INBOX", enabled, Time());
    const auto relevancy = [&](std::string_view text) {
        const auto key = parse(text);
        SearchMatcher matcher(key, view, now, {});
        account.habits.fuzzy = {{1, 40}};
        REQUIRE(matcher.look_up_fuzzy());
        return matcher.relevancy(0);
    };
    CHECK(relevancy("FUZZY SUBJECT a") == 40);
    CHECK(relevancy("FUZZY SUBJECT a SEEN") == 40);
    CHECK(relevancy("FUZZY SUBJECT a FUZZY HEADER X-Y b") == 40);
    CHECK(relevancy("OR FUZZY SUBJECT a SEEN") == 40);
    CHECK(relevancy("NOT FUZZY SUBJECT a") == 100);
    CHECK(relevancy("FUZZY SEEN") == 100);
}
