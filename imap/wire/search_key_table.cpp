// SPDX-License-Identifier: Apache-2.0
#include "wire/search_key_table.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace hearth::imap {
namespace {

using Kind = SearchKey::Kind;
using Cost = SearchKey::Cost;
using Operand = SearchKeyName::Operand;
using mail::Flag;

constexpr SearchKeyName names[] = {
    {"ALL", Kind::all},
    {"ANSWERED", Kind::flag, Operand::none, Cost::row, Flag::answered},
    {"DELETED", Kind::flag, Operand::none, Cost::row, Flag::deleted},
    {"DRAFT", Kind::flag, Operand::none, Cost::row, Flag::draft},
    {"FLAGGED", Kind::flag, Operand::none, Cost::row, Flag::flagged},
    {"SEEN", Kind::flag, Operand::none, Cost::row, Flag::seen},
    {"UNANSWERED", Kind::no_flag, Operand::none, Cost::row, Flag::answered},
    {"UNDELETED", Kind::no_flag, Operand::none, Cost::row, Flag::deleted},
    {"UNDRAFT", Kind::no_flag, Operand::none, Cost::row, Flag::draft},
    {"UNFLAGGED", Kind::no_flag, Operand::none, Cost::row, Flag::flagged},
    {"UNSEEN", Kind::no_flag, Operand::none, Cost::row, Flag::seen},
    {"NEW", Kind::unseen_and_recent},
    {"OLD", Kind::not_recent},
    {"RECENT", Kind::recent},
    {"KEYWORD", Kind::keyword, Operand::keyword},
    {"UNKEYWORD", Kind::no_keyword, Operand::keyword},
    {"UID", Kind::uid, Operand::set},
    {"LARGER", Kind::larger, Operand::number, Cost::size},
    {"SMALLER", Kind::smaller, Operand::number, Cost::size},
    {"BEFORE", Kind::before, Operand::date},
    {"ON", Kind::on, Operand::date},
    {"SINCE", Kind::since, Operand::date},
    {"YOUNGER", Kind::younger, Operand::positive},
    {"OLDER", Kind::older, Operand::positive},
    {"MODSEQ", Kind::modseq, Operand::modseq},
    {"EMAILID", Kind::email_id, Operand::object_id, Cost::facts},
    {"THREADID", Kind::thread_id, Operand::object_id, Cost::facts},
    {"SAVEDBEFORE", Kind::saved_before, Operand::date, Cost::facts},
    {"SAVEDON", Kind::saved_on, Operand::date, Cost::facts},
    {"SAVEDSINCE", Kind::saved_since, Operand::date, Cost::facts},
    {"SAVEDATESUPPORTED", Kind::saves_dates, Operand::none, Cost::facts},
    {"SENTBEFORE", Kind::sent_before, Operand::date, Cost::summary},
    {"SENTON", Kind::sent_on, Operand::date, Cost::summary},
    {"SENTSINCE", Kind::sent_since, Operand::date, Cost::summary},
    {"BCC", Kind::header, Operand::string, Cost::summary, Flag::seen, "Bcc"},
    {"CC", Kind::header, Operand::string, Cost::summary, Flag::seen, "Cc"},
    {"FROM", Kind::header, Operand::string, Cost::summary, Flag::seen, "From"},
    {"SUBJECT", Kind::header, Operand::string, Cost::summary, Flag::seen, "Subject"},
    {"TO", Kind::header, Operand::string, Cost::summary, Flag::seen, "To"},
    {"HEADER", Kind::header, Operand::field_and_string, Cost::header},
    {"BODY", Kind::body, Operand::string, Cost::text},
    {"TEXT", Kind::text, Operand::string, Cost::text},
};

} // namespace

const SearchKeyName* find_search_key(std::string_view name) {
    const auto* found = std::find_if(
        std::begin(names), std::end(names), [&](const auto& known) { return equal_ignoring_case(known.name, name); });
    return found == std::end(names) ? nullptr : found;
}

} // namespace hearth::imap
