// SPDX-License-Identifier: Apache-2.0
// The grammar of one whole command before login: tag SP command *(SP argument). PURE.
#pragma once

#include "preauth_parser.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace hearth::login {

/// Is told the lines of a command (without their {n}) and the literals between them, then gives the command.
class Grammar {
public:
    void line(std::string_view text);
    void literal(std::string_view bytes);
    /// The command; nothing if something didn't fit: complaint() says what.
    std::optional<PreauthCommand> finish();
    [[nodiscard]] const std::string& complaint() const { return complaint_; }

private:
    void fail(std::string_view why);
    void head(std::string_view& rest);
    void arguments(std::string_view rest);
    std::string quoted(std::string_view& rest);
    void add(Argument argument);

    PreauthCommand command_;
    std::string complaint_;
    bool has_head_ = false, in_list_ = false;
    bool needs_blank_ = false; // something stands right before
    std::size_t count_ = 0;
};

/// The tag at the start of a command's first line (RFC 9051 section 9, `tag`), as far as it is one; else empty.
std::string tag_of(std::string_view line);

} // namespace hearth::login
