// SPDX-License-Identifier: Apache-2.0
// Reading and writing dovecot-uidlist, the home of UIDVALIDITY, UIDs and GUIDs, beside a live Dovecot 2.3.
#pragma once

#include "store/maildir/disk.hpp"
#include "store/maildir/dotlock.hpp"
#include "store/maildir/uidlist.hpp"

#include <functional>
#include <string_view>

namespace hearth::store {

using Warn = std::function<void(std::string_view)>;

constexpr const char* uidlist_name = "dovecot-uidlist";

/// The uidlist of one mailbox, in its control directory. Holds no copy of the list: whoever needs it reads it.
class UidlistFile {
public:
    /// How long another process may hold the lock before a client is told [INUSE].
    static constexpr std::chrono::milliseconds lock_patience{2000};
    static constexpr std::size_t bytes_max = std::size_t{256} << 20;

    /// `directory` must outlive this. `label` names the mailbox in warnings.
    UidlistFile(int directory, std::string label, Warn warn)
        : directory_(directory), label_(std::move(label)), warn_(std::move(warn)) {}

    struct Reading {
        Uidlist list;
        Stamp stamp; ///< zero: there was no file, or it is damaged
        bool damaged = false;
    };
    /// Reads the file. No file gives an empty list with uidvalidity 0, and so does a damaged one (it is told to
    /// `warn`).
    Result<Reading> read();

    Result<Dotlock> lock() { return Dotlock::acquire(directory_, uidlist_name, lock_patience); }

    /// Gives the next UIDs to `bases`, in this order, and waits until that is on disk; the lock must be held and
    /// `reading` read under it. Appends where it can; else writes the file anew: when there is none, after damage
    /// (which is set aside as dovecot-uidlist.bad-<time>, with a new UIDVALIDITY), and where `rewrite` asks for it. On
    /// failure nothing is assigned, and `reading` is as it was.
    Result<void> assign(const Dotlock& held, Reading& reading, const std::vector<std::string>& bases, bool rewrite);

private:
    [[nodiscard]] std::uint32_t new_uidvalidity() const;
    Result<void> set_aside();
    Result<void> write(const Dotlock& held, Reading& reading, std::size_t first_new, bool rewrite);

    int directory_;
    std::string label_;
    Warn warn_;
    std::uint32_t uidvalidity_seen_ = 0; // a new one must be higher
    Stamp damaged_seen_;                 // told already
};

} // namespace hearth::store
