// SPDX-License-Identifier: Apache-2.0
// What the crash tests run: one operation of the store on the account in DIRECTORY, or a look at it.
//
//     crash_driver setup DIRECTORY            makes the account that all tests begin with
//     crash_driver run DIRECTORY OPERATION    prints what the client would be told: {"acked": true, "calls": <n>, ...}
//     or
//                                             {"acked": false, "error": ...}, then ends as an idle worker does, and
//                                             prints
//                                             {"calls": <n>} once more
//     crash_driver inspect DIRECTORY          prints all mailboxes as JSON
//     crash_driver probe DIRECTORY            the same, after one more message was put into each
#include "base/unique_fd.hpp"
#include "store/maildir_account.hpp"
#include "store/patience.hpp"

#include <boost/json.hpp>
#include <dlfcn.h>
#include <fcntl.h>
#include <functional>
#include <iostream>
#include <unistd.h>

namespace {

using namespace hearth;
using namespace hearth::store;
namespace json = boost::json;

constexpr auto wait_max = std::chrono::seconds(10);

template <class Job> auto finished(Job job) {
    return patiently(std::move(job), wait_max, wait_max);
}

template <class T> T must(Result<T> result, std::string_view what) {
    if (result) return std::move(*result);
    std::cerr << what << ": " << result.error().message() << "\n";
    std::exit(2);
}
void must(const Result<void>& result, std::string_view what) {
    if (result) return;
    std::cerr << what << ": " << result.error().message() << "\n";
    std::exit(2);
}

AccountSettings settings(const std::string& directory) {
    AccountSettings settings;
    settings.location.root = settings.location.inbox = settings.location.control = settings.location.index = directory;
    settings.names = {"", '/'};
    settings.warn = [](std::string_view text) { std::cerr << "warning: " << text << "\n"; };
    return settings;
}

std::string message_text(int number) {
    return "Subject: message-" + std::to_string(number) + "\r\nMessage-ID: <" + std::to_string(number) +
           "@example.com>\r\n\r\n" + std::string(static_cast<std::size_t>(number) * 97, 'x') + "\r\nend\r\n";
}

void add(Intake& intake, int number, mail::Flags flags = {}, std::vector<std::string> keywords = {}) {
    const auto text = message_text(number);
    must(finished([&] { return intake.begin({flags, keywords, 1000000000 + number, text.size()}); }), "begin");
    must(intake.write(text), "write");
    must(intake.finish(), "finish");
}

std::unique_ptr<Mailbox> open_or_exit(Account& account, const std::string& name, bool read_only = false) {
    return must(finished([&] { return account.open(name, read_only); }), "open " + name);
}

std::vector<std::uint32_t> uids_of(const Mailbox& mailbox) {
    std::vector<std::uint32_t> uids;
    for (const auto& row : mailbox.rows())
        uids.push_back(row.uid);
    return uids;
}

mail::Flags flags_of(std::uint8_t bits) {
    return mail::Flags{bits};
}

int setup(const std::string& directory) {
    MaildirAccount account(settings(directory));
    static_cast<void>(open_or_exit(account, "INBOX"));
    for (const auto* name : {"Work", "Work/Sub", "Other"})
        must(finished([&] { return account.create(name, ""); }), "create");
    must(finished([&] { return account.subscribe("Work", true); }), "subscribe");
    int number = 0;
    for (const auto* name : {"INBOX", "Work", "Work/Sub", "Other"}) {
        const auto intake = must(finished([&] { return account.intake(name); }), "intake");
        for (int i = 0; i < 5; ++i)
            add(*intake, ++number, flags_of(i == 2 ? 8 : 0),
                i == 1 ? std::vector<std::string>{"$Known"} : std::vector<std::string>{});
        must(finished([&] { return intake->commit(); }), "commit");
    }
    // The last UID of a mailbox is gone: nobody may get it again.
    const auto other = open_or_exit(account, "Other");
    const std::vector<std::uint32_t> last{uids_of(*other).back()};
    must(finished([&] { return other->expunge(last, false); }), "expunge");
    for (const auto* name : {"INBOX", "Work", "Work/Sub", "Other"})
        static_cast<void>(open_or_exit(account, name));
    account.went_idle();
    return 0;
}

// ---- operations: each gives what the client would be told

// A worker at work: its folders are warm.
struct Open {
    MaildirAccount account;
    std::unique_ptr<Mailbox> inbox;

