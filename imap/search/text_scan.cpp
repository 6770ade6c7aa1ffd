// SPDX-License-Identifier: Apache-2.0
#include "search/text_scan.hpp"
#include "case_folding.hpp"

#include "mail/header_fields.hpp"

#include <algorithm>

namespace hearth::imap {
namespace {

// A step looks at this many bytes of text, needles taken together.
constexpr std::size_t step_bytes_all = 1024 * 1024;
constexpr std::size_t step_bytes_max = 128 * 1024;
constexpr std::size_t step_bytes_min = 16 * 1024;

std::size_t longest(std::span<const Needle> needles) {
    std::size_t bytes = 1;
    for (const auto& needle : needles)
        bytes = std::max(bytes, needle.folded.size());
    return bytes;
}

std::string header_text(std::string_view block) {
    std::string text;
    mail::HeaderFields fields(block);
    while (const auto field = fields.next()) {
        text.append(mail::valid_utf8(field->name)).append(": ");
        text.append(mail::decode_header_text(mail::unfold_for_search(field->value))).append("\n");
    }
    return text;
}

} // namespace

TextScan::TextScan(std::string_view bytes, const mail::Part& structure, std::span<const Needle> needles)
    : bytes_(bytes),
      needles_(needles),
      found_(needles.size()),
      missing_(needles.size()),
      step_bytes_(
          std::clamp(step_bytes_all / std::max<std::size_t>(needles.size(), 1), step_bytes_min, step_bytes_max)),
      overlap_(longest(needles) - 1),
      headers_wanted_(std::any_of(needles.begin(), needles.end(), [](const auto& n) { return n.in_headers; })) {
    for (std::size_t i = 0; i < needles.size(); ++i) {
        if (!needles[i].folded.empty()) continue;
        found_[i] = true; // the empty string is everywhere
        --missing_;
    }
    enter(structure);
}

std::optional<bool> TextScan::found(std::size_t index) const {
    if (found_[index]) return true;
    if (ended_) return false;
    return std::nullopt;
}

void TextScan::step() {
    if (ended_) return;
    if (text_) {
        if (const auto text = text_->next(step_bytes_)) return look_through(*text, false);
        text_.reset();
    }
    ended_ = missing_ == 0 || !enter_next_part();
}

// A message's parts one after the other, as they stand in it.
bool TextScan::enter_next_part() {
    while (!open_.empty()) {
        auto& last = open_.back();
        if (last.next_child < last.part->children.size()) {
            enter(last.part->children[last.next_child++]);
            return true;
        }
        open_.pop_back();
    }
    return false;
}

void TextScan::enter(const mail::Part& part) {
    open_.push_back({&part});
    piece_.clear();
    if (headers_wanted_) {
        look_through(header_text(bytes_.substr(part.header_begin, part.body_begin - part.header_begin)), true);
        piece_.clear();
    }
    if (has_text(part)) text_.emplace(bytes_.substr(part.body_begin, part.end - part.body_begin), part);
}

void TextScan::look_through(std::string_view text, bool header) {
    if (piece_.size() > overlap_) piece_.erase(0, piece_.size() - overlap_);
    append_folded(piece_, text);
    for (std::size_t i = 0; i < needles_.size(); ++i) {
        if (found_[i] || (header && !needles_[i].in_headers) || !contains(piece_, needles_[i].folded)) continue;
        found_[i] = true;
        --missing_;
    }
}

} // namespace hearth::imap
