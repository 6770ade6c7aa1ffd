// SPDX-License-Identifier: Apache-2.0
#include "mailbox_pattern.hpp"

namespace hearth::imap {

MailboxPattern::MailboxPattern(std::string_view pattern, char separator)
    : separator_(separator),
      words_(pattern.size() / 64 + 1),
      stays_at_star_(words_),
      stays_at_any_(words_),
      letter_bits_(1, Bits(words_)) {
    for (const char c : pattern) {
        if (c == '*') set(stays_at_star_, letters_);
        if (c == '*' || c == '%') {
            set(stays_at_any_, letters_);
            continue;
        }
        auto& row = rows_[static_cast<unsigned char>(c)];
        if (row == 0) {
            row = static_cast<std::uint16_t>(letter_bits_.size());
            letter_bits_.emplace_back(words_);
        }
        set(letter_bits_[row], letters_++);
    }
}

bool MailboxPattern::matches(std::string_view name) const {
    Bits reached(words_);
    reached[0] = 1;
    for (const char c : name) {
        const auto& advances = letter_bits_[rows_[static_cast<unsigned char>(c)]];
        const auto& stays = c == separator_ ? stays_at_star_ : stays_at_any_;
        std::uint64_t carry = 0, any = 0;
        for (std::size_t i = 0; i < words_; ++i) {
            const auto moved = reached[i] & advances[i];
            reached[i] = (reached[i] & stays[i]) | moved << 1 | carry;
            carry = moved >> 63;
            any |= reached[i];
        }
        if (any == 0) return false;
    }
    return (reached[letters_ / 64] >> letters_ % 64 & 1) != 0;
}

} // namespace hearth::imap
