// SPDX-License-Identifier: Apache-2.0
// How FETCH renders one message: item after item into the output buffer.
#pragma once

#include "command/message_source.hpp"
#include "context.hpp"
#include "wire/fetch_request.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace hearth::imap::command {

/// Why an item couldn't be rendered: the store's error, or what RFC 3516 calls UNKNOWN-CTE.
struct FetchError {
    error_code error;
    bool unknown_encoding = false;
    explicit operator bool() const { return error.failed() || unknown_encoding; }
};

/// The items of one message. After a failure of append() the buffer may hold the beginning of the item: the caller cuts
/// it off, and may call again.
class MessageItems {
public:
    /// Sections from this size on aren't copied into the output buffer: they are left to the caller.
    static constexpr std::uint64_t copy_max = 32 * 1024;

    /// `context` outlives it, and its mailbox doesn't change meanwhile.
    MessageItems(Context& context, std::size_t index)
        : context_(context),
          view_(*context.selected),
          index_(index),
          source_(view_.mailbox(), view_.rows()[index].uid) {}

    [[nodiscard]] const store::MessageRow& row() const { return view_.rows()[index_]; }
    [[nodiscard]] MessageSource& source() { return source_; }

    /// "LABEL value", preceded by a blank unless it is the first. `seen`: the flags with \Seen.
    FetchError append(std::string& out, const FetchItem& item, bool seen);
    void append_uid(std::string& out);
    void append_seen_flags(std::string& out);
    /// What append() has announced as a literal and left to the caller to send: once.
    std::optional<SectionBody> take_large() { return std::exchange(large_, std::nullopt); }

private:
    FetchError append_value(std::string& out, const FetchItem& item, bool seen);
    FetchError append_rendered(std::string& out, const FetchItem& item);
    FetchError append_facts(std::string& out, const FetchItem& item);
    FetchError append_preview(std::string& out);
    FetchError append_section(std::string& out, const FetchItem& item);
    FetchError append_binary(std::string& out, const FetchItem& item);
    FetchError append_body(std::string& out, SectionBody body);
    void append_label(std::string& out, std::string_view label);

    Context& context_;
    const View& view_;
    std::size_t index_;
    MessageSource source_;
    std::optional<SectionBody> large_;
    bool first_ = true;
};

/// "* 12 FETCH (", up to the first item.
void append_fetch_start(std::string& out, std::size_t number);

/// NUL may stand in no literal (RFC 9051 section 4.3); 0x80 is what Dovecot puts in its place.
void replace_nul(std::string& bytes);

} // namespace hearth::imap::command
