// SPDX-License-Identifier: Apache-2.0
// Extra fields of passdbs and userdbs, and the %variables in them.
#pragma once

#include "base/result.hpp"

#include <map>
#include <string>
#include <string_view>

namespace hearth::auth {

/// key=value, sorted by key. A field without `=` has an empty value.
using Fields = std::map<std::string, std::string, std::less<>>;

/// Words between blanks: "uid=vmail home=/srv/mail/%u nologin". The first of two equal keys counts.
Fields parse_fields(std::string_view text);

/// Is it set, and not to "n", "no", "0" or "false"?
bool is_set(const Fields& fields, std::string_view key);

/// What %variables stand for.
struct Variables {
    std::string user; ///< canonical
    std::string service;
    std::string remote_ip, local_ip;
    std::string home; ///< empty while it isn't known
};

/// Replaces %u (user), %n (before the @), %d (behind it), %s (service), %r (remote ip), %l (local ip), %h (home) and
/// their long forms %{user}, %{username}, %{domain}, %{service}, %{rip}, %{lip}, %{home}; %L and %U before the letter
/// change the case; %% is one %. Values are not expanded again. Complains about any other variable.
Checked<std::string> expand(std::string_view format, const Variables& variables);

/// All values expanded.
Checked<Fields> expand(const Fields& fields, const Variables& variables);

} // namespace hearth::auth