    explicit Open(const std::string& directory) : account(settings(directory)), inbox(open_or_exit(account, "INBOX")) {
        static_cast<void>(finished([&] { return account.status("Work"); })); // it may be gone
    }
};
using Told = Result<json::object>;

json::object placed_object(const Placed& placed) {
    return {{"uidvalidity", placed.uidvalidity}, {"placed", json::value_from(placed.uids)}};
}

Told append(Open& open) {
    auto intake = finished([&] { return open.account.intake("Work"); });
    if (!intake) return intake.error();
    for (const int number : {101, 102}) {
        const auto text = message_text(number);
        if (auto begun = (*intake)->begin({flags_of(1), {"$New"}, 1000000000, text.size()}); !begun)
            return begun.error();
        if (auto written = (*intake)->write(text); !written) return written.error();
        if (auto finished = (*intake)->finish(); !finished) return finished.error();
    }
    const auto placed = finished([&] { return (*intake)->commit(); });
    if (!placed) return placed.error();
    return placed_object(*placed);
}

Told copy(Open& open) {
    auto intake = finished([&] { return open.account.intake("Work"); });
    if (!intake) return intake.error();
    for (const auto uid : {1U, 2U})
        if (auto taken = finished([&] { return (*intake)->take(*open.inbox, uid); }); !taken) return taken.error();
    const auto placed = finished([&] { return (*intake)->commit(); });
    if (!placed) return placed.error();
    return placed_object(*placed);
}

Result<std::vector<std::uint32_t>> remove_all(Mailbox& mailbox, std::span<const std::uint32_t> uids, bool only_deleted) {
    std::vector<std::uint32_t> gone;
    while (!uids.empty()) {
        const auto removed = finished([&] { return mailbox.expunge(uids, only_deleted); });
        if (!removed) return removed.error();
        gone.insert(gone.end(), removed->gone.begin(), removed->gone.end());
        uids = uids.subspan(removed->done);
    }
    return gone;
}

Told move(Open& open) {
    auto copied = copy(open);
    if (!copied) return copied;
    const std::vector<std::uint32_t> uids{1, 2};
    const auto gone = remove_all(*open.inbox, uids, false);
    if (!gone) return gone.error();
    return copied;
}

Told expunge(Open& open) {
    const auto gone = remove_all(*open.inbox, uids_of(*open.inbox), true);
    if (!gone) return gone.error();
    return json::object{{"gone", json::value_from(*gone)}};
}

Told store_flags(Open& open) {
    const std::vector<std::uint32_t> uids{1, 2, 4};
    FlagChange change;
    change.flags = flags_of(4);
    change.keywords = {"$Crash"};
    const auto changed = finished([&] { return open.inbox->change_flags(uids, change); });
    if (!changed) return changed.error();
    return json::object{{"changed", json::value_from(changed->changed)}};
}

Told done(const Result<void>& result) {
    return result ? Told(json::object()) : Told(result.error());
}

Told create(Open& open) {
    return done(finished([&] { return open.account.create("New/Box", "\\Archive"); }));
}
Told remove(Open& open) {
    return done(finished([&] { return open.account.remove("Work"); }));
}
Told rename(Open& open) {
    return done(finished([&] { return open.account.rename("Work", "Projects"); }));
}
Told rename_inbox(Open& open) {
    return done(finished([&] { return open.account.rename("INBOX", "Old"); }));
}
Told subscribe(Open& open) {
    return done(finished([&] { return open.account.subscribe("Other", true); }));
}
// A message that a delivery agent has left in new/ gets its UID.
Told arrive(Open& open) {
    const auto changes = finished([&] { return open.inbox->sync(); });
    if (!changes) return changes.error();
    return json::object{{"arrived", json::value_from(changes->arrived)}};
}

// A fuzzy search, and then the session goes on.
Told fuzzy(Open& open) {
    const auto found = finished([&] { return open.inbox->search_fuzzy(FuzzyField::text, "end"); });
    if (!found) return found.error();
    const auto flagged = store_flags(open);
    if (!flagged) return flagged;
    json::object result{{"kept", open.account.index().is_kept()}, {"found", nullptr}};
    if (*found) result["found"] = (*found)->size();
    return result;
}

const std::map<std::string_view, Told (*)(Open&)> operations{{"fuzzy", fuzzy}, {"append", append}, {"copy", copy},
    {"move", move}, {"expunge", expunge}, {"store", store_flags}, {"create", create}, {"remove", remove},
    {"rename", rename}, {"rename_inbox", rename_inbox}, {"subscribe", subscribe}, {"arrive", arrive}};

// What a client would be told of modseqs besides.
json::object modseqs(Account& account) {
    json::object result;
    for (const auto* name : {"INBOX", "Work"})
        if (const auto status = finished([&] { return account.status(name); }); status)
            result[name] = status->highest_modseq;
    return result;
}

void say(const json::object& said) {
    std::cout << json::serialize(said) << std::endl;
}

// As a delivery agent does it: the message is on disk.
void deliver(const std::string& directory) {
    const auto fresh = directory + "/new";
    std::FILE* file = std::fopen((fresh + "/1700000000.M1P1.elsewhere").c_str(), "w");
    std::fputs("Subject: message-201\n\narrived\n", file);
    std::fflush(file);
    ::fsync(::fileno(file));
    std::fclose(file);
    const UniqueFd names(::open(fresh.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ::fsync(names.get());
}

int run(const std::string& directory, const std::string& operation) {
    const auto call = [](const char* name) { // without the shim: nothing
        auto* const function = ::dlsym(RTLD_DEFAULT, name);
        if (function != nullptr) reinterpret_cast<void (*)()>(function)();
    };
    const auto number = [](const char* name) {
        auto* const function = ::dlsym(RTLD_DEFAULT, name);
        return function == nullptr ? 0 : reinterpret_cast<long (*)()>(function)();
    };
    {
        Open open(directory);
        if (operation == "arrive") deliver(directory);
        call("hearth_crash_arm");
        const auto told = operations.at(operation)(open);
        json::object result{{"acked", told.has_value()}, {"modseqs", modseqs(open.account)},
            {"calls", number("hearth_crash_count")}, {"synced", number("hearth_crash_synced")},
            {"lost", number("hearth_crash_lost")}};
        if (told) result["told"] = *told;
        if (!told) result["error"] = told.error().message();
        // Told before anything else is done, as a client is told before its worker goes on.
        say(result);
        call("hearth_crash_told");
        open.inbox.reset();
        open.account.went_idle();
    }
    say({{"calls", number("hearth_crash_count")}});
    return 0;
}

// ---- looking

json::object look_at(Account& account, const std::string& name) {
    const auto mailbox = open_or_exit(account, name, true);
    json::array rows;
    for (const auto& row : mailbox->rows()) {
        const auto message = must(finished([&] { return mailbox->message(row.uid); }), "message");
        json::array keywords;
        for (std::size_t i = 0; i < mailbox->keywords().size(); ++i)
            if ((row.keywords >> i & 1) != 0) keywords.emplace_back(mailbox->keywords()[i]);
        const auto facts = must(finished([&] { return mailbox->facts(row.uid); }), "facts");
        rows.push_back(json::object{{"uid", row.uid}, {"flags", row.flags.bits}, {"keywords", keywords},
            {"modseq", row.modseq}, {"subject", message->header("Subject").value_or("")},
            {"hash", std::hash<std::string_view>()(message->bytes())}, {"size", message->bytes().size()},
            {"known_size", must(finished([&] { return mailbox->size(row.uid); }), "size")},
            {"emailid", facts.emailid}});
    }
    const auto status = must(finished([&] { return account.status(name); }), "status");
    return {{"uidvalidity", mailbox->uidvalidity()}, {"uidnext", mailbox->uidnext()}, {"id", mailbox->mailbox_id()},
        {"modseq", mailbox->highest_modseq()}, {"messages", status.messages}, {"unseen", status.unseen},
        {"rows", rows}};
}

int inspect(const std::string& directory, bool probe) {
    MaildirAccount account(settings(directory));
    json::object mailboxes;
    json::array subscribed;
    for (const auto& info : must(finished([&] { return account.list(); }), "list")) {
        if (info.subscribed) subscribed.emplace_back(info.name);
        if (!info.exists || !info.selectable) continue;
        if (probe) {
            const auto intake = must(finished([&] { return account.intake(info.name); }), "intake");
            add(*intake, 999);
            must(finished([&] { return intake->commit(); }), "commit");
        }
        auto looked = look_at(account, info.name);
        looked["use"] = info.special_use;
        mailboxes[info.name] = std::move(looked);
    }
    account.went_idle();
    std::cout << json::serialize(
                     json::object{{"mailboxes", mailboxes}, {"subscribed", subscribed}, {"epoch", account.epoch()}})
              << "\n";
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() == 2 && words[0] == "setup") return setup(words[1]);
    if (words.size() == 3 && words[0] == "run" && operations.count(words[2]) != 0) return run(words[1], words[2]);
    if (words.size() == 2 && words[0] == "inspect") return inspect(words[1], false);
    if (words.size() == 2 && words[0] == "probe") return inspect(words[1], true);
    std::cerr << "usage: crash_driver setup|run|inspect|probe DIRECTORY [OPERATION]\n";
    return 64;
}
