// SPDX-License-Identifier: Apache-2.0
// The items of one message in a FETCH response.
#pragma once

#include "context.hpp"
#include "mail/message.hpp"
#include "wire/fetch_request.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace hearth::imap::command {

/// "* 12 FETCH (".
void append_fetch_start(std::string& out, std::size_t number);
/// "* 12 FETCH (UID 40 FLAGS (...))": the flags as they are.
void append_flags_update(std::string& out, const View& view, std::size_t index);
void count_section(Statistics& statistics, const FetchItem& item, std::size_t bytes);

/// The bytes of a section: a part of the message itself, or made for it.
class SectionBytes {
public:
    explicit SectionBytes(std::string_view view) : bytes_(view) {}
    explicit SectionBytes(std::string made) : bytes_(std::move(made)) {}
    [[nodiscard]] std::string_view view() const {
        return std::visit([](const auto& bytes) { return std::string_view(bytes); }, bytes_).substr(offset_, length_);
    }
    /// Keeps what BODY[]<offset.length> asks for; nothing beyond the end.
    void cut(const Partial& partial);

private:
    std::variant<std::string_view, std::string> bytes_;
    std::size_t offset_ = 0, length_ = std::string_view::npos;
};

/// One message: reads it at the first item that needs it, at most once. The first failure sticks.
class MessageItems {
public:
    /// `context` has a mailbox selected and outlives this.
    MessageItems(Context& context, std::size_t index);

    [[nodiscard]] const store::MessageRow& row() const { return view_.rows()[index_]; }
    [[nodiscard]] error_code error() const { return error_; }

    /// Any item but a section. `seen`: \Seen is about to be added, and shown.
    void append(std::string& out, const FetchItem& item, bool seen);
    void append_uid(std::string& out);
    void append_seen_flags(std::string& out);
    /// "ENVELOPE ", after a blank unless it is the first item.
    void append_label(std::string& out, std::string_view label);
    /// A section that was rendered before; false when it is not known.
    bool append_known(std::string& out, const FetchItem& item);

    /// False when the message can't be read: error() says why.
    bool load();
    /// Of the loaded message; nothing when it has no such part. Valid while this lives.
    std::optional<SectionBytes> section(const FetchItem& item);

private:
    void append_size(std::string& out);
    void append_rendered(std::string& out, const FetchItem& item);

    Context& context_;
    const View& view_;
    std::size_t index_;
    std::shared_ptr<const mail::Message> message_;
    error_code error_;
    bool first_ = true; // no item was appended yet
};

} // namespace hearth::imap::command
