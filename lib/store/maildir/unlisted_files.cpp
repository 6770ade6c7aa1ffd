// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/unlisted_files.hpp"

#include "store/maildir/file_name.hpp"

#include <algorithm>

namespace hearth::store {

RecordsByBase index_by_base(const Uidlist& list) {
    RecordsByBase by_base;
    by_base.reserve(list.records.size());
    for (std::size_t i = 0; i < list.records.size(); ++i) by_base[list.records[i].base] = i;
    return by_base;
}

std::vector<const FoundFile*> unlisted_files(const Uidlist& list, const MaildirScan& scan) {
    std::vector<const FoundFile*> files;
    const auto by_base = index_by_base(list);
    for (const auto& file : scan.files())
        if (by_base.count(parse_maildir_name(file.name).base) == 0) files.push_back(&file);
    std::sort(files.begin(), files.end(),
        [](const FoundFile* a, const FoundFile* b) { return arrived_before(a->name, b->name); });
    return files;
}

} // namespace hearth::store
