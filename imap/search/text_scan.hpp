// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message.hpp"
#include "search/part_text.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::imap {

/// A BODY or TEXT key's string.
struct Needle {
    std::string folded;
    bool in_headers = false; ///< TEXT: also in the header fields of all levels
};

/// Looks through the decoded text of one message for several strings at once, a step at a time: what was looked through
/// is not kept. Linear in the size of the message.
class TextScan {
public:
    /// `bytes` with CRLF line ends, the tree over them; all outlive the scan.
    TextScan(std::string_view bytes, const mail::Part& structure, std::span<const Needle> needles);
    TextScan(const TextScan&) = delete;
    TextScan& operator=(const TextScan&) = delete;

    /// Whether needle number `index` is in the message, if that is known by now.
    [[nodiscard]] std::optional<bool> found(std::size_t index) const;
    /// Looks a little further: about a millisecond's work.
    void step();

private:
    struct Open {
        const mail::Part* part;
        std::size_t next_child = 0;
    };
    bool enter_next_part();
    void enter(const mail::Part& part);
    void look_through(std::string_view text, bool header);

    std::string_view bytes_;
    std::span<const Needle> needles_;
    std::vector<bool> found_;
    std::size_t missing_;    // needles not found yet
    std::size_t step_bytes_; // the more needles, the less at a time
    std::size_t overlap_;    // bytes of the last piece in which a match may begin
    bool headers_wanted_;
    std::vector<Open> open_; // the way from the root to the part at hand
    std::optional<PartText> text_;
    std::string piece_; // folded: the end of the last piece, then this one
    bool ended_ = false;
};

} // namespace hearth::imap
