// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/maildir/disk.hpp"
#include "store/maildir/dotlock.hpp"
#include "store/maildir/keyword_table.hpp"

#include <span>

namespace hearth::store {

constexpr const char* keywords_name = "dovecot-keywords";
constexpr std::size_t keywords_bytes_max = 64 * 1024;

/// Reads dovecot-keywords of the control directory into `table`; no file has no letters.
Result<void> read_keywords(int control, KeywordTable& table, Stamp* stamp = nullptr);

/// Gives letters to the keywords `numbers` of `table` (those that have none yet, as far as there are free ones) and
/// writes the file, if that changed anything. Dovecot writes this file under the uidlist's lock, so that must be held;
/// the file's own lock is taken as well (Error::busy). What others wrote meanwhile is read first. On failure `table`
/// has the letters of the file.
Result<void> write_keywords(
    const Dotlock& uidlist_lock, int control, KeywordTable& table, std::span<const std::size_t> numbers);

} // namespace hearth::store
