// SPDX-License-Identifier: Apache-2.0
// A parsed mail: what ENVELOPE, BODYSTRUCTURE and BODY[...] need. GMime parses; this header hides it, so that only
// message.cpp and its neighbours know that GMime exists.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hearth::mail {

/// One address of RFC 9051 section 7.5.2 ("addr-..."). A group is told by a mailbox without host (its start) and by
/// an address with neither mailbox nor host (its end). Strings are as they stand in the header (RFC 2047 words kept).
struct Address {
    std::optional<std::string> name, route, mailbox, host;
    bool operator==(const Address&) const = default;
};

/// RFC 9051 section 7.5.2, ENVELOPE. Values are unfolded, not decoded. `sender` and `reply_to` are filled from `from`
/// when the header is absent or empty, as the RFC asks.
struct Envelope {
    std::optional<std::string> date, subject, in_reply_to, message_id;
    std::vector<Address> from, sender, reply_to, to, cc, bcc;
    bool operator==(const Envelope&) const = default;
};

using Parameters = std::vector<std::pair<std::string, std::string>>;

/// One node of the MIME tree, with the facts of BODYSTRUCTURE and where its bytes stand in the message.
/// Offsets count bytes of Message::bytes() (CRLF lines).
struct Part {
    std::string type, subtype;               ///< as written, "TEXT"/"PLAIN" when missing or broken
    Parameters parameters;                   ///< of Content-Type, RFC 2231 parts joined
    std::optional<std::string> id, description, md5, location;
    std::string encoding = "7BIT";
    std::optional<std::pair<std::string, Parameters>> disposition;
    std::vector<std::string> languages;
    std::uint64_t header_begin = 0, body_begin = 0, end = 0; ///< [header_begin, body_begin) header with its empty line
    std::uint64_t lines = 0;                 ///< of the body
    std::vector<Part> children;              ///< of a multipart; of a message/rfc822: exactly one, its root
    std::unique_ptr<Envelope> envelope;      ///< message/rfc822 only
    [[nodiscard]] bool is_multipart() const;
    [[nodiscard]] bool is_message() const;   ///< message/rfc822 or message/global with a parsed child
};

/// Depth and number of parts are bounded (`limits`), beyond them a part is a leaf; parsing is linear in the size.
struct Limits {
    static constexpr int depth_max = 100;
    static constexpr int parts_max = 10000;
};

/// What stands after the numbers in BODY[1.2.<text>] (RFC 9051 section 6.4.5).
enum class SectionText { whole, header, header_fields, header_fields_not, text, mime };

struct Section {
    std::vector<std::uint32_t> part; ///< empty: the message itself
    SectionText text = SectionText::whole;
    std::vector<std::string> fields; ///< for header_fields(_not), any case
    bool operator==(const Section&) const = default;
};

class Message {
public:
    /// Takes the message with CRLF line ends (see to_crlf). Never fails: whatever the bytes, there is a structure.
    static std::shared_ptr<const Message> parse(std::string crlf_bytes);
    ~Message();

    [[nodiscard]] std::string_view bytes() const;
    [[nodiscard]] const Envelope& envelope() const;
    [[nodiscard]] const Part& structure() const;
    /// The bytes BODY[section] names; nothing when there is no such part (the client gets NIL or an empty string).
    [[nodiscard]] std::optional<std::string> section(const Section& section) const;
    /// A header of the message itself, unfolded, first occurrence; RFC 2047 words decoded to UTF-8 if `decoded`.
    [[nodiscard]] std::optional<std::string> header(std::string_view name, bool decoded = false) const;
    /// All text of the message for SEARCH BODY/TEXT: transfer encoding and charset decoded to UTF-8, text parts and
    /// (for TEXT) headers of all levels.
    [[nodiscard]] std::string searchable_text(bool with_headers) const;

private:
    struct State;
    explicit Message(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Every line end becomes CRLF: LF alone gets its CR, CRLF stays, CR alone stays.
std::string to_crlf(std::string_view bytes);

} // namespace hearth::mail
