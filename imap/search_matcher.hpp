// SPDX-License-Identifier: Apache-2.0
// Whether a message matches a SEARCH key. What costs little is asked first, a message is read only when its row doesn't
// decide, and only once.
#pragma once

#include "mail/message.hpp"
#include "view.hpp"
#include "wire/search_request.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::imap {

class SearchMatcher {
public:
    /// Resolves sets and keywords for the view as it is now. `view` outlives this and isn't synced meanwhile.
    SearchMatcher(const SearchKey& key, const View& view);
    ~SearchMatcher();
    SearchMatcher(const SearchMatcher&) = delete;
    SearchMatcher& operator=(const SearchMatcher&) = delete;

    /// The message at `index` of the view's rows. One that is gone matches nothing; other failures are returned.
    Result<bool> matches(std::size_t index);

private:
    struct Prepared;
    struct Subject;
    Prepared prepare(const SearchKey& key) const;
    bool test(const Prepared& key, Subject& subject) const;
    bool test_row(const Prepared& key, const Subject& subject) const;
    bool test_message(const Prepared& key, Subject& subject) const;

    const View& view_;
    std::unique_ptr<Prepared> root_;
};

} // namespace hearth::imap
