// SPDX-License-Identifier: Apache-2.0
#include "search/search_response.hpp"
#include "wire/response_writer.hpp"

#include "mail/uid_set.hpp"

#include <algorithm>

namespace hearth::imap {
namespace {

void append_item(std::string& out, std::string_view name, std::uint64_t value) {
    out += name;
    append_number(out, value);
}

// Sets keep the order of a sorted result: runs are only those that ascend by one.
std::string set_of(const SearchResult& result, std::span<const std::uint32_t> found) {
    std::vector<std::uint32_t> numbers;
    numbers.reserve(found.size());
    for (const auto index : found)
        numbers.push_back(result.number(index));
    return mail::to_sequence_set(numbers);
}

void append_partial(std::string& out, const SearchResult& result, const PartialRange& range) {
    const auto sign = range.from_end ? "-" : "";
    out += " PARTIAL (";
    append_item(out, sign, range.first);
    out += ':';
    append_item(out, sign, range.last);
    const auto found = page(result.found, range);
    out += ' ';
    out += found.empty() ? "NIL" : set_of(result, found);
    out += ')';
}

// RFC 6203 section 4: in the order of the result; of a page, where there is one (section 6).
void append_relevancies(std::string& out, const SearchResult& result, const SearchReturn& wanted) {
    const std::span<const std::uint32_t> all(result.found);
    out += " RELEVANCY (";
    std::string_view blank = "";
    for (const auto index : wanted.partial ? page(all, *wanted.partial) : all) {
        append_item(out, blank, result.relevancies[index]);
        blank = " ";
    }
    out += ')';
}

/// Which of the found messages the options tell of, as indexes into the rows.
std::vector<std::uint32_t> told(const SearchResult& result, const SearchReturn& wanted, bool all) {
    const auto& found = result.found;
    if (found.empty() || all) return found;
    std::vector<std::uint32_t> picked;
    if (wanted.min) picked.push_back(found.front());
    if (wanted.max) picked.push_back(found.back());
    if (wanted.partial) {
        const auto part = page(found, *wanted.partial);
        picked.insert(picked.end(), part.begin(), part.end());
    }
    return picked;
}

std::uint64_t highest_modseq(const SearchResult& result, const std::vector<std::uint32_t>& indexes) {
    std::uint64_t highest = 0;
    for (const auto index : indexes)
        highest = std::max(highest, result.rows[index].modseq);
    return highest;
}

} // namespace

std::span<const std::uint32_t> page(std::span<const std::uint32_t> found, const PartialRange& range) {
    const std::size_t count = found.size();
    if (range.first > count) return {};
    const auto last = std::min<std::size_t>(range.last, count);
    const auto begin = range.from_end ? count - last : range.first - 1;
    return found.subspan(begin, last - range.first + 1);
}

void append_search(std::string& out, std::string_view name, const SearchResult& result) {
    out += "* ";
    out += name;
    for (const auto index : result.found)
        append_item(out, " ", result.number(index));
    if (result.with_modseq && !result.found.empty()) {
        append_item(out, " (MODSEQ ", highest_modseq(result, result.found));
        out += ')';
    }
    out += "\r\n";
}

void append_esearch(std::string& out, const SearchResult& result, const SearchReturn& wanted, std::string_view tag) {
    out += "* ESEARCH (TAG ";
    append_string(out, tag);
    out += result.uid ? ") UID" : ")";
    const auto& found = result.found;
    if (wanted.min && !found.empty()) append_item(out, " MIN ", result.number(found.front()));
    if (wanted.max && !found.empty()) append_item(out, " MAX ", result.number(found.back()));
    if (wanted.all && !found.empty()) {
        out += " ALL ";
        out += set_of(result, found);
    }
    if (wanted.partial) append_partial(out, result, *wanted.partial);
    if (wanted.relevancy) append_relevancies(out, result, wanted);
    if (wanted.count) append_item(out, " COUNT ", found.size());
    // RFC 4731 section 3.2: of what is told, or of all when they are counted.
    if (result.with_modseq && !found.empty())
        if (const auto modseq = highest_modseq(result, told(result, wanted, wanted.tells_of_all())); modseq != 0)
            append_item(out, " MODSEQ ", modseq);
    out += "\r\n";
}

std::vector<std::uint32_t> saved_result(const SearchResult& result, const SearchReturn& wanted) {
    auto uids = told(result, wanted, wanted.tells_of_all() || !wanted.is_told());
    for (auto& index : uids)
        index = result.rows[index].uid;
    std::sort(uids.begin(), uids.end());
    uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
    return uids;
}

} // namespace hearth::imap
