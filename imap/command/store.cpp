// SPDX-License-Identifier: Apache-2.0
// STORE and UID STORE, in slices, so that flags of a large mailbox are changed while others are served.
#include "command/commands.hpp"
#include "command/transfer.hpp"
#include "patience.hpp"
#include "wire/flag_request.hpp"
#include "wire/response_writer.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace hearth::imap::command {
namespace {

/// Messages that the store gets at once.
constexpr std::size_t slice_max = 256;

/// A STORE while it runs.
struct Running {
    const StoreRequest& request;
    bool uid = false;
    std::vector<std::uint32_t> modified = {}; ///< for [MODIFIED ...]: UIDs or numbers
    bool some_gone = false;
};

mail::Flags changed(mail::Flags flags, const store::FlagChange& change) {
    switch (change.mode) {
    case store::FlagChange::Mode::replace: return change.flags;
    case store::FlagChange::Mode::add: flags.bits = static_cast<std::uint8_t>(flags.bits | change.flags.bits); break;
    case store::FlagChange::Mode::remove:
        flags.bits = static_cast<std::uint8_t>(flags.bits & ~change.flags.bits);
        break;
    }
    return flags;
}

// The bits of the change's keywords, as far as the mailbox has them.
std::uint64_t keyword_bits(const store::Mailbox& mailbox, const store::FlagChange& change) {
    std::uint64_t bits = 0;
    const auto known = mailbox.keywords();
    for (std::size_t i = 0; i < std::min(known.size(), store::keywords_max); ++i)
        if (std::any_of(change.keywords.begin(), change.keywords.end(),
                [&](const std::string& name) { return equal_ignoring_case(name, known[i]); }))
            bits |= std::uint64_t{1} << i;
    return bits;
}

std::uint64_t changed(std::uint64_t keywords, const store::FlagChange& change, std::uint64_t bits) {
    if (change.mode == store::FlagChange::Mode::replace) return bits;
    return change.mode == store::FlagChange::Mode::add ? keywords | bits : keywords & ~bits;
}

// With .SILENT the client assumes that its wish came true; it is told where others' changes made it something else.
void append_result(Context& context, const Running& running, const store::MessageRow& before, std::uint64_t bits) {
    const auto& view = *context.selected;
    const auto index = view.index_of(before.uid);
    if (!index) return;
    const auto& row = view.rows()[*index];
    const auto& change = running.request.change;
    const bool as_assumed =
        row.flags == changed(before.flags, change) && row.keywords == changed(before.keywords, change, bits);
    const bool flags = !running.request.silent || !as_assumed;
    const bool modseq = context.enabled.condstore && view.mailbox().keeps_modseqs();
    if (!flags && !modseq) return;
    auto& out = context.out.buffer();
    out += "* ";
    append_number(out, *index + 1);
    out += " FETCH (";
    if (running.uid || modseq) {
        out += "UID ";
        append_number(out, row.uid);
        out += ' ';
    }
    if (flags) {
        out += "FLAGS ";
        view.append_flags(out, row);
        if (modseq) out += ' ';
    }
    if (modseq) View::append_modseq(out, row);
    out += ")\r\n";
}

// One slice. An error of the store, or nothing.
asio::awaitable<error_code> store_slice(Context& context, Running& running, std::vector<store::MessageRow> before) {
    auto& view = *context.selected;
    std::vector<std::uint32_t> uids;
    uids.reserve(before.size());
    for (const auto& row : before)
        uids.push_back(row.uid);
    auto job = [&] { return view.mailbox().change_flags(uids, running.request.change); };
    auto outcome = co_await patiently(context, job);
    if (!outcome) co_return outcome.error();
    view.tell_new_keywords(context.out.buffer());
    std::sort(outcome->modified.begin(), outcome->modified.end());
    std::sort(outcome->gone.begin(), outcome->gone.end());
    running.some_gone = running.some_gone || !outcome->gone.empty();
    const auto& change = running.request.change;
    if (change.mode != store::FlagChange::Mode::remove && change.flags.has(mail::Flag::deleted))
        context.statistics.deleted += outcome->changed.size();
    const auto bits = keyword_bits(view.mailbox(), running.request.change);
    for (const auto& row : before) {
        if (std::binary_search(outcome->gone.begin(), outcome->gone.end(), row.uid)) continue;
        if (!std::binary_search(outcome->modified.begin(), outcome->modified.end(), row.uid)) {
            append_result(context, running, row, bits);
            continue;
        }
        const auto index = view.index_of(row.uid);
        running.modified.push_back(running.uid ? row.uid : static_cast<std::uint32_t>(index.value_or(0) + 1));
    }
    co_return error_code();
}

// RFC 7162 section 3.1.3: MODIFIED goes with OK; with NO, when a message was gone. Without conditions, messages that
// are gone are told and no failure: the client's wish for the others was done (RFC 5530, EXPUNGEISSUED).
Reply outcome_of(const Running& running) {
    const auto modified =
        running.modified.empty() ? std::string() : "[MODIFIED " + mail::to_sequence_set(running.modified) + "] ";
    if (running.some_gone)
        return modified.empty()
                   ? Reply::ok("[EXPUNGEISSUED] Store completed, but some messages have been expunged meanwhile")
                   : Reply::no(modified + "Some messages have been expunged meanwhile");
    return Reply::ok(modified + (modified.empty() ? "Store completed." : "Conditional store failed."));
}

std::vector<store::MessageRow> rows_of(const View& view, std::span<const std::uint32_t> uids) {
    std::vector<store::MessageRow> rows;
    rows.reserve(uids.size());
    for (const auto uid : uids)
        if (const auto index = view.index_of(uid)) rows.push_back(view.rows()[*index]);
    return rows;
}

asio::awaitable<Reply> run(Context& context, Arguments& arguments, bool uid) {
    arguments.space();
    const auto set = arguments.message_set();
    arguments.space();
    const auto request = read_store_request(arguments);
    if (!set || !request || !arguments.end()) co_return Reply::bad("");
    auto& view = *context.selected;
    const auto ranges = context.rows_of(*set, uid);
    if (!ranges) co_return Reply::bad("The mailbox has no message of this number");
    if (view.mailbox().read_only()) co_return read_only_refusal();
    if (request->change.unchanged_since) {
        if (!view.mailbox().keeps_modseqs()) co_return Reply::bad("The mailbox has no modseqs (NOMODSEQ)");
        context.enable_condstore();
    }
    Running running{.request = *request, .uid = uid};
    // What the set means is decided now, not slice by slice.
    const auto uids = view.uids_of(*ranges);
    for (std::size_t done = 0; done < uids.size() && !context.is_over();) {
        const auto slice = std::span(uids).subspan(done, std::min(slice_max, uids.size() - done));
        auto before = rows_of(view, slice);
        const auto failure = co_await store_slice(context, running, std::move(before));
        if (failure) co_return store_failure(failure, view.name());
        context.progress.step(done += slice.size(), uids.size());
        if (context.out.is_full()) co_await context.out.flush();
        if (context.is_winded()) co_await context.breathe();
    }
    co_return outcome_of(running);
}

} // namespace

/// RFC 9051 section 6.4.6.
asio::awaitable<Reply> store_flags(Context& context, Arguments& arguments) {
    return run(context, arguments, false);
}

/// RFC 9051 section 6.4.9.
asio::awaitable<Reply> uid_store_flags(Context& context, Arguments& arguments) {
    return run(context, arguments, true);
}

} // namespace hearth::imap::command
