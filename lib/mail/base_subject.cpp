// SPDX-License-Identifier: Apache-2.0
// The names below are those of the grammar in RFC 5256 section 5. Blanks are collapsed first, so that each *WSP is at
// most one blank, and every step only cuts at one end: linear, whatever the subject.
#include "mail/base_subject.hpp"

#include "base/text.hpp"

namespace hearth::mail {
namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Step 1: one blank where there was any number of them.
std::string collapse_blanks(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (const char c : text) {
        if (!is_blank(c))
            result += c;
        else if (!result.ends_with(' '))
            result += ' ';
    }
    return result;
}

bool starts_with_word(std::string_view text, std::string_view word) {
    return equal_ignoring_case(text.substr(0, word.size()), word);
}

std::string_view without_blanks(std::string_view text) {
    while (text.starts_with(' '))
        text.remove_prefix(1);
    return text;
}

// The length of the subj-blob at the start of `text` with the blanks behind it, 0 when there is none.
std::size_t blob_length(std::string_view text) {
    if (!text.starts_with('[')) return 0;
    const auto end = text.find_first_of("[]", 1);
    if (end == std::string_view::npos || text[end] != ']') return 0;
    return text.size() - without_blanks(text.substr(end + 1)).size();
}

// The length of the subj-refwd at the start of `text`, 0 when there is none.
std::size_t refwd_length(std::string_view text) {
    std::size_t at = 0;
    if (starts_with_word(text, "re"))
        at = 2;
    else if (starts_with_word(text, "fwd"))
        at = 3;
    else if (starts_with_word(text, "fw"))
        at = 2;
    else
        return 0;
    at = text.size() - without_blanks(text.substr(at)).size();
    at += blob_length(text.substr(at));
    return text.substr(at).starts_with(':') ? at + 1 : 0;
}

// Step 2: subj-trailer.
void cut_trailers(std::string_view& text, BaseSubject& subject) {
    constexpr std::string_view fwd = "(fwd)";
    for (;;) {
        if (text.ends_with(' ')) {
            text.remove_suffix(1);
        } else if (text.size() >= fwd.size() && starts_with_word(text.substr(text.size() - fwd.size()), fwd)) {
            text.remove_suffix(fwd.size());
            subject.is_reply_or_forward = true;
        } else {
            return;
        }
    }
}

// Steps 3 to 5: subj-leader, and subj-blob as long as something remains. Blobs without a subj-refwd behind them never
// get one by taking the first away, so the whole run is judged at once.
void cut_leaders(std::string_view& text, BaseSubject& subject) {
    for (;;) {
        text = without_blanks(text);
        auto rest = text;
        auto last_blob = text;
        for (auto length = blob_length(rest); length > 0; length = blob_length(rest)) {
            last_blob = rest;
            rest.remove_prefix(length);
        }
        if (const auto length = refwd_length(rest); length > 0) {
            text = rest.substr(length);
            subject.is_reply_or_forward = true;
            continue;
        }
        text = rest.empty() ? last_blob : rest;
        return;
    }
}

} // namespace

BaseSubject extract_subject(std::string_view decoded_subject) {
    BaseSubject subject;
    const auto collapsed = collapse_blanks(decoded_subject);
    std::string_view text = collapsed;
    constexpr std::string_view forward = "[fwd:";
    for (;;) {
        cut_trailers(text, subject);
        cut_leaders(text, subject);
        if (!starts_with_word(text, forward) || !text.ends_with(']')) break; // step 6
        text = text.substr(forward.size(), text.size() - forward.size() - 1);
        subject.is_reply_or_forward = true;
    }
    subject.text = text;
    return subject;
}

std::string base_subject(std::string_view decoded_subject) {
    return extract_subject(decoded_subject).text;
}

} // namespace hearth::mail
