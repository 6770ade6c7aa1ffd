// SPDX-License-Identifier: Apache-2.0
// Flags as clients name them, and what STORE wants done with them (RFC 9051 section 6.4.6, RFC 7162 section 3.1.3).
#pragma once

#include "mail/flags.hpp"
#include "store/store.hpp"
#include "wire/arguments.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hearth::imap {

/// A longer keyword is refused: others must be able to keep it too.
constexpr std::size_t keyword_bytes_max = 100;

struct NamedFlags {
    mail::Flags flags;
    std::vector<std::string> keywords; ///< as written, each once whatever its case, at most store::keywords_max
};

/// "(\Seen $Label)". \Recent and unknown system flags can't be set.
std::optional<NamedFlags> read_flag_list(Arguments& arguments);

struct StoreRequest {
    store::FlagChange change;
    bool silent = false;
};

/// STORE's arguments after the message set: "(UNCHANGEDSINCE 7) +FLAGS.SILENT (\Seen)", flags with or without
/// parentheses.
std::optional<StoreRequest> read_store_request(Arguments& arguments);

} // namespace hearth::imap
