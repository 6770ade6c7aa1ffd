// SPDX-License-Identifier: Apache-2.0
// How modseqs are chosen. They are told before the log that has them is on disk, so a power cut may take back what was
// told; the clock then makes the next ones higher, but not if it is set back by the same cut. So no transaction takes
// one above a number that is on disk (table `reserved`), and after a new start of the machine they go on from there.
#include "store/index/index.hpp"
#include "store/maildir/disk.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>

namespace hearth::store {
namespace {

// Made with the first reservation, so that an index of this version that has none yet gets it. An older program leaves
// it alone; what it has taken above `modseq` is in `account`.
constexpr const char* make_table = "CREATE TABLE IF NOT EXISTS reserved(id INTEGER PRIMARY KEY CHECK(id = 1), modseq "
                                   "INTEGER NOT NULL, boot TEXT NOT NULL)";

std::uint64_t microseconds_now() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1000000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

// Another one after each start of the machine (random(4)). Empty: it can't be read, and each opening of an index counts
// as a start.
std::string boot_id() {
    const UniqueFd fd(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
    if (!fd) return {};
    const auto text = read_at(fd.get(), 0, 64);
    return text ? *text : std::string();
}

} // namespace

// What is reserved for this start of the machine; 0: nothing.
Result<std::uint64_t> Index::read_reserved(const std::string& boot) {
    const auto table = database_->number("SELECT 1 FROM sqlite_master WHERE name = 'reserved'");
    if (!table) return table.error();
    if (!*table || boot.empty()) return std::uint64_t{0};
    const auto known = database_->number("SELECT modseq FROM reserved WHERE boot = ?", boot);
    if (!known) return known.error();
    return static_cast<std::uint64_t>(known->value_or(0));
}

Result<void> Index::reserve_modseqs() {
    if (!kept_) return {}; // nobody is told of them
    const auto last = database_->number("SELECT modseq FROM account");
    if (!last) return last.error();
    const auto next = std::max(static_cast<std::uint64_t>(last->value_or(1)), microseconds_now());
    if (next + reserved_left_min <= reserved_) return {};
    const auto boot = boot_id();
    const auto known = read_reserved(boot);
    if (!known) return known.error();
    reserved_ = *known;
    if (next + reserved_left_min <= reserved_) return {};
    auto transaction = Transaction::begin(*database_, Durability::durable);
    if (!transaction) return transaction.error();
    auto done = database_->run(make_table);
    // Above what was told before the machine was started, whether or not that is on disk.
    if (done)
        done = database_->run("UPDATE account SET modseq = max(modseq, (SELECT modseq FROM reserved)) WHERE EXISTS "
                              "(SELECT 1 FROM reserved WHERE boot <> ?1 OR ?1 = '')",
            boot);
    std::optional<std::int64_t> reserved;
    if (done) {
        const auto kept =
            database_->number("INSERT OR REPLACE INTO reserved SELECT 1, max(modseq, ?) + ?, ? FROM account "
                              "RETURNING modseq",
                next, reserved_ahead, boot);
        if (!kept) return kept.error();
        reserved = *kept;
        done = (*transaction)->commit();
    }
    if (!done) return done;
    reserved_ = static_cast<std::uint64_t>(reserved.value_or(0));
    return {};
}

Result<std::unique_ptr<Transaction>> Index::begin_change(Durability durability) {
    if (auto reserved = reserve_modseqs(); !reserved) return reserved.error();
    return Transaction::begin(*database_, durability);
}

// Others of this start may have reserved more than we know of: then `modseq` is below that.
Result<std::uint64_t> Index::take_modseq() {
    const auto now = kept_ ? std::min(microseconds_now(), reserved_) : microseconds_now();
    const auto taken = database_->number("UPDATE account SET modseq = max(modseq + 1, ?) RETURNING modseq", now);
    if (!taken) return taken.error();
    return static_cast<std::uint64_t>(taken->value_or(1));
}

} // namespace hearth::store
