// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/search/full_text_index.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::store {

/// The fuzzy searches of one view of a mailbox: brings the full-text index into step with the view, then asks it. Goes
/// on where it was when the same search is asked again (Error::unfinished).
class FuzzySearch {
public:
    /// What it works on; all outlive the call.
    struct Subject {
        std::string mailbox_id;
        std::uint32_t uidvalidity = 0, uidnext = 1;
        std::span<const MessageRow> rows;
        std::uint64_t view = 0; ///< changes when the rows do
        /// MAILBOXIDs of the account: what is in the index of others goes. Asked for once in this object's life.
        std::function<Result<std::vector<std::string>>()> all_mailboxes;
        FullTextIndex::Read read;
    };
    /// UIDs ascending; nothing when there is no word in `words`. `index` is ready.
    Result<std::optional<std::vector<FuzzyMatch>>> run(
        FullTextIndex& index, const Subject& subject, FuzzyField field, std::string_view words);

private:
    Result<Progress> bring_into_step(FullTextIndex& index, const Subject& subject, const Slice& slice);
    Result<Progress> compare(FullTextIndex& index, const Subject& subject, const Slice& slice);
    Result<Progress> change(FullTextIndex& index, const Subject& subject, const Slice& slice);
    Result<Progress> collect(FullTextIndex& index, const Slice& slice);

    enum class Phase { clean, look, compare, change, collect };
    Phase phase_ = Phase::clean;
    bool cleaned_ = false; // of other mailboxes
    std::uint64_t generation_ = 0, view_ = 0;
    std::string query_;
    std::int64_t mailbox_ = 0;
    std::uint32_t compared_ = 0; // UIDs up to this one
    std::size_t row_ = 0;        // the first that isn't compared
    std::vector<std::uint32_t> gone_, missing_;
    std::size_t gone_done_ = 0, missing_done_ = 0;
    std::vector<FullTextIndex::Hit> hits_;
};

} // namespace hearth::store
