// SPDX-License-Identifier: Apache-2.0
// The keywords of a folder: names and their numbers are the index's, letters for the first 26 are dovecot-keywords'.
#include "store/index/mailbox_writer.hpp"
#include "store/maildir/file_name.hpp"
#include "store/maildir/keywords_file.hpp"
#include "store/maildir_folder.hpp"

namespace hearth::store {
namespace {

using Letters = std::array<std::int8_t, keyword_letters>;

std::uint64_t bit_of(std::int8_t letter) {
    return letter == 0 ? 0 : std::uint64_t{1} << (letter - 1);
}

Result<void> store_names(MailboxWriter& writer, const KeywordTable& table) {
    for (auto i = static_cast<std::size_t>(writer.state().keywords); i < table.names().size(); ++i)
        if (auto added = writer.add_keyword(i, table.names()[i]); !added) return added;
    return {};
}

} // namespace

Result<void> MaildirFolder::load_keyword_names() {
    const auto names = parts_.index.keywords(parts_.id);
    if (!names) return names.error();
    KeywordTable table;
    for (const auto& name : *names)
        table.add(name);
    table.take_letters(seen_.letters);
    parts_.keywords = std::move(table);
    names_known_ = true;
    return {};
}

// dovecot-keywords changed: new names get numbers, and letters that got (another) name bring keywords with them.
Result<void> MaildirFolder::read_letters(const Stamp&) {
    Stamp stamp;
    if (auto read = read_keywords(parts_.place.control.get(), parts_.keywords, &stamp); !read)
        return parts_.store_error(read.error(), "read dovecot-keywords");
    const auto letters = parts_.keywords.letter_numbers();
    if (letters == seen_.letters && static_cast<std::int64_t>(keywords().size()) == state_.keywords) {
        seen_.keywords = stamp;
        return {};
    }
    names_known_ = false; // unless all goes well
    auto writer = MailboxWriter::begin(parts_.index, parts_.id, Durability::relaxed);
    if (!writer) return writer.error();
    if (writer->state().keywords != state_.keywords) return Error::busy; // others gave numbers meanwhile: again
    if (auto stored = store_names(*writer, parts_.keywords); !stored) return stored;
    if (auto applied = apply_letters(*writer, letters); !applied) return applied;
    seen_.letters = letters;
    seen_.keywords = stamp;
    writer->state().stamps = seen_;
    if (auto done = writer->commit(); !done) return done;
    ++generation_;
    version_ = {};
    return follow_index();
}

Result<void> MaildirFolder::apply_letters(MailboxWriter& writer, const Letters& letters) {
    const auto& before = writer.state().stamps.letters;
    std::uint32_t changed = 0;
    for (std::size_t i = 0; i < keyword_letters; ++i)
        if (before[i] != letters[i]) changed |= 1U << i;
    if (changed == 0 || writer.state().exists == 0) return {};
    constexpr std::size_t page = 1000;
    for (std::uint32_t after_uid = 0;;) {
        const auto rows = parts_.index.placements(parts_.id, after_uid, page);
        if (!rows) return rows.error();
        for (const auto& row : *rows) {
            after_uid = row.uid;
            const auto file = row.name();
            const auto affected = parse_maildir_name(file).letters & changed;
            if (affected == 0) continue;
            auto after = row;
            for (std::size_t i = 0; i < keyword_letters; ++i)
                if ((affected >> i & 1) != 0)
                    after.keywords = (after.keywords & ~bit_of(before[i])) | bit_of(letters[i]);
            if (auto done = writer.change(row, after); !done) return done.error();
        }
        if (rows->size() < page) return {};
    }
}

Result<std::uint64_t> MaildirFolder::keyword_bits(std::span<const std::string> names, bool add) {
    if (auto done = catch_up(); !done) return done.error();
    std::uint64_t bits = 0;
    std::vector<std::string> unknown;
    for (const auto& name : names) {
        if (const auto number = parts_.keywords.find(name))
            bits |= std::uint64_t{1} << *number;
        else if (!is_keyword(name))
            return Error::bad_name;
        else
            unknown.push_back(name);
    }
    if (unknown.empty() || !add) return bits;
    if (!parts_.writable) return Error::not_permitted;

    // Under the uidlist's lock nobody else of ours adds any, nor does Dovecot.
    const auto lock = parts_.uidlist.lock();
    if (!lock) return parts_.store_error(lock.error(), "lock dovecot-uidlist");
    if (const auto look = look_at(parts_); look && !(look->keywords == seen_.keywords))
        if (auto read = read_letters(look->keywords); !read) return read.error();
    auto table = parts_.keywords;
    std::vector<std::size_t> numbers;
    for (const auto& name : unknown) {
        const auto number = table.add(name);
        if (!number) return Error::limit_reached;
        bits |= std::uint64_t{1} << *number;
        numbers.push_back(*number);
    }
    auto writer = MailboxWriter::begin(parts_.index, parts_.id, Durability::relaxed);
    if (!writer) return writer.error();
    if (writer->state().keywords != state_.keywords) return Error::busy;
    if (auto written = write_keywords(*lock, parts_.place.control.get(), table, numbers); !written)
        return parts_.store_error(written.error(), "write dovecot-keywords");
    if (auto stored = store_names(*writer, table); !stored) return stored.error();
    const auto letters = table.letter_numbers();
    if (auto applied = apply_letters(*writer, letters); !applied) return applied.error();
    auto seen = seen_;
    seen.letters = letters;
    if (auto stamp = stamp_of(parts_.place.control.get(), keywords_name)) seen.keywords = *stamp;
    writer->state().stamps = seen;
    if (auto done = writer->commit(); !done) return done.error();
    parts_.keywords = std::move(table);
    seen_ = seen;
    ++generation_;
    if (auto done = catch_up(); !done) return done.error();
    return bits;
}

} // namespace hearth::store
