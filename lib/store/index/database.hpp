// SPDX-License-Identifier: Apache-2.0
// SQLite, as thin as it goes: prepared statements are kept, none is ever left stepping, nothing waits for a lock.
#pragma once

#include "store/error.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace hearth::store {

/// Bytes that are no text.
struct Blob {
    std::string_view bytes;
};

/// The current row of a query. Texts live until the next step.
class DatabaseRow {
public:
    explicit DatabaseRow(sqlite3_stmt* statement) : statement_(statement) {}
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::uint64_t unsigned_integer(int column) const {
        return static_cast<std::uint64_t>(integer(column));
    }
    [[nodiscard]] std::uint32_t uid(int column) const { return static_cast<std::uint32_t>(integer(column)); }
    [[nodiscard]] bool is_null(int column) const;
    /// Text or blob.
    [[nodiscard]] std::string_view text(int column) const;

private:
    sqlite3_stmt* statement_;
};

/// One connection. Errors: Error::busy when another connection has the write lock. Any other failure makes the
/// connection useless: it is remembered in state(), and the caller is told Error::unfinished, because the next call
/// finds another database in its place (Index::ready).
class Database {
public:
    enum class State { good, damaged, full, failed };

    /// `path` must have no symbolic link in it; ":memory:" is a database of this process. A file that is no database is
    /// opened all the same: see state().
    static Result<std::unique_ptr<Database>> open(const std::string& path);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// Runs a statement to its end. `sql` must be a literal: it is what the prepared statement is kept by.
    template <class... Values> Result<void> run(std::string_view sql, const Values&... values) {
        return each(
            sql, [](const DatabaseRow&) {}, values...);
    }
    /// Calls `on_row` for each row. It must not run the same statement.
    template <class OnRow, class... Values>
    Result<void> each(std::string_view sql, OnRow on_row, const Values&... values) {
        const auto statement = prepare(sql);
        if (!statement) return statement.error();
        int index = 0;
        (bind(*statement, ++index, values), ...);
        const Reset reset{*statement};
        for (;;) {
            const auto next = step(*statement);
            if (!next) return next.error();
            if (*next == Step::done) return {};
            on_row(DatabaseRow(*statement));
        }
    }
    /// The first column of the only row; nothing when there is none.
    template <class... Values>
    Result<std::optional<std::int64_t>> number(std::string_view sql, const Values&... values) {
        std::optional<std::int64_t> result;
        const auto done = each(
            sql, [&](const DatabaseRow& row) { result = row.integer(0); }, values...);
        if (!done) return done.error();
        return result;
    }
    /// Several statements without values, not kept.
    Result<void> script(const char* sql);

    [[nodiscard]] State state() const { return state_; }
    /// What went wrong, for the log.
    [[nodiscard]] const std::string& failure() const { return failure_; }
    /// What was read contradicts itself.
    void declare_damaged(std::string why) {
        state_ = State::damaged;
        failure_ = std::move(why);
    }
    /// How many rows the last statement changed.
    [[nodiscard]] int changes() const;
    /// Changes when another connection has committed.
    Result<std::int64_t> data_version();
    /// Rises with each transaction that this connection commits.
    [[nodiscard]] std::uint64_t commits() const { return commits_; }
    /// A statement (a literal) that the first transaction of this connection begins with, and each until one of them is
    /// committed.
    void set_first_statement(std::string_view sql) { first_statement_ = sql; }
    /// Moves the log into the database as far as nobody is in the way.
    void checkpoint();
    void release_memory();

private:
    friend class Transaction;
    struct Reset {
        sqlite3_stmt* statement;
        ~Reset();
    };
    explicit Database(sqlite3* handle) : handle_(handle) {}
    Result<sqlite3_stmt*> prepare(std::string_view sql);
    enum class Step { row, done };
    Result<Step> step(sqlite3_stmt* statement);
    error_code error(int code);
    static void bind(sqlite3_stmt* statement, int index, std::int64_t value);
    static void bind(sqlite3_stmt* statement, int index, std::uint64_t value) {
        bind(statement, index, static_cast<std::int64_t>(value));
    }
    static void bind(sqlite3_stmt* statement, int index, std::uint32_t value) {
        bind(statement, index, std::int64_t{value});
    }
    static void bind(sqlite3_stmt* statement, int index, int value) { bind(statement, index, std::int64_t{value}); }
    static void bind(sqlite3_stmt* statement, int index, bool value) {
        bind(statement, index, std::int64_t{value ? 1 : 0});
    }
    static void bind(sqlite3_stmt* statement, int index, std::string_view value);
    static void bind(sqlite3_stmt* statement, int index, const std::string& value) {
        bind(statement, index, std::string_view(value));
    }
    static void bind(sqlite3_stmt* statement, int index, const char* value) {
        bind(statement, index, std::string_view(value));
    }
    static void bind(sqlite3_stmt* statement, int index, const Blob& value);
    template <class T> static void bind(sqlite3_stmt* statement, int index, const std::optional<T>& value) {
        if (value) bind(statement, index, *value);
    }

    sqlite3* handle_;
    std::unordered_map<std::string_view, sqlite3_stmt*> statements_;
    State state_ = State::good;
    std::string failure_;
    std::string_view first_statement_; // empty: none (any more)
    std::uint64_t commits_ = 0;
    bool in_transaction_ = false;
    bool full_sync_ = false;
};

/// How durable a transaction is when its commit returns (docs/store.md): class A is on disk, class B within a second or
/// at the next class A.
enum class Durability { relaxed, durable };

/// A write transaction: it has the write lock from its begin on (a later upgrade could fail without waiting). Undone
/// when destroyed without commit.
class Transaction {
public:
    /// Error::busy also while this process has one open.
    static Result<std::unique_ptr<Transaction>> begin(Database& database, Durability durability);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    Result<void> commit();

private:
    explicit Transaction(Database& database) : database_(database) {}
    Database& database_;
    bool open_ = true;
};

/// Several queries that see the same state. Ends when destroyed; never lives longer than one call of the store.
class ReadSnapshot {
public:
    explicit ReadSnapshot(Database& database) : database_(database) {}
    ~ReadSnapshot() {
        if (begun_) static_cast<void>(database_.run("COMMIT"));
    }
    ReadSnapshot(const ReadSnapshot&) = delete;
    ReadSnapshot& operator=(const ReadSnapshot&) = delete;
    Result<void> begin() {
        auto done = database_.run("BEGIN");
        begun_ = done.has_value();
        return done;
    }

private:
    Database& database_;
    bool begun_ = false;
};

} // namespace hearth::store
