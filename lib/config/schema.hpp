// SPDX-License-Identifier: Apache-2.0
// Every setting there is, as data: what may be written where, its type, range and default, who gets to see it, and
// whether Hearth honours it. The parser of values, the documentation, the dump and the snapshots all read this table.
//
// The rule behind `standing`: a setting that narrows who gets in or what they see, or that changes what stored bytes
// mean, is honoured or refused; one that only tunes is accepted, with a note that says what differs.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace hearth::config {

/// The kind of section a setting stands in.
enum class Scope : std::uint8_t { global, service, unix_listener, inet_listener, passdb, userdb, name_space, mailbox };

enum class Type : std::uint8_t {
    string,
    boolean,     ///< yes, no
    count,       ///< decimal, `unlimited` where max is `unlimited`
    share,       ///< a count, or a percentage such as 5%
    size,        ///< bytes, or with B K M G T (1024 based), or `unlimited`
    time,        ///< a number with its unit, 0, or `infinite` where max is `unlimited`; kept in milliseconds
    mode,        ///< octal with a leading 0
    enumeration, ///< one of `values`
    words,       ///< separated by blanks or commas; each one of `values` if there are any
    path,
    file, ///< `<path`, which is kept as it stands: read only by who needs the content
};

enum class Standing : std::uint8_t {
    accept,
    note,   ///< accepted; `sentence` says what differs
    refuse, ///< any value but the default is an error; `sentence` gives the way out
    idle,   ///< accepted, without effect here, no reason to mention it
};

/// Who gets a global setting in its snapshot; a set of bits.
using Audience = std::uint8_t;
constexpr Audience nobody = 0, for_auth = 1, for_login = 2, for_worker = 4, for_anvil = 8, for_all = 15;

/// What most settings don't have.
struct SettingDetails {
    std::string_view values = {}; ///< of an enumeration or of words, separated by blanks
    std::uint64_t min = 0, max = std::numeric_limits<std::uint64_t>::max(); ///< counts, bytes, milliseconds
    Audience audience = nobody;
    Standing standing = Standing::accept;
    std::string_view sentence = {}; ///< of the note or the refusal
    std::string_view also = {};     ///< another accepted name (2.4's)
    bool secret = false;            ///< holds, or may hold, a password
};

struct SettingSpec : SettingDetails {
    Scope scope = Scope::global;
    std::string_view name;
    Type type = Type::string;
    std::string_view default_value; ///< in canonical text (value.hpp)
    std::string_view doc;           ///< one sentence

    constexpr SettingSpec(Scope where, std::string_view called, Type of, std::string_view otherwise,
        std::string_view sentence_on_it, SettingDetails details = {})
        : SettingDetails(details),
          scope(where),
          name(called),
          type(of),
          default_value(otherwise),
          doc(sentence_on_it) {}
};

/// All of it, in the order of the documentation.
std::span<const SettingSpec> global_settings();
std::span<const SettingSpec> section_settings();

/// The setting of this name, or of this second name, in this kind of section; null when there is none.
const SettingSpec* find_setting(Scope scope, std::string_view name);
std::vector<std::string_view> setting_names(Scope scope);

/// The section type as it is written: "service", "namespace", ...; "" for global.
std::string_view section_type(Scope scope);

/// Settings of Dovecot that have no meaning here: of programs that Hearth is not and formats it does not read. They
/// are accepted (the reason, for one note on all of them); empty for any other name.
std::string_view reason_without_effect(std::string_view name);
/// Services of Dovecot whose blocks are read and ignored.
bool is_foreign_service(std::string_view name);

} // namespace hearth::config
