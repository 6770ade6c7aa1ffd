// SPDX-License-Identifier: Apache-2.0
#include "view.hpp"
#include "wire/characters.hpp"
#include "wire/response_writer.hpp"

#include <algorithm>
#include <string_view>

namespace hearth::imap {
namespace {

struct FlagName {
    mail::Flag flag;
    std::string_view name;
};

constexpr FlagName flag_names[] = {
    {mail::Flag::answered, "\\Answered"},
    {mail::Flag::flagged, "\\Flagged"},
    {mail::Flag::deleted, "\\Deleted"},
    {mail::Flag::seen, "\\Seen"},
    {mail::Flag::draft, "\\Draft"},
};

std::size_t rows_below(std::span<const store::MessageRow> rows, std::uint64_t uid) {
    const auto at =
        std::lower_bound(rows.begin(), rows.end(), uid, [](const auto& row, std::uint64_t u) { return row.uid < u; });
    return static_cast<std::size_t>(at - rows.begin());
}

// A keyword that others put on the disk must not break the line it stands on.
bool is_keyword(std::string_view keyword) {
    return !keyword.empty() && std::all_of(keyword.begin(), keyword.end(), is_atom_char);
}

void append_word(std::string& out, std::string_view word) {
    if (out.back() != '(') out += ' ';
    out += word;
}

} // namespace

View::View(std::unique_ptr<store::Mailbox> mailbox, std::string name, const Enabled& enabled, Time now)
    : mailbox_(std::move(mailbox)),
      name_(std::move(name)),
      enabled_(enabled),
      uidvalidity_(mailbox_->uidvalidity()),
      synced_at_(now) {}

std::uint32_t View::uid_max() const {
    return rows().empty() ? 0 : rows().back().uid;
}

std::optional<std::size_t> View::index_of(std::uint32_t uid) const {
    const auto index = rows_below(rows(), uid);
    if (index == rows().size() || rows()[index].uid != uid) return std::nullopt;
    return index;
}

std::vector<RowRange> View::rows_of_uids(const mail::NumberSet& set) const {
    std::vector<RowRange> found;
    if (rows().empty()) return found;
    for (const auto& range : set.resolve(uid_max())) {
        const RowRange at{rows_below(rows(), range.first), rows_below(rows(), std::uint64_t{range.last} + 1)};
        if (at.begin < at.end) found.push_back(at);
    }
    return found;
}

std::vector<RowRange> View::rows_of_uids(std::span<const std::uint32_t> sorted) const {
    std::vector<RowRange> found;
    for (const auto uid : sorted) {
        const auto index = index_of(uid);
        if (!index) continue;
        if (!found.empty() && found.back().end == *index)
            ++found.back().end;
        else
            found.push_back({*index, *index + 1});
    }
    return found;
}

std::optional<std::vector<RowRange>> View::rows_of_sequence(const mail::NumberSet& set) const {
    const auto count = rows().size();
    std::vector<RowRange> found;
    for (const auto& range : set.resolve(static_cast<std::uint32_t>(count))) {
        if (count == 0 || range.first > count) return std::nullopt;
        found.push_back({std::max<std::size_t>(range.first, 1) - 1, std::min<std::size_t>(range.last, count)});
    }
    return found;
}

std::vector<std::uint32_t> View::uids_of(std::span<const RowRange> ranges) const {
    std::vector<std::uint32_t> uids;
    for (const auto& range : ranges)
        for (auto index = range.begin; index < range.end; ++index)
            uids.push_back(rows()[index].uid);
    return uids;
}

void View::append_flags(std::string& out, const store::MessageRow& row) const {
    out += '(';
    for (const auto& [flag, name] : flag_names)
        if (row.flags.has(flag)) append_word(out, name);
    if (row.recent && !enabled_.imap4rev2) append_word(out, "\\Recent");
    if (row.keywords != 0) {
        const auto keywords = mailbox_->keywords();
        for (std::size_t i = 0; i < std::min(keywords.size(), store::keywords_max); ++i)
            if ((row.keywords >> i & 1) != 0 && is_keyword(keywords[i])) append_word(out, keywords[i]);
    }
    out += ')';
}

void View::append_modseq(std::string& out, const store::MessageRow& row) {
    out += "MODSEQ (";
    append_number(out, row.modseq);
    out += ')';
}

void View::append_flags_update(std::string& out, std::size_t index) const {
    const auto& row = rows()[index];
    out += "* ";
    append_number(out, index + 1);
    out += " FETCH (UID ";
    append_number(out, row.uid);
    out += " FLAGS ";
    append_flags(out, row);
    if (enabled_.condstore && mailbox_->keeps_modseqs()) {
        out += ' ';
        append_modseq(out, row);
    }
    out += ")\r\n";
}

void View::append_known_flags(std::string& out) {
    std::string flags;
    const auto keywords = mailbox_->keywords();
    for (const auto& entry : flag_names)
        flags.append(flags.empty() ? "" : " ").append(entry.name);
    for (const auto& keyword : keywords)
        if (is_keyword(keyword)) flags.append(" ").append(keyword);
    keywords_told_ = keywords.size();
    out += "* FLAGS (" + flags + ")\r\n";
    if (mailbox_->read_only()) {
        out += "* OK [PERMANENTFLAGS ()] Read-only mailbox.\r\n";
        return;
    }
    out += "* OK [PERMANENTFLAGS (" + flags;
    if (keywords.size() < store::keywords_max) out += " \\*";
    out += ")] Flags permitted.\r\n";
}

void View::tell_new_keywords(std::string& out) {
    if (mailbox_->keywords().size() != keywords_told_) append_known_flags(out);
}

void View::tell(std::string& out, const store::Changes& changes, Time now) {
    synced_at_ = now;
    if (changes.empty() || is_invalid()) return;
    tell_vanished(out, changes);
    tell_new_keywords(out);
    for (const auto uid : changes.flags_changed)
        if (const auto index = index_of(uid)) append_flags_update(out, *index);
    if (changes.arrived.empty()) return;
    out += "* ";
    append_number(out, rows().size());
    out += " EXISTS\r\n";
    if (enabled_.imap4rev2) return;
    out += "* ";
    append_number(out, recent_count(rows()));
    out += " RECENT\r\n";
}

void View::tell_vanished(std::string& out, const store::Changes& changes) const {
    if (changes.vanished.empty()) return;
    if (enabled_.qresync) {
        auto uids = changes.vanished;
        std::sort(uids.begin(), uids.end());
        out += "* VANISHED " + mail::to_sequence_set(uids) + "\r\n";
        return;
    }
    for (const auto number : vanished_numbers(rows(), changes)) {
        out += "* ";
        append_number(out, number);
        out += " EXPUNGE\r\n";
    }
}

std::vector<std::uint32_t> vanished_numbers(std::span<const store::MessageRow> rows, const store::Changes& changes) {
    auto vanished = changes.vanished;
    auto arrived = changes.arrived;
    std::sort(vanished.begin(), vanished.end());
    std::sort(arrived.begin(), arrived.end());
    std::vector<std::uint32_t> numbers;
    numbers.reserve(vanished.size());
    for (std::size_t i = vanished.size(); i-- > 0;) {
        const auto newcomers = std::lower_bound(arrived.begin(), arrived.end(), vanished[i]) - arrived.begin();
        numbers.push_back(
            static_cast<std::uint32_t>(rows_below(rows, vanished[i]) - static_cast<std::size_t>(newcomers) + i + 1));
    }
    return numbers;
}

std::uint32_t recent_count(std::span<const store::MessageRow> rows) {
    return static_cast<std::uint32_t>(
        std::count_if(rows.begin(), rows.end(), [](const auto& row) { return row.recent; }));
}

} // namespace hearth::imap
