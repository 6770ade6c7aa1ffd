// SPDX-License-Identifier: Apache-2.0
// ID (RFC 2971), before login and after: what we say of ourselves, and what of a client's words goes to the log. PURE.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::imap {

constexpr std::size_t id_fields_max = 30; ///< RFC 2971 section 3.3

/// imap_id_send as ID is answered: "name * support-url https://example.org/" are pairs, "*" is the built-in value, and
/// a field that has none is left out. A list, or NIL.
std::string id_reply(std::string_view setting);

/// What imap_id_log wants of a client's fields: "name=Roundcube, version=1.6".
class ClientId {
public:
    /// `wanted`: names in any case, "*" for all; outlives it.
    explicit ClientId(const std::vector<std::string>& wanted) : wanted_(wanted) {}
    void add(std::string_view name, std::string_view value);
    /// One line's worth, printable; empty: nothing to log.
    [[nodiscard]] std::string text() const;

private:
    const std::vector<std::string>& wanted_;
    std::string text_;
};

} // namespace hearth::imap
