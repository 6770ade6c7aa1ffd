// SPDX-License-Identifier: Apache-2.0
// The capabilities of this server, for who tells them before login and who does after. PURE.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hearth::imap {

struct Capability {
    std::string_view word;
    /// Told before login as well: what a client wants to know before it logs in, and what needs no user.
    bool before_login = false;
};

/// What settings change in the list.
struct CapabilitySettings {
    std::string capability;     ///< imap_capability: replaces the list, or, all words with "+" or "-", changes it
    bool literal_minus = false; ///< imap_literal_minus: LITERAL- in place of LITERAL+ (RFC 7888)
};

/// Words separated by blanks, none twice (in any case).
class CapabilityWords {
public:
    explicit CapabilityWords(std::string_view words);
    void add(std::string_view word);
    void remove(std::string_view word);
    /// imap_capability, in whatever is in the list by now.
    void apply(const CapabilitySettings& settings);
    [[nodiscard]] std::string text() const;

private:
    std::vector<std::string> words_;
};

/// All that works after login (docs/protocol/imap.md), without what depends on the user; IMAP4rev1 first, as clients
/// look for it.
std::string built_in_capabilities();

/// What is told before login: without AUTH=, STARTTLS and LOGINDISABLED, which the connection decides.
std::string capabilities_before_login(const CapabilitySettings& settings);

} // namespace hearth::imap
