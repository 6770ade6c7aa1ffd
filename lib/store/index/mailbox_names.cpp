// SPDX-License-Identifier: Apache-2.0
// What Index does when mailboxes are deleted and renamed.
#include "store/index/index.hpp"
#include "store/message_ids.hpp"

#include <ctime>

namespace hearth::store {
namespace {

// Messages that are in the mailbox ?1 and in no other.
constexpr const char* destroy_messages =
    "INSERT INTO destroyed SELECT emailid, ?2, ?3 FROM message WHERE id IN (SELECT message FROM placement p WHERE "
    "mailbox "
    "= ?1 AND NOT EXISTS (SELECT 1 FROM placement o WHERE o.message = p.message AND o.mailbox <> ?1))";
constexpr const char* forget_summaries =
    "DELETE FROM summary WHERE message IN (SELECT message FROM placement p WHERE mailbox = ?1 AND NOT EXISTS (SELECT 1 "
    "FROM placement o WHERE o.message = p.message AND o.mailbox <> ?1))";
constexpr const char* forget_messages =
    "DELETE FROM message WHERE id IN (SELECT message FROM placement p WHERE mailbox = ?1 AND NOT EXISTS (SELECT 1 FROM "
    "placement o WHERE o.message = p.message AND o.mailbox <> ?1))";

} // namespace

Result<void> Index::forget_mailbox(const std::string& directory, const OnDisk& on_disk) {
    auto transaction = begin_change(Durability::durable);
    if (!transaction) return transaction.error();
    const auto id = database_->number("SELECT id FROM mailbox WHERE directory = ?", directory);
    if (!id) return id.error();
    if (!*id) return on_disk();
    const auto modseq = take_modseq();
    if (!modseq) return modseq.error();
    const auto state = mailbox(**id);
    if (!state) return state.error();
    auto done = database_->run(destroy_messages, **id, *modseq, static_cast<std::int64_t>(::time(nullptr)));
    for (const auto* sql : {forget_summaries, forget_messages, "DELETE FROM placement WHERE mailbox = ?",
             "DELETE FROM expunged WHERE mailbox = ?", "DELETE FROM listed WHERE mailbox = ?",
             "DELETE FROM keyword WHERE mailbox = ?", "DELETE FROM mailbox WHERE id = ?"})
        if (done) done = database_->run(sql, **id);
    if (done && !state->guid.empty())
        done = database_->run("INSERT INTO mailbox_gone VALUES(?, ?)", mailbox_id_of(state->guid), *modseq);
    if (done) done = on_disk();
    if (done) done = (*transaction)->commit();
    return done;
}

Result<void> Index::rename_mailboxes(std::span<const DirectoryRename> steps, const OnDisk& on_disk) {
    auto transaction = Transaction::begin(*database_, Durability::durable);
    if (!transaction) return transaction.error();
    for (const auto& step : steps) {
        // A row of a mailbox that had the new name once and is gone from disk makes room.
        auto done = database_->run("UPDATE mailbox SET directory = '?' || id WHERE directory = ?", step.to);
        if (done) done = database_->run("UPDATE mailbox SET directory = ? WHERE directory = ?", step.to, step.from);
        if (!done) return done;
    }
    if (auto done = on_disk(); !done) return done;
    return (*transaction)->commit();
}

} // namespace hearth::store
