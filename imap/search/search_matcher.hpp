// SPDX-License-Identifier: Apache-2.0
// Whether a message matches a SEARCH key. What costs little is asked first, a message is read only when its row and the
// index don't decide, and only once. A message that is gone is neither yes nor no to what only its content could tell,
// under NOT as well; as a whole it then matches nothing.
#pragma once

#include "search/message_reader.hpp"
#include "search/prepared_key.hpp"
#include "search/text_scan.hpp"
#include "view.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hearth::imap {

class SearchMatcher {
public:
    enum class Truth { no, unknown, yes };

    /// Resolves sets and keywords for the view as it is now. `now` is in seconds since 1970, `saved` what "$" stands for.
    /// `key` and `view` outlive this, and the view isn't synced meanwhile.
    SearchMatcher(const SearchKey& key, const View& view, std::int64_t now, const std::vector<std::uint32_t>& saved);
    ~SearchMatcher();
    SearchMatcher(const SearchMatcher&) = delete;
    SearchMatcher& operator=(const SearchMatcher&) = delete;

    /// Asks the full-text index for FUZZY keys: call (patiently) before matches().
    Result<void> look_up_fuzzy();
    /// Rows that may match, ascending and disjoint: all but for a set among the keys that must hold.
    [[nodiscard]] std::vector<RowRange> candidates() const;
    /// The message at `index` of the view's rows: it matches when this is `yes`. Error::busy and Error::unfinished: ask
    /// again for the same one.
    Result<Truth> matches(std::size_t index);
    /// RFC 6203 section 4: 1 to 100, of a message that matches.
    [[nodiscard]] int relevancy(std::size_t index) const;

private:
    struct Subject;

    Result<Truth> test(const PreparedKey& key, Subject& subject) const;
    Result<Truth> test_children(const PreparedKey& key, Subject& subject, Truth decisive) const;
    Result<Truth> test_message(const PreparedKey& key, Subject& subject) const;
    Result<Truth> test_text(const PreparedKey& key, Subject& subject) const;
    Subject& subject_at(std::size_t index);

    const View& view_;
    std::int64_t now_;
    PreparedSearch search_;
    std::unique_ptr<Subject> subject_; ///< the message at hand, kept while its answer is pending
};

} // namespace hearth::imap
