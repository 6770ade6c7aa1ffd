// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/uidlist.hpp"

#include "base/ensure.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace hearth::store {
namespace {

constexpr std::uint64_t uid_max = 0xfffffffe; // 2^32-1 is "*"

std::optional<std::uint32_t> parse_uid(std::string_view text) {
    const auto number = parse_u64(text);
    return number && *number > 0 && *number <= uid_max ? std::optional(static_cast<std::uint32_t>(*number))
                                                       : std::nullopt;
}

bool is_guid(std::string_view text) {
    return text.size() == 32 && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool is_base(std::string_view base) {
    return !base.empty() && base.find('/') == std::string_view::npos && base.find('\0') == std::string_view::npos;
}

bool parse_header_v1(std::string_view line, Uidlist& list) {
    const auto fields = split(line, ' ');
    if (fields.size() != 2) return false;
    const auto validity = parse_uid(fields[0]), next = parse_uid(fields[1]);
    if (!validity || !next) return false;
    list.uidvalidity = *validity;
    list.uidnext = *next;
    return true;
}

bool parse_header_v3(std::string_view line, Uidlist& list) {
    bool has_next = false;
    for (const auto field : split(line, ' ')) {
        if (field.empty()) continue;
        const auto value = field.substr(1);
        if (field[0] == 'V') {
            const auto number = parse_uid(value);
            if (!number) return false;
            list.uidvalidity = *number;
        } else if (field[0] == 'N') {
            const auto number = parse_u64(value);
            if (!number || *number == 0 || *number > uid_max + 1) return false;
            list.uidnext = static_cast<std::uint32_t>(*number);
            has_next = true;
        } else if (field[0] == 'G') {
            if (!is_guid(value)) return false;
            list.guid = value;
        } else {
            if (!list.extensions.empty()) list.extensions += ' ';
            list.extensions += field;
        }
    }
    return has_next && list.uidvalidity != 0;
}

bool parse_header(std::string_view line, Uidlist& list) {
    if (line.size() < 2 || line[1] != ' ' || (line[0] != '1' && line[0] != '3')) return false;
    list.version = line[0] - '0';
    return list.version == 1 ? parse_header_v1(line.substr(2), list) : parse_header_v3(line.substr(2), list);
}

std::optional<UidlistRecord> parse_record(std::string_view line, int version) {
    UidlistRecord record;
    const auto blank = line.find(' ');
    const auto uid = parse_uid(line.substr(0, blank));
    if (!uid || blank == std::string_view::npos) return std::nullopt;
    record.uid = *uid;
    auto rest = line.substr(blank + 1);
    while (version == 3 && !rest.empty() && rest[0] != ':') {
        const auto end = std::min(rest.find(' '), rest.size());
        if (end > 0) {
            if (!record.extensions.empty()) record.extensions += ' ';
            record.extensions += rest.substr(0, end);
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (version == 3) {
        if (rest.empty()) return std::nullopt;
        rest.remove_prefix(1);
    }
    const auto base = rest.substr(0, rest.find(':'));
    if (!is_base(base)) return std::nullopt;
    record.base = base;
    return record;
}

Complaint broken(std::size_t line, std::string_view what) {
    return {"line " + std::to_string(line) + ": " + std::string(what)};
}

} // namespace

std::optional<std::string_view> UidlistRecord::extension(char key) const {
    for (const auto field : split(extensions, ' '))
        if (field.size() > 1 && field[0] == key) return field.substr(1);
    return std::nullopt;
}

std::string UidlistRecord::line() const {
    return std::to_string(uid) + (extensions.empty() ? "" : " " + extensions) + " :" + base + "\n";
}

std::string record_extensions(std::string_view guid, std::optional<std::uint64_t> virtual_size) {
    std::string text;
    // A blank would end the value; no GUID of ours or Dovecot's has one.
    if (!guid.empty() && guid.find_first_of(" \r\n") == std::string_view::npos) text.append("G").append(guid);
    if (virtual_size) text.append(text.empty() ? "W" : " W").append(std::to_string(*virtual_size));
    return text;
}

Checked<Uidlist> Uidlist::parse(std::string_view text) {
    Uidlist list;
    std::uint32_t last = 0;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos && number > 1) {
            list.torn = true;
            break;
        }
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (number == 1) {
            if (end == std::string_view::npos || !parse_header(line, list)) return broken(1, "no header of a uidlist");
            continue;
        }
        auto record = parse_record(line, list.version);
        if (!record) return broken(number, "no record");
        if (record->uid <= last) return broken(number, "UIDs don't ascend");
        last = record->uid;
        list.records.push_back(std::move(*record));
    }
    if (list.uidvalidity == 0) return broken(1, "the file is empty");
    list.uidnext = std::max(list.uidnext, last + 1);
    return list;
}

std::string Uidlist::text() const {
    std::string result = "3 V" + std::to_string(uidvalidity) + " N" + std::to_string(uidnext) + " G" + guid;
    if (!extensions.empty()) result += " " + extensions;
    result += "\n";
    for (const auto& record : records)
        result += record.line();
    return result;
}

const UidlistRecord& Uidlist::add(std::string base, std::string record_extensions) {
    ensure(uidnext <= uid_max, "a mailbox has UIDs left");
    return records.emplace_back(UidlistRecord{uidnext++, std::move(record_extensions), std::move(base)});
}

} // namespace hearth::store
