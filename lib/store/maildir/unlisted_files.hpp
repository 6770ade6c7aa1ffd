// SPDX-License-Identifier: Apache-2.0
// What a uidlist and the files of a Maildir have to do with each other. Pure.
#pragma once

#include "store/maildir/scan.hpp"
#include "store/maildir/uidlist.hpp"

#include <string_view>
#include <unordered_map>
#include <vector>

namespace hearth::store {

/// Base names with the place of their record in a list; of two records with the same name the later one counts.
using RecordsByBase = std::unordered_map<std::string_view, std::size_t>;

/// `list` must outlive the result, unchanged.
RecordsByBase index_by_base(const Uidlist& list);

/// The files that have no record, in the order in which they arrived: the order of their UIDs. They point into `scan`.
std::vector<const FoundFile*> unlisted_files(const Uidlist& list, const MaildirScan& scan);

} // namespace hearth::store
