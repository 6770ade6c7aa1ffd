// SPDX-License-Identifier: Apache-2.0
#include "store/index/database.hpp"

#include <sqlite3.h>

namespace hearth::store {
namespace {

// The log is cut to this size when a checkpoint has emptied it.
constexpr const char* settings = "PRAGMA busy_timeout=0;" // first: the others may meet a lock
                                 "PRAGMA journal_mode=WAL;"
                                 "PRAGMA synchronous=NORMAL;"
                                 "PRAGMA journal_size_limit=8388608;"
                                 "PRAGMA cache_size=-256;"
                                 "PRAGMA temp_store=MEMORY;"
                                 "PRAGMA trusted_schema=OFF;";

// A statement that can't be prepared or breaks a rule of the schema tells as much as a broken page.
bool is_damage(int primary) {
    return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_ERROR ||
           primary == SQLITE_CONSTRAINT || primary == SQLITE_MISMATCH;
}

} // namespace

std::int64_t DatabaseRow::integer(int column) const {
    return ::sqlite3_column_int64(statement_, column);
}

bool DatabaseRow::is_null(int column) const {
    return ::sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::string_view DatabaseRow::text(int column) const {
    const auto* bytes = static_cast<const char*>(::sqlite3_column_blob(statement_, column));
    return bytes == nullptr
               ? std::string_view()
               : std::string_view(bytes, static_cast<std::size_t>(::sqlite3_column_bytes(statement_, column)));
}

Database::Reset::~Reset() {
    ::sqlite3_reset(statement);
    ::sqlite3_clear_bindings(statement);
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
    sqlite3* handle = nullptr;
    constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
                          SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
    const int code = ::sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
    std::unique_ptr<Database> database(new Database(handle));
    if (code != SQLITE_OK) return database->error(code);
    // An idle worker keeps its connection: no memory is set aside for it in advance.
    ::sqlite3_db_config(handle, SQLITE_DBCONFIG_LOOKASIDE, nullptr, 0, 0);
    ::sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    ::sqlite3_busy_timeout(handle, 0);
    if (auto set = database->script(settings); !set && set.error() == make_error_code(Error::busy)) return set.error();
    return database; // state() tells whether it is one
}

Database::~Database() {
    for (const auto& [sql, statement] : statements_)
        ::sqlite3_finalize(statement);
    ::sqlite3_close_v2(handle_);
}

error_code Database::error(int code) {
    const int primary = code & 0xff;
    if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED) return Error::busy;
    failure_ = handle_ != nullptr ? ::sqlite3_errmsg(handle_) : ::sqlite3_errstr(code);
    state_ = is_damage(primary) ? State::damaged : primary == SQLITE_FULL ? State::full : State::failed;
    return Error::unfinished;
}

Result<sqlite3_stmt*> Database::prepare(std::string_view sql) {
    if (const auto known = statements_.find(sql); known != statements_.end()) return known->second;
    sqlite3_stmt* statement = nullptr;
    const int code = ::sqlite3_prepare_v3(
        handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return error(code);
    statements_.emplace(sql, statement);
    return statement;
}

Result<Database::Step> Database::step(sqlite3_stmt* statement) {
    const int code = ::sqlite3_step(statement);
    if (code == SQLITE_ROW) return Step::row;
    if (code == SQLITE_DONE) return Step::done;
    return error(code);
}

Result<void> Database::script(const char* sql) {
    const int code = ::sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return error(code);
    return {};
}

void Database::bind(sqlite3_stmt* statement, int index, std::int64_t value) {
    ::sqlite3_bind_int64(statement, index, value);
}

// Values outlive the statement's run (each() takes them by reference), so nothing is copied.
void Database::bind(sqlite3_stmt* statement, int index, std::string_view value) {
    ::sqlite3_bind_text(
        statement, index, value.data() == nullptr ? "" : value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
}

void Database::bind(sqlite3_stmt* statement, int index, const Blob& value) {
    ::sqlite3_bind_blob(statement, index, value.bytes.data() == nullptr ? "" : value.bytes.data(),
        static_cast<int>(value.bytes.size()), SQLITE_STATIC);
}

int Database::changes() const {
    return ::sqlite3_changes(handle_);
}

Result<std::int64_t> Database::data_version() {
    const auto version = number("PRAGMA data_version");
    if (!version) return version.error();
    return version->value_or(0);
}

void Database::checkpoint() {
    ::sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

void Database::release_memory() {
    ::sqlite3_db_release_memory(handle_);
}

Result<std::unique_ptr<Transaction>> Transaction::begin(Database& database, Durability durability) {
    if (database.in_transaction_) return Error::busy;
    const bool full = durability == Durability::durable;
    if (full != database.full_sync_) {
        if (auto set = database.script(full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL"); !set)
            return set.error();
        database.full_sync_ = full;
    }
    if (auto begun = database.run("BEGIN IMMEDIATE"); !begun) return begun.error();
    database.in_transaction_ = true;
    std::unique_ptr<Transaction> transaction(new Transaction(database));
    if (!database.first_statement_.empty())
        if (auto done = database.run(database.first_statement_); !done) return done.error();
    return transaction;
}

Result<void> Transaction::commit() {
    auto done = database_.run("COMMIT");
    if (!done) return done;
    open_ = false;
    database_.in_transaction_ = false;
    database_.first_statement_ = {};
    ++database_.commits_;
    return {};
}

Transaction::~Transaction() {
    if (!open_) return;
    // A failed statement may have ended the transaction already.
    if (::sqlite3_get_autocommit(database_.handle_) == 0) static_cast<void>(database_.script("ROLLBACK"));
    database_.in_transaction_ = false;
}

} // namespace hearth::store
