// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace hearth::imap {

/// How a command ends: the tagged line without its tag (RFC 9051 section 7.1).
class Reply {
public:
    enum class Kind { ok, no, bad };

    static Reply ok(std::string text) { return {Kind::ok, std::move(text)}; }
    static Reply no(std::string text) { return {Kind::no, std::move(text)}; }
    static Reply bad(std::string text) { return {Kind::bad, std::move(text)}; }

    [[nodiscard]] Kind kind() const { return kind_; }
    /// Response code in brackets, if any, and words for a person.
    [[nodiscard]] const std::string& text() const { return text_; }
    /// "a1 OK Done." with its line end; an empty tag is "*".
    void append_to(std::string& out, std::string_view tag) const;

private:
    Reply(Kind kind, std::string text) : kind_(kind), text_(std::move(text)) {}

    Kind kind_;
    std::string text_;
};

/// What the store's failure means to the client: a response code of RFC 5530 and a sentence with `mailbox` in it.
Reply store_failure(error_code error, std::string_view mailbox);

} // namespace hearth::imap
