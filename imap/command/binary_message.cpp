// SPDX-License-Identifier: Apache-2.0
#include "command/binary_message.hpp"

#include "base/text.hpp"
#include "mail/binary_parts.hpp"

#include <algorithm>
#include <utility>

namespace hearth::imap::command {
namespace {

// Most messages that come this way hold text: they are not parsed for nothing.
constexpr std::string_view telling = "binary";

bool has_telling_word(std::string_view text) {
    const auto same = [](char a, char b) { return (a | 0x20) == b; };
    return std::search(text.begin(), text.end(), telling.begin(), telling.end(), same) != text.end();
}

} // namespace

void BinaryMessage::add(std::string_view piece) {
    const auto seen = bytes_.size() - std::min(bytes_.size(), telling.size());
    bytes_ += piece;
    may_have_binary_parts_ = may_have_binary_parts_ || has_telling_word(std::string_view(bytes_).substr(seen));
}

std::string BinaryMessage::take() {
    if (may_have_binary_parts_)
        if (auto rewritten = mail::without_binary_parts(bytes_)) return std::move(*rewritten);
    return std::move(bytes_);
}

} // namespace hearth::imap::command
